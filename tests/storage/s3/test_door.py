"""The door through its own front: signed requests of Django's test client, headers and XML as they come."""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from accounts.keys import access_key_of, secret_of
from accounts.models import AccessToken, Owner, User
from accounts.services import create_key_pair
from repos.models import Repository, Visibility
from storage import selectors
from storage.models import Blob, StoredObject, UploadPart
from storage.s3 import parts
from storage.spaces import DATA, DVC
from tests.access.asking import on_the_server
from tests.support.s3_signing import SigningClient

BUCKET, DVC_BUCKET = "/api/v1/repo-buckets/s3/alice/stones", "/alice/stones.s3/dvc"
HELLO = "files/md5/5d/41402abc4b2a76b9719d911017c592"


@pytest.fixture
def s3(alice: User, repo: Repository) -> Client:
    pair = create_key_pair(user=alice, name="test")
    return on_the_server(SigningClient(access_key_of(pair), secret_of(pair)))


def put(s3: Client, key: str, body: bytes = b"hello", prefix: str = BUCKET, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return s3.generic("PUT", f"{prefix}/{key}", body, headers=named)


def code(answer: Any) -> tuple[int, str]:
    found = re.search(rb"<Code>(\w+)</Code>", answer.content)
    return answer.status_code, found[1].decode() if found else ""


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def field(answer: Any, name: str) -> list[str]:
    return [
        found.decode() for found in re.findall(rb"<%s>([^<]*)</%s>" % (name.encode(), name.encode()), answer.content)
    ]


def test_what_is_put_is_there_with_all_that_was_said(s3):
    answer = put(
        s3,
        "a/b.html",
        content_type="text/html",
        x_amz_meta_n="7",
        cache_control="no-cache",
        content_encoding="gzip,aws-chunked",
    )
    assert (answer.status_code, answer["ETag"]) == (200, '"5d41402abc4b2a76b9719d911017c592"')
    seen = s3.get(f"{BUCKET}/a/b.html")
    assert (body(seen), seen["x-amz-meta-n"], seen["Cache-Control"], seen["Content-Encoding"]) == (
        b"hello",
        "7",
        "no-cache",
        "gzip",
    )
    assert seen["x-amz-version-id"] == answer["x-amz-version-id"]
    assert "Content-Disposition" not in seen
    assert "sandbox" in seen["Content-Security-Policy"] and seen["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("asked", "status", "content", "told"),
    [
        ("bytes=0-1", 206, b"he", "bytes 0-1/5"), ("bytes=3-", 206, b"lo", "bytes 3-4/5"), ("bytes=-2", 206, b"lo", "bytes 3-4/5"),
        ("bytes=0-99", 206, b"hello", "bytes 0-4/5"), ("bytes=5-", 416, None, ""), ("bytes=-0", 416, None, ""),
        ("bytes=1-0", 416, None, ""), ("bytes=0-1,3-4", 200, b"hello", ""), ("lines=1-2", 200, b"hello", ""),
    ],
)  # fmt: skip
def test_ranges(s3, asked, status, content, told):
    put(s3, "a")
    answer = s3.get(f"{BUCKET}/a", headers={"Range": asked})
    assert (answer.status_code, answer.headers.get("Content-Range", "")) == (status, told)
    if content is None:
        assert code(answer) == (416, "InvalidRange")
    else:
        assert body(answer) == content


def test_head_has_headers_and_no_body(s3):
    put(s3, "a")
    there, absent = s3.head(f"{BUCKET}/a"), s3.head(f"{BUCKET}/none")
    assert (there.status_code, there["Content-Length"], body(there)) == (200, "5", b"")
    assert (absent.status_code, absent.content) == (404, b"")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"If-Match": '"5d41402abc4b2a76b9719d911017c592"'}, 200), ({"If-Match": '"other"'}, 412), ({"If-Match": "*"}, 200),
        ({"If-None-Match": '"5d41402abc4b2a76b9719d911017c592"'}, 304), ({"If-None-Match": '"other"'}, 200),
        ({"If-Modified-Since": "Fri, 20 Nov 2099 10:00:00 GMT"}, 304), ({"If-Modified-Since": "Fri, 20 Nov 2009 10:00:00 GMT"}, 200),
        ({"If-Unmodified-Since": "Fri, 20 Nov 2009 10:00:00 GMT"}, 412), ({"If-Unmodified-Since": "nonsense"}, 200),
        ({"If-Match": '"5d41402abc4b2a76b9719d911017c592"', "If-Unmodified-Since": "Fri, 20 Nov 2009 10:00:00 GMT"}, 200),
    ],
)  # fmt: skip
def test_conditions_of_reading(s3, headers, status):
    put(s3, "a")
    assert s3.get(f"{BUCKET}/a", headers=headers).status_code == status


def test_conditions_of_writing(s3):
    assert put(s3, "a", b"first", if_none_match="*").status_code == 200
    assert code(put(s3, "a", b"second", if_none_match="*")) == (412, "PreconditionFailed")
    assert code(put(s3, "a", b"second", if_match='"other"')) == (412, "PreconditionFailed")
    assert code(put(s3, "none", b"second", if_match='"other"')) == (404, "NoSuchKey")
    assert body(s3.get(f"{BUCKET}/a")) == b"first"
    assert put(s3, "a", b"second", if_match=hashlib.md5(b"first").hexdigest()).status_code == 200


@pytest.mark.parametrize(
    ("headers", "error"),
    [
        ({"Content-MD5": base64.b64encode(hashlib.md5(b"other").digest()).decode()}, (400, "BadDigest")),
        ({"Content-MD5": "nonsense"}, (400, "InvalidDigest")),
        ({"x-amz-checksum-crc32": base64.b64encode(zlib.crc32(b"other").to_bytes(4, "big")).decode()}, (400, "BadDigest")),
        ({"x-amz-checksum-crc64nvme": "AAAAAAAAAAA="}, (400, "BadDigest")),
        ({"x-amz-checksum-sha256": "x"}, (400, "BadDigest")),
        ({"x-amz-content-sha256": "0" * 64}, (400, "XAmzContentSHA256Mismatch")),
        ({"x-amz-content-sha256": "nonsense"}, (400, "InvalidArgument")),
        ({"x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER"}, (411, "MissingContentLength")),
        ({"x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "x-amz-decoded-content-length": "5"}, (400, "IncompleteBody")),
        ({"x-amz-tagging": "a=b"}, (501, "NotImplemented")), ({"x-amz-acl": "public-read"}, (501, "NotImplemented")),
        ({"x-amz-meta-n": "x" * 9000}, (400, "InvalidRequest")),
    ],
)  # fmt: skip
def test_uploads_that_are_not_what_they_say_are_refused_and_leave_nothing(s3, settings, headers, error):
    answer = s3.generic("PUT", f"{BUCKET}/a", b"hello", headers=headers)
    assert code(answer) == error
    assert StoredObject.objects.count() == Blob.objects.count() == 0
    assert not [path for path in settings.BLOBS_DIR.rglob("*") if path.is_file()]


def test_an_upload_cut_off_leaves_nothing(s3):
    answer = s3.generic(
        "PUT",
        f"{BUCKET}/a",
        b"hel",
        CONTENT_LENGTH="3",
        headers={"x-amz-content-sha256": "UNSIGNED-PAYLOAD", "x-amz-decoded-content-length": "5"},
    )
    assert answer.status_code == 200, "a plain body is as long as its Content-Length"
    framed = b"5\r\nhel"
    headers = {"x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "x-amz-decoded-content-length": "5"}
    assert code(s3.generic("PUT", f"{BUCKET}/b", framed, headers=headers)) == (400, "IncompleteBody")
    short = b"3\r\nhel\r\n0\r\n\r\n"
    assert code(s3.generic("PUT", f"{BUCKET}/b", short, headers=headers)) == (400, "IncompleteBody")
    assert StoredObject.objects.count() == 1


@pytest.mark.parametrize("key", ["../x", "a/../b", "a//b", "a/", "a%5Cb", "a%00b", "a%0Ab", "x" * 1025])
def test_keys_that_could_climb_are_refused(s3, key):
    assert put(s3, key).status_code == 400
    assert s3.get(f"{BUCKET}/{key}").status_code == 400


def test_quota_and_full_disk(s3, repo):
    Owner.objects.filter(pk=repo.owner_id).update(quota_bytes=4)
    assert code(put(s3, "a")) == (507, "QuotaExceeded")
    assert StoredObject.objects.count() == 0


def test_in_the_bucket_of_dvc_content_is_what_its_key_says(s3, repo):
    """The attack: other bytes under the name of an object that everybody will pull."""
    assert put(s3, HELLO, b"hello", DVC_BUCKET).status_code == 200
    assert code(put(s3, HELLO, b"evil!", DVC_BUCKET)) == (400, "BadDigest")
    assert code(put(s3, HELLO.replace("5d/4", "5d/5"), b"hello", DVC_BUCKET)) == (400, "BadDigest")
    assert code(put(s3, "files/md5/5d/short", b"hello", DVC_BUCKET)) == (400, "InvalidArgument")
    assert put(s3, HELLO.removeprefix("files/md5/"), b"hello", DVC_BUCKET).status_code == 200
    assert put(s3, "runs/ab/x", b"a stage", DVC_BUCKET).status_code == 200
    copied = s3.generic(
        "PUT", f"{DVC_BUCKET}/{HELLO.replace('5d/4', '5d/6')}", headers={"x-amz-copy-source": f"dvc/{HELLO}"}
    )
    assert code(copied) == (400, "BadDigest")
    assert b"".join(selectors.read_object(selectors.get_object(repo, DVC, HELLO))) == b"hello"


def test_parts_joined_in_the_bucket_of_dvc_are_what_the_key_says(s3):
    def upload(key: str) -> Any:
        number = field(s3.generic("POST", f"{DVC_BUCKET}/{key}?uploads"), "UploadId")[0]
        tags = [
            put(s3, f"{key}?partNumber={n}&uploadId={number}", piece, DVC_BUCKET)["ETag"]
            for n, piece in ((1, b"hel"), (2, b"lo"))
        ]
        rows = "".join(f"<Part><PartNumber>{n}</PartNumber><ETag>{tag}</ETag></Part>" for n, tag in enumerate(tags, 1))
        return s3.generic(
            "POST",
            f"{DVC_BUCKET}/{key}?uploadId={number}",
            f"<CompleteMultipartUpload>{rows}</CompleteMultipartUpload>",
        )

    assert code(upload(HELLO.replace("5d/4", "5d/6"))) == (400, "BadDigest")
    assert upload(HELLO).status_code == 200
    assert StoredObject.objects.get().key == HELLO


def test_uploads_in_parts(s3, monkeypatch):
    number = field(s3.generic("POST", f"{BUCKET}/big?uploads", headers={"x-amz-meta-n": "1"}), "UploadId")[0]
    where = f"{BUCKET}/big?uploadId={number}"
    one, two = (put(s3, f"big?partNumber={n}&uploadId={number}", bytes([n]) * 10)["ETag"] for n in (1, 2))
    put(s3, "source", b"0123456789")
    copied = s3.generic("PUT", f"{BUCKET}/big?partNumber=3&uploadId={number}",
                        headers={"x-amz-copy-source": "/stones/source", "x-amz-copy-source-range": "bytes=2-4"})  # fmt: skip
    three = field(copied, "ETag")[0].replace("&quot;", '"')
    assert field(s3.get(where), "PartNumber") == ["1", "2", "3"]
    assert field(s3.get(f"{where}&max-parts=1&part-number-marker=1"), "PartNumber") == ["2"]
    assert field(s3.get(f"{BUCKET}?uploads"), "UploadId") == [number]
    assert s3.get(f"{BUCKET}/big").status_code == 404

    def complete(*parts: tuple[int, str]) -> Any:
        rows = "".join(f"<Part><ETag>{tag}</ETag><PartNumber>{n}</PartNumber></Part>" for n, tag in parts)
        return s3.generic("POST", where, f"<CompleteMultipartUpload>{rows}</CompleteMultipartUpload>")

    assert code(complete((2, two), (1, one))) == (400, "InvalidPartOrder")
    assert code(complete((1, two))) == (400, "InvalidPart")
    assert code(complete()) == (400, "InvalidPart")
    assert complete((1, one), (2, two), (3, three)).status_code == 200
    seen = s3.get(f"{BUCKET}/big")
    assert (body(seen), seen["x-amz-meta-n"]) == (b"\1" * 10 + b"\2" * 10 + b"234", "1")
    assert re.fullmatch(r'"[0-9a-f]{32}-3"', seen["ETag"])
    assert UploadPart.objects.count() == 0
    assert code(s3.get(f"{BUCKET}/other?uploadId={number}")) == (404, "NoSuchUpload")


def test_an_upload_is_aborted(s3):
    number = field(s3.generic("POST", f"{BUCKET}/big?uploads"), "UploadId")[0]
    put(s3, f"big?partNumber=1&uploadId={number}")
    assert s3.delete(f"{BUCKET}/big?uploadId={number}").status_code == 204
    assert UploadPart.objects.count() == 0
    assert code(s3.get(f"{BUCKET}/big?uploadId={number}")) == (404, "NoSuchUpload")


def test_copies_keep_or_replace_what_is_said(s3):
    put(s3, "a%20b", b"hello", x_amz_meta_n="1", content_type="text/x")
    s3.generic("PUT", f"{BUCKET}/kept", headers={"x-amz-copy-source": "stones/a%20b"})
    s3.generic(
        "PUT",
        f"{BUCKET}/new",
        headers={"x-amz-copy-source": "/stones/a%20b", "x-amz-metadata-directive": "REPLACE", "x-amz-meta-m": "2"},
    )
    kept, new = s3.get(f"{BUCKET}/kept"), s3.get(f"{BUCKET}/new")
    assert (body(kept), kept["x-amz-meta-n"], kept["Content-Type"]) == (b"hello", "1", "text/x")
    assert (new["x-amz-meta-m"], "x-amz-meta-n" in new, new["ETag"]) == ("2", False, kept["ETag"])
    itself = s3.generic("PUT", f"{BUCKET}/kept", headers={"x-amz-copy-source": "stones/kept"})
    assert code(itself) == (400, "InvalidRequest")
    failed = s3.generic(
        "PUT", f"{BUCKET}/x", headers={"x-amz-copy-source": "stones/kept", "x-amz-copy-source-if-match": "other"}
    )
    assert code(failed) == (412, "PreconditionFailed")
    assert code(s3.generic("PUT", f"{BUCKET}/x", headers={"x-amz-copy-source": "stones/none"})) == (404, "NoSuchKey")
    assert code(s3.generic("PUT", f"{BUCKET}/x", headers={"x-amz-copy-source": "nonsense"})) == (400, "InvalidArgument")


def test_versions_are_listed_read_restored_and_deleted(s3):
    first = put(s3, "a", b"first")["x-amz-version-id"]
    second = put(s3, "a", b"second")["x-amz-version-id"]
    assert s3.delete(f"{BUCKET}/a").headers["x-amz-delete-marker"] == "true"
    listed = s3.get(f"{BUCKET}?versions")
    mark = field(listed, "VersionId")[0]
    assert field(listed, "VersionId") == [mark, second, first]
    assert field(listed, "IsLatest") == ["true", "false", "false"]
    assert body(s3.get(f"{BUCKET}/a?versionId={first}")) == b"first"
    assert code(s3.get(f"{BUCKET}/a")) == (404, "NoSuchKey")
    assert code(s3.get(f"{BUCKET}/a?versionId={mark}")) == (405, "MethodNotAllowed")
    assert code(s3.get(f"{BUCKET}/a?versionId=v999")) == (404, "NoSuchVersion")
    s3.generic("PUT", f"{BUCKET}/a", headers={"x-amz-copy-source": f"stones/a?versionId={first}"})
    assert body(s3.get(f"{BUCKET}/a")) == b"first"
    assert s3.delete(f"{BUCKET}/a?versionId={second}").status_code == 204
    assert code(s3.get(f"{BUCKET}/a?versionId={second}")) == (404, "NoSuchVersion")
    assert field(s3.get(f"{BUCKET}?versioning"), "Status") == ["Enabled"]
    assert field(s3.get(f"{DVC_BUCKET}?versioning"), "Status") == []
    assert code(s3.get(f"{DVC_BUCKET}/a?versionId=v1")) == (501, "NotImplemented")


def test_many_are_deleted_at_once(s3, repo):
    for key in ("a", "b", "c"):
        put(s3, key)
    objects = "".join(f"<Object><Key>{key}</Key></Object>" for key in ("a", "b", "none", "../x"))
    answer = s3.generic("POST", f"{BUCKET}?delete", f"<Delete>{objects}</Delete>")
    assert (answer.status_code, field(answer, "Code")) == (200, ["InvalidArgument"])
    assert answer.content.count(b"<Deleted>") == 3
    assert [stored.key for stored in StoredObject.objects.all()] == ["c"]
    quiet = s3.generic("POST", f"{BUCKET}?delete", "<Delete><Quiet>true</Quiet><Object><Key>c</Key></Object></Delete>")
    assert b"<Deleted>" not in quiet.content
    many = "<Object><Key>x</Key></Object>" * 1001
    assert code(s3.generic("POST", f"{BUCKET}?delete", f"<Delete>{many}</Delete>")) == (400, "MalformedXML")


@pytest.mark.parametrize("version", ["", "list-type=2&"])
def test_listings_page_by_page(s3, version):
    for key in ("a", "b/1", "b/2", "c d", "e"):
        put(s3, key.replace(" ", "%20"))
    found, rest = [], ""
    for _ in range(10):
        answer = s3.get(f"{BUCKET}?{version}delimiter=%2F&max-keys=2&encoding-type=url{rest}")
        found += field(answer, "Key") + field(answer, "Prefix")[1:]
        if field(answer, "IsTruncated") == ["false"]:
            break
        token = field(answer, "NextContinuationToken") if version else field(answer, "NextMarker")
        rest = f"&{'continuation-token' if version else 'marker'}={quote(token[0], safe='')}"
    assert sorted(found) == ["a", "b/", "c%20d", "e"]


def test_public_repositories_are_read_without_a_signature_and_never_written(s3, repo):
    put(s3, "page.html", b"<script>", content_type="text/html", content_disposition="inline")
    nobody = on_the_server(SigningClient())
    assert nobody.get(f"{BUCKET}/page.html").status_code == 403
    repo.visibility = Visibility.PUBLIC
    repo.save()
    seen = nobody.get(f"{BUCKET}/page.html")
    assert (seen.status_code, body(seen)) == (200, b"<script>")
    assert seen["Content-Disposition"].startswith("attachment") and "sandbox" in seen["Content-Security-Policy"]
    assert nobody.get(f"{BUCKET}?list-type=2").status_code == 200
    for verb in ("PUT", "DELETE"):
        assert code(nobody.generic(verb, f"{BUCKET}/page.html", b"x")) == (403, "AccessDenied")


def test_a_link_cannot_make_a_browser_run_what_it_shows(s3):
    """The attack: response-content-type and -disposition turn an upload into a page of ours."""
    put(s3, "x", b"<script>alert(1)</script>")
    shown = s3.get(f"{BUCKET}/x?response-content-type=text%2Fhtml&response-content-disposition=inline")
    assert "sandbox" in shown["Content-Security-Policy"]
    broken = s3.get(f"{BUCKET}/x?response-content-type=a%0D%0ASet-Cookie%3A%20x%3D1")
    assert code(broken) == (400, "InvalidArgument")
    assert "Set-Cookie" not in broken


def test_use_is_noted_after_the_signature_is_right(s3, alice, repo):
    pair = AccessToken.objects.get()
    on_the_server(SigningClient(access_key_of(pair), "0" * 40)).get(BUCKET)
    pair.refresh_from_db()
    assert pair.last_used_at is None
    s3.get(BUCKET)
    pair.refresh_from_db()
    assert pair.last_used_at is not None


def test_any_region_signs(alice, repo):
    pair = create_key_pair(user=alice, name="test")
    for region in ("us-east-1", "eu-central-1", "auto", "x"):
        client = on_the_server(SigningClient(access_key_of(pair), secret_of(pair), region=region))
        assert client.get(BUCKET).status_code == 200


def test_a_slow_join_answers_with_a_pulse(s3, monkeypatch):
    """The thread of its own is tried by the wire tests; here the form of the answer, with its work done in place."""

    class InPlace:
        def __init__(self, target: Any, name: str) -> None:
            self.target, self.alive = target, 2

        def start(self) -> None:
            self.target()

        def is_alive(self) -> bool:
            self.alive -= 1
            return self.alive >= 0

        def join(self, timeout: float) -> None:
            assert timeout == parts.PULSE

    monkeypatch.setattr(parts, "SLOW", 3)
    monkeypatch.setattr(parts.threading, "Thread", InPlace)
    monkeypatch.setattr(parts, "connection", type("Open", (), {"close": staticmethod(lambda: None)}))
    number = field(s3.generic("POST", f"{BUCKET}/big?uploads"), "UploadId")[0]
    tag = put(s3, f"big?partNumber=1&uploadId={number}")["ETag"]
    for name, end in (
        (tag.replace("5d", "6d"), b"<Code>InvalidPart</Code>"),
        (tag, b"</CompleteMultipartUploadResult>"),
    ):
        rows = f"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{name}</ETag></Part></CompleteMultipartUpload>"
        answer = s3.generic("POST", f"{BUCKET}/big?uploadId={number}", rows)
        text = body(answer)
        assert answer.status_code == 200
        assert text.startswith(b"<?xml") and b"?>\n <" in text and end in text


def test_space_of_the_two_addresses(s3, repo):
    put(s3, "a")
    put(s3, "a", b"other", DVC_BUCKET)
    assert {(stored.bucket.name, stored.size) for stored in StoredObject.objects.select_related("bucket")} == {
        (DATA, 5),
        (DVC, 5),
    }
    assert body(s3.get(f"{BUCKET}/a")) == b"hello"
    assert code(s3.get("/alice/stones.s3/stones/a")) == (404, "NoSuchBucket")
    assert code(s3.get("/api/v1/repo-buckets/s3/alice/none/a")) == (404, "NoSuchBucket")


@pytest.mark.parametrize("verb", ["GET", "HEAD"])
def test_reading_an_object_costs_few_queries(s3, verb, django_assert_num_queries):
    put(s3, "a")
    s3.generic(verb, f"{BUCKET}/a")
    with django_assert_num_queries(3):  # the key, the repository, the object
        body(s3.generic(verb, f"{BUCKET}/a"))
