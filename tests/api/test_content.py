"""Files and data in the tree: sent, listed, read, replaced, renamed and deleted, each as one commit."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.actor import Actor
from accounts.models import Owner, User
from repos.git import history
from repos.git.commits import Put
from repos.models import Repository
from repos.paths import git_dir
from repos.services.edits import commit_changes
from repos.services.people import protect_branch
from storage.models import Manifest, StoredObject
from storage.pointers import outs_of_file
from storage.services import put_object
from storage.spaces import DVC, LFS, lfs_key
from tests.api.conftest import FORM_DATA, Program, multipart

BINARY = bytes(range(256))
DIR = {"versioning": "dvc", "is_dvc_dir": "true"}


def md5(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()


def commits(repository: Repository) -> int:
    return history.count(git_dir(repository), "main")


def test_rule_of_auto(program: Program) -> None:
    """A small text goes to Git, all else to DVC; what is there stays where it is."""
    sent = program.send(
        "main", {"a.txt": b"text\n", "b.bin": BINARY, "c.txt": b"x" * (1024 * 1024 + 1), "dvc.yaml": BINARY}
    )
    assert sent.status_code == 200
    kept = {each["path"]: each["versioning"] for each in program.get("/content/main").json()}
    assert kept == {
        ".dvc": "git", ".gitignore": "git", "a.txt": "git", "b.bin": "dvc", "b.bin.dvc": "git", "c.txt": "dvc",
        "c.txt.dvc": "git", "dvc.yaml": "git",
    }  # fmt: skip
    program.send("main", {"a.txt": BINARY, "b.bin": b"text\n"}, last_commit=sent["ETag"])
    kept = {each["path"]: each["versioning"] for each in program.get("/content/main").json()}
    assert (kept["a.txt"], kept["b.bin"]) == ("git", "dvc")
    assert (program.read("main/a.txt"), program.read("main/b.bin")) == (BINARY, b"text\n")


def test_one_request_is_one_commit(program: Program, fresh: Repository) -> None:
    first = program.send("main", {"a/b/c.txt": b"1", "/d.txt": b"2", "e ä+%.bin": BINARY}, commit_summary="All of it")
    assert (first["ETag"], commits(fresh)) == (first.json()["commit"], 1)
    again = program.send("main", {"a/b/c.txt": b"1", "e ä+%.bin": BINARY})
    assert (again.status_code, again["ETag"], commits(fresh)) == (200, first["ETag"], 1)  # Nothing changed.
    (row,) = program.get("/commits").json()
    assert (row["message"], row["author"]["name"]) == ("All of it", "alice")
    for each in program.get("/content/main?include_size=1").json():
        if each["type"] == "file":
            got = program.client.get(each["download_url"].removeprefix("http://testserver"))
            assert len(b"".join(got.streaming_content)) == each["size"]


def test_pointers_are_those_of_dvc(program: Program) -> None:
    program.send("main/data", {"b.txt": b"b", "a/c.txt": b"c"}, **DIR)
    program.send("main", {"w[1].bin": BINARY})
    listed = json.dumps([{"md5": md5(b"c"), "relpath": "a/c.txt"}, {"md5": md5(b"b"), "relpath": "b.txt"}]).encode()
    wanted = f"outs:\n- md5: {md5(listed)}.dir\n  size: 2\n  nfiles: 2\n  hash: md5\n  path: data\n"
    assert program.read("main/data.dvc").decode() == wanted
    assert (
        program.read("main/w[1].bin.dvc").decode()
        == f"outs:\n- md5: {md5(BINARY)}\n  size: 256\n  hash: md5\n  path: w[1].bin\n"
    )
    assert program.read("main/.gitignore") == b"/data\n/w\\[1\\].bin\n"
    assert program.read("main/.dvc/config").endswith(b"url = http://testserver/alice/fresh.dvc\n")


def test_batches_merge_into_one_directory(program: Program, fresh: Repository) -> None:
    for batch in range(3):
        sent = program.send("main/data", {f"{batch}/{n}.txt": b"%d" % n for n in range(20)}, **DIR)
        assert sent.status_code == 200, sent.content
    (out,) = outs_of_file(program.read("main/data.dvc"), "data.dvc")
    assert (out.files, out.size, commits(fresh)) == (60, 3 * (10 + 20), 3)
    assert program.paths("main/data") == ["data/0", "data/1", "data/2"]
    assert program.read("main/data/2/19.txt") == b"19"
    missing = program.send("main/data", {"0/1.txt": b"other"}, **DIR)
    assert (missing.status_code, missing.json()["error"]) == (409, "missing last_commit")
    program.send("main/data", {"0/1.txt": b"other"}, last_commit=sent["ETag"], **DIR)
    (out,) = outs_of_file(program.read("main/data.dvc"), "data.dvc")
    assert (out.files, out.size, program.read("main/data/0/1.txt")) == (60, 94, b"other")
    # A file sent alone goes into the directory that holds its path, and so does a folder below it.
    program.send("main", {"data/alone.txt": b"a"})
    program.send("main/data/0", {"deep.txt": b"d"}, **DIR)
    assert program.read("main/data/0/deep.txt") == b"d"
    assert program.paths("main") == [".dvc", ".gitignore", "data", "data.dvc"]


def test_refusals_in_the_words_that_clients_compare(program: Program, fresh: Repository, alice: User) -> None:
    lock = b"stages:\n  train:\n    cmd: x\n    outs:\n    - path: model\n      md5: " + md5(b"m").encode() + b"\n"
    changes = [Put(b"dvc.lock", lock), Put(b"code/a.py", b"1\n"), Put(b"file", b"1\n")]
    commit_changes(actor=Actor(user=alice), repository=fresh, branch="main", changes=changes, message="m")
    first = program.send("main", {"b.bin": BINARY})["ETag"]
    now = program.send("main", {"code/a.py": b"2\n"}, last_commit=first)["ETag"]
    for path, files, fields, error in [
        ("main", {"file": b"2\n"}, {}, "missing last_commit"),
        ("main", {"code/a.py": b"3\n"}, {"last_commit": first}, "invalid last_commit"),
        ("main", {"code/a.py": b"3\n"}, {"last_commit": "f" * 40}, "invalid last_commit"),
        ("main", {"file": b"2\n"}, {"last_commit": now, "versioning": "dvc"}, "versioning conflict"),
        ("main", {"b.bin": b"2\n"}, {"last_commit": now, "versioning": "git"}, "versioning conflict"),
        ("main/code", {"b.py": b"2\n"}, DIR, "versioning conflict"),
        ("main", {"model": b"2\n"}, {"last_commit": now}, "edit pipeline unsupported"),
        ("main", {"file/x": b"2\n"}, {}, "path conflict"),
        ("main", {"code": b"2\n"}, {"last_commit": now}, "path conflict"),
        ("main", {"b.bin/x": b"2\n"}, {"versioning": "dvc"}, "path conflict"),
    ]:
        answer = program.send(path, files, **fields)
        assert (answer.status_code, answer.json()["error"]) == (409, error), (path, files, answer.content)
        assert answer.json()["details"] and program.get("/branches/main").json()["commit"]["id"] == now


@pytest.mark.parametrize(
    "name", ["../a", "a/../../b", "/../a", ".git/config", "a\\b", "a//b", "a/", "x\n", "GIT~1/a", "./a", "a\0b"]
)  # fmt: skip
@pytest.mark.parametrize("versioning", ["git", "dvc"])
def test_names_that_lead_elsewhere(name: str, versioning: str, program: Program) -> None:
    """The attack: the name of a file in the body climbs out of the repository, or into the `.git` of who clones."""
    answer = program.send("main", {name: b"x"}, versioning=versioning)
    assert answer.status_code == 400, answer.content
    assert StoredObject.objects.count() == 0
    assert program.get("/branches").json() == []


@pytest.mark.parametrize("folder", ["..", "a/../..", ".git", "%2e%2e", "a%5Cb", "a%00b"])
def test_folders_that_lead_elsewhere(folder: str, program: Program) -> None:
    assert program.send(f"main/{folder}", {"x": b"x"}).status_code in (400, 404)
    assert program.get("/branches").json() == []


@pytest.mark.parametrize(
    "body",
    [
        b"--", multipart({}, {"a": b"x"})[:-20], multipart({}, {"a": b"x"})[:60], b"no boundary at all",
        multipart({"versioning": "svn"}, {"a": b"x"}), multipart({"commit_choice": "x"}, {"a": b"x"}),
        multipart({"commit_choice": "commit-to-new-branch", "new_branch_name": "a..b"}, {"a": b"x"}),
        multipart({"commit_summary": "x" * 201}, {"a": b"x"}), multipart({"commit_summary": "x" * 70_000}, {"a": b"x"}),
        multipart({"is_dvc_dir": "perhaps"}, {"a": b"x"}), multipart({}, {}), multipart({}, {"": b"x"}),
        multipart({}, {"a": b"x"})[:-15] + multipart({"versioning": "git"}, {}), b"--b-o-u-n-d\r\n" + b"X: y\r\n" * 99,
    ],
)  # fmt: skip
def test_bodies_that_are_refused(body: bytes, program: Program) -> None:
    answer = program.client.generic("PUT", f"{program.base}/content/main", body, FORM_DATA)
    assert answer.status_code == 400, answer.content
    assert program.get("/branches").json() == []


def test_fields_without_end(program: Program) -> None:
    """The attack: a body of nothing but fields fills the memory."""
    assert program.send("main", {"a": b"x"}, **{f"f{n}": "x" for n in range(51)}).status_code == 400


def test_settings_of_git_that_are_too_large(program: Program, fresh: Repository, alice: User) -> None:
    """The attack: a `.gitignore` of gigabytes, read whole to add a line to it."""
    changes = [Put(b".gitignore", b"#" * (8 * 1024 * 1024 + 1))]
    commit_changes(actor=Actor(user=alice), repository=fresh, branch="main", changes=changes, message="m")
    assert program.send("main", {"a.bin": BINARY}).json()["error"] == "path conflict"


def test_a_body_that_is_none(program: Program) -> None:
    for kind in ("application/json", "multipart/mixed; boundary=b", "", "\xff"):
        assert program.client.generic("PUT", f"{program.base}/content/main", b"{}", kind).status_code == 415
    assert (
        program.client.generic("PUT", f"{program.base}/content/main", b"{}", "multipart/form-data").status_code == 400
    )


def test_files_with_the_same_path(program: Program) -> None:
    assert program.send("main", {"a": b"1", "/a": b"2"}).status_code == 400


def test_quota(program: Program, alice: User, fresh: Repository) -> None:
    program.send("main", {"a.txt": b"1"})
    used = Owner.objects.get(user=alice).used_bytes
    Owner.objects.filter(user=alice).update(quota_bytes=used + 100)
    for versioning in ("git", "dvc"):
        answer = program.send("main", {"b.txt": b"x" * 200}, versioning=versioning)
        assert (answer.status_code, answer.json()["error"]) == (507, "quota_exceeded")
    assert program.paths() == ["a.txt"]


def test_limits(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.services.arrivals.MOST_FOR_GIT", 1000)
    monkeypatch.setattr("storage.services.arrivals.MOST_FILES", 3)
    assert program.send("main", {"a": b"x" * 600, "b": b"x" * 600}).status_code == 413
    assert program.send("main", {str(n): b"x" for n in range(4)}).status_code == 413
    assert program.send("main", {"a": b"x" * 5000}, versioning="dvc").status_code == 200


def test_protected_branch(
    program_of: Callable[..., Program], program: Program, fresh: Repository, alice: User, repo: Repository, bob: User
) -> None:
    theirs = program_of(bob, repo="alice/stones")
    theirs.send("main", {"a.txt": b"1"})
    protect_branch(actor=Actor(user=alice), repository=repo, pattern="main", push_level=30)
    assert theirs.send("main", {"b.txt": b"1"}).status_code == 403
    assert theirs.delete("main/a.txt").status_code == 403
    sent = theirs.send("main", {"b.txt": b"1"}, commit_choice="commit-to-new-branch", new_branch_name="mine")
    assert sent.status_code == 200
    assert theirs.paths("mine") == ["a.txt", "b.txt"]
    again = theirs.send("main", {"b.txt": b"2"}, commit_choice="commit-to-new-branch", new_branch_name="mine")
    assert again.status_code == 409


def test_tags_and_commits_take_nothing(program: Program) -> None:
    tip = program.send("main", {"a.txt": b"1"})["ETag"]
    assert program.send(tip, {"b.txt": b"1"}).status_code == 400
    assert program.send("none", {"b.txt": b"1"}).status_code == 404
    assert program.delete(f"{tip}/a.txt").status_code == 400


def test_a_folder_in_pages(program: Program) -> None:
    program.send("main/data", {f"{n}.txt": b"x" for n in range(7)}, **DIR)
    program.send("main", {f"git/{n}.txt": b"x" for n in range(7)})
    for folder in ("data", "git"):
        found, address = [], f"/content/main/{folder}?limit=3"
        for _ in range(3):
            answer = program.get(address)
            found += [each["path"] for each in answer.json()]
            address = answer.headers.get("Link", "").partition(">")[0].partition("/fresh")[2]
        assert found == [f"{folder}/{n}.txt" for n in range(7)] and not address


def test_a_folder_too_large_for_one_answer(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.tree.MOST_LISTED", 4)
    monkeypatch.setattr("storage.tree._portion", 2)
    for count, status in ((4, 200), (5, 413)):
        program.send("main/data", {f"{n}.txt": b"x" for n in range(count)}, **DIR)
        assert program.get("/content/main/data").status_code == status


def test_lists_that_are_waiting_or_missing(program: Program, fresh: Repository) -> None:
    program.send("main/data", {"a.txt": b"x"}, **DIR)
    Manifest.objects.update(state=Manifest.State.WAITING)
    StoredObject.objects.filter(key__endswith=".dir").update(size=2 * 1024 * 1024)  # More than a request reads itself.
    for path in ("/content/main/data", "/raw/main/data/a.txt"):
        answer = program.get(path)
        assert (answer.status_code, answer.json()["error"]) == (
            503,
            "server error" if "content" in path else "unavailable",
        )
    StoredObject.objects.filter(key__endswith=".dir").delete()
    for path in ("/content/main/data", "/raw/main/data/a.txt"):
        answer = program.get(path)
        assert (answer.status_code, answer.json()["error"]) == (409, "conflict")


def test_lfs_and_what_was_never_pushed(program: Program, fresh: Repository, alice: User) -> None:
    def pointer(data: bytes) -> bytes:
        return b"version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n" % (
            hashlib.sha256(data).hexdigest().encode(), len(data),
        )  # fmt: skip

    put_object(repository=fresh, space=LFS, key=lfs_key(hashlib.sha256(BINARY).hexdigest()), chunks=[BINARY])
    changes = [
        Put(b".gitattributes", b"*.bin filter=lfs diff=lfs merge=lfs -text\n"), Put(b"here.bin", pointer(BINARY)),
        Put(b"gone.bin", pointer(b"gone")), Put(b"gone.csv.dvc", f"outs:\n- md5: {md5(b'z')}\n  size: 1\n  path: gone.csv\n".encode()),
    ]  # fmt: skip
    commit_changes(actor=Actor(user=alice), repository=fresh, branch="main", changes=changes, message="m")
    there = {each["path"]: each for each in program.get("/content/main").json()}
    assert (there["here.bin"]["size"], there["here.bin"]["hash"]) == (256, hashlib.sha256(BINARY).hexdigest())
    assert (there["gone.csv"]["versioning"], there["gone.csv"]["size"]) == ("dvc", 1)
    assert program.read("main/here.bin") == BINARY
    assert program.get("/raw/main/gone.bin").status_code == program.get("/raw/main/gone.csv").status_code == 404


def test_ranges_and_other_peoples_bytes(program: Program) -> None:
    program.send("main", {"a.html": b"<script>alert(1)</script>", "b.bin": BINARY})
    part = program.get("/raw/main/b.bin", Range="bytes=10-19")
    assert (part.status_code, b"".join(part.streaming_content)) == (206, BINARY[10:20])
    assert program.get("/raw/main/a.html", Range="bytes=900-").status_code == 416
    page = program.get("/raw/main/a.html")
    assert page["Content-Security-Policy"].startswith("sandbox;")
    assert page["X-Content-Type-Options"] == "nosniff"
    assert page["Content-Type"].startswith("text/plain")
    assert program.client.head(f"{program.base}/raw/main/b.bin")["Content-Length"] == "256"


def test_renaming(program: Program, fresh: Repository) -> None:
    program.send("main", {"m.bin": BINARY, "src/a.py": b"1\n", "src/b.bin": BINARY})
    program.send("main/data", {"a.txt": b"a", "s/c.txt": b"c"}, **DIR)
    before = commits(fresh)
    moves = [
        ("m.bin", "models/n.bin"),
        ("src", "lib"),
        ("data/s/c.txt", "data/d.txt"),
        ("data", "set"),
        ("set/a.txt", "a.txt"),
        ("models/n.bin", "set/n.bin"),
    ]
    for path, to in moves:
        answer = program.post(f"/content/main/{path}/rename", to=to)
        assert answer.status_code == 200, answer.content
    assert commits(fresh) - before == len(moves)
    assert program.paths() == [".dvc", ".gitignore", "a.txt", "a.txt.dvc", "lib", "set", "set.dvc"]
    assert program.paths("main/lib") == ["lib/.gitignore", "lib/a.py", "lib/b.bin", "lib/b.bin.dvc"]
    assert program.paths("main/set") == ["set/d.txt", "set/n.bin"]
    for path, data in (("set/d.txt", b"c"), ("set/n.bin", BINARY), ("a.txt", b"a"), ("lib/b.bin", BINARY)):
        assert program.read(f"main/{path}") == data
    assert program.read("main/.gitignore") == b"/set\n/a.txt\n"
    for path, to, status in (
        ("lib/a.py", "set/q", 409), ("a.txt", "lib/a.py", 409), ("none", "q", 404), ("lib", "lib/inner", 409), ("lib/a.py", "../q", 400),
        ("lib/a.py", ".git/q", 400), ("lib/a.py", "", 400), ("set/d.txt", "set/n.bin", 409), ("lib/a.py", "a.txt", 409),
    ):  # fmt: skip
        assert program.post(f"/content/main/{path}/rename", to=to).status_code == status, (path, to)


def test_a_file_called_rename(program: Program) -> None:
    program.send("main", {"a/rename": b"1\n"})
    assert program.get("/content/main/a/rename").json()["path"] == "a/rename"
    assert program.delete("main/a/rename").status_code == 200


def test_deleting(program: Program, fresh: Repository) -> None:
    program.send("main", {"m.bin": BINARY, "src/a.py": b"1\n", "src/b.bin": BINARY, "keep.txt": b"k"})
    program.send("main/data", {"a.txt": b"a", "s/c.txt": b"c", "s/d.txt": b"d"}, **DIR)
    for path in ("m.bin", "src", "data/s"):
        assert program.delete(f"main/{path}").status_code == 200
    assert program.paths() == [".dvc", ".gitignore", "data", "data.dvc", "keep.txt"]
    assert program.paths("main/data") == ["data/a.txt"]
    assert program.read("main/.gitignore") == b"/data\n"
    assert program.delete("main/data/a.txt").status_code == 200  # The last file takes the directory along.
    assert program.paths() == [".dvc", "keep.txt"]
    for path, status in (("none", 404), ("data/a.txt", 404), ("", 400)):
        assert program.delete(f"main/{path}").status_code == status
    assert StoredObject.objects.filter(bucket__name=DVC).count() >= 5  # Former commits need them.


@pytest.mark.django_db(transaction=True)
def test_uploads_at_the_same_time_all_stay(program_of: Callable[..., Program], alice: User, fresh: Repository) -> None:
    """The attack: two batches of one folder arrive at once, and one overwrites the list of the other."""
    threads, each = 3, 2
    answers: list[int] = []

    def send(number: int) -> None:
        try:
            mine = program_of(alice)
            for batch in range(each):
                sent = mine.send("main/data", {f"{number}/{batch}.txt": b"%d" % number}, **DIR)
                answers.append(sent.status_code)
        finally:
            connection.close()

    running = [threading.Thread(target=send, args=(number,)) for number in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(120)
    assert answers == [200] * threads * each
    (out,) = outs_of_file(program_of(alice).read("main/data.dvc"), "data.dvc")
    assert out.files == threads * each
    assert commits(fresh) == threads * each


def test_queries_do_not_grow_with_the_folder(program: Program) -> None:
    program.send("main/data", {f"{n}.txt": b"x" for n in range(3)}, **DIR)
    program.get("/content/main/data")
    counts = []
    for more in (0, 30):
        if more:
            program.send("main/data", {f"more{n}.txt": b"x" for n in range(more)}, **DIR)
        with CaptureQueriesContext(connection) as caught:
            assert program.get("/content/main/data").status_code == 200
        counts.append(len(caught))
    assert counts[0] == counts[1]
