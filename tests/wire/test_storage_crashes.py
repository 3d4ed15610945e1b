"""The server is killed at every step of what changes stored data, by every door at once.

Nothing acknowledged is lost, nothing partial is visible, and what is left behind can be collected.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import http.client
import json
import os
import select
import signal
import socket
import subprocess
import sys
import termios
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import psutil
import pytest
from botocore.exceptions import ClientError

from tests.support.live import ROOT, LiveHub, live_hub
from tests.support.s3_clients import Gate, pairs_of

pytestmark = pytest.mark.wire

MIB = 1 << 20
REPO = "/alice/stones"
BUCKET = "stones"
CSRF = "a" * 32

COOKIE = """
from django.test import Client
from accounts.models import User
browser = Client()
browser.force_login(User.objects.get(username="alice"))
print("COOKIE " + "; ".join(f"{name}={found.value}" for name, found in browser.cookies.items()))
"""

CHECK = """
import json
from datetime import timedelta
from pathlib import Path
from django.conf import settings
from storage.models import Blob, Upload
from storage.services import check_store, clear_uploads, collect_garbage, recount_usage
found = check_store()
off = recount_usage()
clear_uploads(older_than=timedelta(0))
from storage.services import adopt_orphans
adopt_orphans(orphans=found.orphans)
collect_garbage(older_than=timedelta(0))
home = Path(settings.BLOBS_DIR)
print("CHECK " + json.dumps({
    "damaged": found.damaged, "lost": found.lost, "off": off,
    "stage": [path.name for path in (home / "stage").glob("*") if path.stat().st_size],
    "parts": [path.name for path in (home / "parts").glob("*")],
    "files": sorted(path.name for path in home.glob("??/??/*")),
    "blobs": sorted(Blob.objects.values_list("sha256", flat=True)),
    "uploads": Upload.objects.count(),
}))
"""


@dataclass
class Sent:
    """One request as bytes, and what must hold afterwards: `then(True)` where it was acknowledged."""

    name: str
    request: bytes
    then: Callable[[bool], None]
    line: socket.socket | None = None
    answer: bytes = b""

    @property
    def is_acknowledged(self) -> bool:
        """Whether its status had arrived when the server died, and was a good one."""
        status = self.answer.split(b" ", 2)[1:2]
        assert not status or status[0][:1] in b"23", (self.name, self.answer[:500])
        return bool(status)


@dataclass
class Doors:
    """Everybody's way in: S3 by addresses signed beforehand, LFS and DVC by a token, pages by a session."""

    hub: LiveHub
    gate: Gate
    s3: Any
    cookie: str
    round: int = 0
    sent: list[Sent] = field(default_factory=list)

    def read(self, key: str) -> bytes | None:
        """What the key of the bucket holds; None where there is nothing."""
        try:
            body: bytes = self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        except ClientError as error:
            assert error.response["Error"]["Code"] == "NoSuchKey"
            return None
        return body

    def get(self, path: str) -> bytes | None:
        """What the token's owner reads at a path; None for a 404."""
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.hub.port, timeout=120)) as line:
            line.request("GET", path, headers={"Authorization": f"Bearer {self.hub.tokens['alice']}"})
            answer = line.getresponse()
            body = answer.read()
        assert answer.status in (200, 404)
        return body if answer.status == 200 else None

    def send(self, verb: str, path: str, body: bytes, then: Callable[[bool], None], **headers: str) -> None:
        """Note a request; it goes out when the server is about to die."""
        lines = {"Host": f"127.0.0.1:{self.hub.port}", **{name.replace("_", "-"): v for name, v in headers.items()}}
        lines["Content-Length"] = str(len(body))
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self.sent.append(Sent(f"{verb} {path}"[:60], f"{verb} {path} HTTP/1.1\r\n{head}\r\n".encode() + body, then))

    def send_s3(
        self, operation: str, body: bytes, then: Callable[[bool], None], verb: str = "PUT", **more: Any
    ) -> None:
        """The same by S3, with an address signed for it."""
        address = urlsplit(self.s3.generate_presigned_url(operation, Params={"Bucket": BUCKET, **more}, ExpiresIn=600))
        headers = {"x-amz-copy-source": quote(f"{BUCKET}/{more['CopySource']['Key']}")} if "CopySource" in more else {}
        self.send(verb, f"{address.path}?{address.query}", body, then, **headers)


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    """A hub of these tests alone, to be killed."""
    with live_hub(tmp_path_factory.mktemp("mortal") / "home") as hub:
        gate = Gate(hub, hub.url, None, pairs_of(hub))
        client = gate.client()
        cookie = next(line for line in hub.run_code(COOKIE).splitlines() if line.startswith("COOKIE "))
        yield Doors(hub, gate, client, cookie.removeprefix("COOKIE "))
        client.close()


def put(doors: Doors, name: str) -> None:
    """A new object, and one in place of another."""
    new, old = os.urandom(2 * MIB), os.urandom(MIB)
    doors.s3.put_object(Bucket=BUCKET, Key=f"{name}/over", Body=old)

    def then_new(acknowledged: bool) -> None:
        assert doors.read(f"{name}/new") in ([new] if acknowledged else [new, None])

    def then_over(acknowledged: bool) -> None:
        assert doors.read(f"{name}/over") in ([new] if acknowledged else [new, old])

    doors.send_s3("put_object", new, then_new, Key=f"{name}/new")
    doors.send_s3("put_object", new, then_over, Key=f"{name}/over")


def multipart(doors: Doors, name: str) -> None:
    """A part of one upload, and the end of another."""
    first, last = os.urandom(5 * MIB), os.urandom(MIB)
    tags: dict[str, str] = {}
    uploads = {}
    for word in ("part", "whole"):
        key = f"{name}/{word}"
        uploads[word] = doors.s3.create_multipart_upload(Bucket=BUCKET, Key=key)["UploadId"]
        for number, content in [(1, first)] if word == "part" else [(1, first), (2, last)]:
            done = doors.s3.upload_part(
                Bucket=BUCKET, Key=key, UploadId=uploads[word], PartNumber=number, Body=content
            )  # fmt: skip
            tags[str(number)] = done["ETag"]

    def complete(word: str) -> None:
        listed = [{"PartNumber": number, "ETag": f'"{hashlib.md5(content).hexdigest()}"'}
                  for number, content in ((1, first), (2, last))]  # fmt: skip
        key, known = f"{name}/{word}", uploads[word]
        doors.s3.complete_multipart_upload(
            Bucket=BUCKET, Key=key, UploadId=known, MultipartUpload={"Parts": listed}
        )  # fmt: skip
        assert doors.read(key) == first + last

    def then_part(acknowledged: bool) -> None:
        assert doors.read(f"{name}/part") is None
        if not acknowledged:
            doors.s3.upload_part(
                Bucket=BUCKET, Key=f"{name}/part", UploadId=uploads["part"], PartNumber=2, Body=last
            )  # fmt: skip
        complete("part")

    def then_whole(acknowledged: bool) -> None:
        assert doors.read(f"{name}/whole") in ([first + last] if acknowledged else [first + last, None])
        complete("whole")  # Once more, as a client does that was not answered.

    doors.send_s3("upload_part", last, then_part, Key=f"{name}/part", UploadId=uploads["part"], PartNumber=2)
    parts = "".join(f"<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag></Part>" for number, tag in tags.items())
    body = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode()
    more = {"Key": f"{name}/whole", "UploadId": uploads["whole"]}
    doors.send_s3("complete_multipart_upload", body, then_whole, verb="POST", **more)


def rearrange(doors: Doors, name: str) -> None:
    """A copy, a deletion, and a former version brought back in the browser."""
    content, former = os.urandom(MIB), os.urandom(MIB)
    doors.s3.put_object(Bucket=BUCKET, Key=f"{name}/source", Body=content)
    doors.s3.put_object(Bucket=BUCKET, Key=f"{name}/doomed", Body=content)
    version = doors.s3.put_object(Bucket=BUCKET, Key=f"{name}/restored", Body=former)["VersionId"]
    doors.s3.put_object(Bucket=BUCKET, Key=f"{name}/restored", Body=content)

    def then_copied(acknowledged: bool) -> None:
        assert doors.read(f"{name}/copy") in ([content] if acknowledged else [content, None])
        assert doors.read(f"{name}/source") == content

    def then_gone(acknowledged: bool) -> None:
        assert doors.read(f"{name}/doomed") in ([None] if acknowledged else [None, content])

    def then_restored(acknowledged: bool) -> None:
        assert doors.read(f"{name}/restored") in ([former] if acknowledged else [former, content])
        kept = doors.s3.list_object_versions(Bucket=BUCKET, Prefix=f"{name}/restored")["Versions"]
        assert {MIB} == {each["Size"] for each in kept} and len(kept) in (2, 3)

    doors.send_s3(
        "copy_object", b"", then_copied, Key=f"{name}/copy", CopySource={"Bucket": BUCKET, "Key": f"{name}/source"}
    )
    doors.send_s3("delete_object", b"", then_gone, verb="DELETE", Key=f"{name}/doomed")
    form = f"csrfmiddlewaretoken={CSRF}&version={version}".encode()
    doors.send("POST", f"{REPO}/data/restoration/{name}/restored", form, then_restored,
               Cookie=f"{doors.cookie}; csrftoken={CSRF}", Content_Type="application/x-www-form-urlencoded")  # fmt: skip


def other_doors(doors: Doors, name: str) -> None:
    """A file sent by a browser, an object of Git LFS, one of DVC."""
    content = os.urandom(3 * MIB)
    mark = "----cut"
    fields = "".join(
        f'--{mark}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
        for field, value in (("csrfmiddlewaretoken", CSRF), ("folder", f"{name}/"))
    )
    fields += f'--{mark}\r\nContent-Disposition: form-data; name="uploads"; filename="sent.bin"\r\n\r\n'
    form = fields.encode() + content + f"\r\n--{mark}--\r\n".encode()

    def there(read: Callable[[], bytes | None]) -> Callable[[bool], None]:
        def then(acknowledged: bool) -> None:
            assert read() in ([content] if acknowledged else [content, None])

        return then

    doors.send("POST", f"{REPO}/data/upload", form, there(lambda: doors.read(f"{name}/sent.bin")),
               Cookie=f"{doors.cookie}; csrftoken={CSRF}",
               Content_Type=f"multipart/form-data; boundary={mark}")  # fmt: skip
    lfs = f"{REPO}.git/info/lfs/objects/{hashlib.sha256(content).hexdigest()}"
    token = doors.hub.tokens["alice"]
    doors.send("PUT", lfs, content, there(lambda: doors.get(lfs)), Authorization=f"Bearer {token}")
    md5 = hashlib.md5(content).hexdigest()
    dvc = f"{REPO}.dvc/files/md5/{md5[:2]}/{md5[2:]}"
    basic = b64encode(f"alice:{token}".encode()).decode()
    doors.send("POST", dvc, content, there(lambda: doors.get(dvc)), Authorization=f"Basic {basic}")


def begin(doors: Doors, name: str) -> list[Sent]:
    """All of them, prepared anew below a folder of this round."""
    doors.sent = []
    for prepare in (put, multipart, rearrange, other_doors):
        prepare(doors, name)
    for each in doors.sent:
        each.line = socket.create_connection(("127.0.0.1", doors.hub.port), timeout=120)
    return doors.sent


def go_on(sent: list[Sent], until: Callable[[bytes], int]) -> None:
    """Send each request up to an offset."""
    for each in sent:
        assert each.line is not None
        each.line.sendall(each.request[: until(each.request)])
        each.request = each.request[until(each.request) :]
    deadline = time.monotonic() + 180
    while any(_waiting_bytes(each.line) for each in sent) and time.monotonic() < deadline:
        time.sleep(0.01)


def _waiting_bytes(line: socket.socket | None) -> int:
    """Bytes that the server's side has not taken yet."""
    assert line is not None
    return int.from_bytes(fcntl.ioctl(line, termios.TIOCOUTQ, bytes(4)), sys.byteorder)


def hear(sent: list[Sent]) -> None:
    """Read what was answered before the server died."""
    for each in sent:
        assert each.line is not None
        with contextlib.suppress(OSError):
            while block := each.line.recv(65536):
                each.answer += block
        each.line.close()


def look_after(doors: Doors, sent: list[Sent]) -> None:
    """Start the server again; everything is as it was acknowledged, and what is left behind goes."""
    doors.hub.start()
    for each in sent:
        try:
            each.then(each.is_acknowledged)
        except AssertionError as error:
            raise AssertionError(f"{each.name} ({each.answer[:40]!r}): {str(error)[:200]}") from None
    line = next(line for line in doors.hub.run_code(CHECK).splitlines() if line.startswith("CHECK "))
    found = json.loads(line.removeprefix("CHECK "))
    assert (found["damaged"], found["lost"], found["off"], found["uploads"]) == ([], [], 0, 0)
    assert (found["stage"], found["parts"]) == ([], [])
    assert found["files"] == found["blobs"]


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_killed_while_bodies_arrive(doors: Doors, share: float) -> None:
    """In the middle, and before the last byte: nothing is acknowledged, so nothing has happened."""
    sent = begin(doors, f"arriving-{share}")
    go_on(sent, lambda request: min(len(request) - 1, int(share * len(request))))
    time.sleep(0.3)
    doors.hub.stop(signal.SIGKILL)
    hear(sent)
    assert [each.name for each in sent if each.is_acknowledged] == []
    look_after(doors, sent)


@pytest.mark.parametrize("seconds", [0.0, 0.02, 0.08])
def test_killed_after_the_last_byte(doors: Doors, seconds: float) -> None:
    """Everything has arrived at a server that was held still; it gets so many seconds more, and dies."""
    sent = begin(doors, f"arrived-{seconds}")
    go_on(sent, lambda request: len(request) - 1)
    time.sleep(0.3)
    assert doors.hub.process is not None
    os.killpg(doors.hub.process.pid, signal.SIGSTOP)
    go_on(sent, lambda request: 1)
    os.killpg(doors.hub.process.pid, signal.SIGCONT)
    time.sleep(seconds)
    doors.hub.stop(signal.SIGKILL)
    hear(sent)
    look_after(doors, sent)


@pytest.mark.parametrize("count", [1, 6])
def test_killed_between_answers(doors: Doors, count: int) -> None:
    """Some have been answered, others have not."""
    sent = begin(doors, f"answered-{count}")
    go_on(sent, len)
    waiting, answered = [each.line for each in sent if each.line is not None], 0
    deadline = time.monotonic() + 180
    while answered < count and time.monotonic() < deadline:
        heard = select.select(waiting, [], [], 1)[0]
        waiting, answered = [line for line in waiting if line not in heard], answered + len(heard)
    doors.hub.stop(signal.SIGKILL)
    hear(sent)
    assert sum(each.is_acknowledged for each in sent) >= count
    look_after(doors, sent)


def test_nothing_stays_of_a_server_whose_main_process_is_killed(tmp_path: Path) -> None:
    """Its workers go with it, also where the tests themselves are killed before they can clean up."""
    code = (
        "import os, sys, time\n"
        "from pathlib import Path\n"
        "from tests.support.groups import Group\n"
        'inner = \'import subprocess, sys, time; subprocess.Popen([sys.executable, "-c", "import time;'
        " time.sleep(100)\"]); time.sleep(100)'\n"
        "group = Group([sys.executable, '-c', inner], cwd=Path('.'), env=os.environ, log=Path(sys.argv[1]))\n"
        "print(group.process.pid, flush=True)\n"
        "time.sleep(100)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "log")], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as tests:
        assert tests.stdout is not None
        main = psutil.Process(int(tests.stdout.readline()))
        deadline = time.monotonic() + 180
        while not main.children() and time.monotonic() < deadline:
            time.sleep(0.05)
        workers = main.children()
        assert workers
        main.kill()
        time.sleep(0.2)
        assert [worker for worker in workers if worker.is_running()]  # It was an orphan.
        tests.kill()
    gone, alive = psutil.wait_procs(workers, timeout=60)  # They sleep for longer.
    assert [each for each in alive if each.status() != psutil.STATUS_ZOMBIE] == [], gone
