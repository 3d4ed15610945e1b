"""boto3 as it comes, over http and https: its bodies are framed differently on the two."""

from __future__ import annotations

import hashlib
import io
import os
import random
import urllib.request
from collections.abc import Iterator
from ssl import create_default_context
from typing import Any
from urllib.error import HTTPError

import psutil
import pytest
from boto3.s3.transfer import TransferConfig
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.support.live import LiveHub
from tests.support.s3_clients import Gate, closing_client, pairs_of, spare_buckets
from tests.support.secure import secure_front

pytestmark = pytest.mark.wire
KEY = "a b+c/ü%&'漢/ file.txt"


@pytest.fixture(scope="module")
def gates(hub: LiveHub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Gate]]:
    pairs = pairs_of(hub)
    with secure_front(hub, tmp_path_factory.mktemp("secure")) as front:
        yield {"http": Gate(hub, hub.url, None, pairs), "https": Gate(hub, front.url, front.certificate, pairs)}


@pytest.fixture(params=["http", "https"])
def gate(request: pytest.FixtureRequest, gates: dict[str, Gate]) -> Gate:
    return gates[request.param]


@pytest.fixture(scope="module")
def buckets(hub: LiveHub) -> Iterator[str]:
    """Fresh repositories of alice, made together, since each start of a command takes seconds."""
    return spare_buckets(hub, 60)


@pytest.fixture
def bucket(buckets: Iterator[str]) -> str:
    """A fresh repository of alice."""
    return next(buckets)


@pytest.fixture
def s3(gate: Gate) -> Iterator[Any]:
    with closing_client(gate.client()) as client:
        yield client


def refused(call: Any, **options: Any) -> str:
    with pytest.raises(ClientError) as error:
        call(**options)
    return str(error.value.response["Error"]["Code"])


def test_put_get_head_range_and_delete(s3, bucket):
    put = s3.put_object(Bucket=bucket, Key=KEY, Body=b"hello", Metadata={"run_id": "7"}, ContentType="text/x-stone")
    assert put["ETag"] == '"5d41402abc4b2a76b9719d911017c592"'
    got = s3.get_object(Bucket=bucket, Key=KEY)
    assert (got["Body"].read(), got["Metadata"], got["ContentType"]) == (b"hello", {"run_id": "7"}, "text/x-stone")
    assert s3.get_object(Bucket=bucket, Key=KEY, Range="bytes=1-2")["Body"].read() == b"el"
    assert s3.head_object(Bucket=bucket, Key=KEY)["ContentLength"] == 5
    s3.delete_object(Bucket=bucket, Key=KEY)
    assert refused(s3.head_object, Bucket=bucket, Key=KEY) == "404"
    assert refused(s3.get_object, Bucket=bucket, Key=KEY) == "NoSuchKey"


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
def test_checksums_of_every_kind(s3, bucket, algorithm):
    s3.put_object(Bucket=bucket, Key="a", Body=b"hello" * 1000, ChecksumAlgorithm=algorithm)
    assert s3.get_object(Bucket=bucket, Key="a")["Body"].read() == b"hello" * 1000
    assert refused(s3.put_object, Bucket=bucket, Key="b", Body=b"hello", ChecksumCRC32="AAAAAA==") == "BadDigest"
    assert refused(s3.head_object, Bucket=bucket, Key="b") == "404"


def test_empty_objects_and_streams(s3, bucket):
    s3.put_object(Bucket=bucket, Key="empty", Body=b"")
    s3.put_object(Bucket=bucket, Key="stream", Body=io.BytesIO(b"x" * 3_000_000))
    assert s3.get_object(Bucket=bucket, Key="empty")["Body"].read() == b""
    assert s3.head_object(Bucket=bucket, Key="stream")["ContentLength"] == 3_000_000


def test_uploads_in_parts_come_back_whole(s3, bucket):
    content = random.Random(1).randbytes(20 * 1024 * 1024 + 77)
    s3.upload_fileobj(io.BytesIO(content), bucket, "big", ExtraArgs={"Metadata": {"n": "1"}})
    assert s3.head_object(Bucket=bucket, Key="big")["ETag"].endswith('-3"')
    back = io.BytesIO()
    s3.download_fileobj(
        bucket, "big", back, Config=TransferConfig(multipart_threshold=1024, multipart_chunksize=5_000_000)
    )
    assert hashlib.sha256(back.getvalue()).digest() == hashlib.sha256(content).digest()
    s3.copy(
        {"Bucket": bucket, "Key": "big"},
        bucket,
        "again",
        Config=TransferConfig(multipart_threshold=1024, multipart_chunksize=8_000_000),
    )
    assert s3.get_object(Bucket=bucket, Key="again")["Body"].read() == content


def test_listings_of_both_versions_page_by_page(s3, bucket):
    keys = sorted([f"d{n % 7}/ü {n:03d}" for n in range(30)] + ["top"], key=str.encode)
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    for name in ("list_objects", "list_objects_v2"):
        pages = s3.get_paginator(name).paginate(Bucket=bucket, PaginationConfig={"PageSize": 4})
        assert [row["Key"] for page in pages for row in page.get("Contents", [])] == keys
        pages = list(s3.get_paginator(name).paginate(Bucket=bucket, Delimiter="/", PaginationConfig={"PageSize": 3}))
        assert [row["Prefix"] for page in pages for row in page.get("CommonPrefixes", [])] == [
            f"d{n}/" for n in range(7)
        ]
        assert [row["Key"] for page in pages for row in page.get("Contents", [])] == ["top"]
    listed = s3.list_objects_v2(Bucket=bucket, Prefix="d1/", StartAfter="d1/ü 008")
    assert listed["KeyCount"] == len([key for key in keys if key.startswith("d1/") and key > "d1/ü 008"])


def test_deleting_many_and_versions(s3, bucket):
    for key in ("a", "b", "c"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"first")
    old = s3.put_object(Bucket=bucket, Key="a", Body=b"second")["VersionId"]
    gone = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in ("a", "b", "none")]})
    assert len(gone["Deleted"]) == 3
    listed = s3.list_object_versions(Bucket=bucket, Prefix="a")
    assert (len(listed["Versions"]), [mark["IsLatest"] for mark in listed["DeleteMarkers"]]) == (2, [True])
    assert s3.get_object(Bucket=bucket, Key="a", VersionId=old)["Body"].read() == b"second"
    s3.delete_object(Bucket=bucket, Key="a", VersionId=listed["DeleteMarkers"][0]["VersionId"])
    assert s3.get_object(Bucket=bucket, Key="a")["Body"].read() == b"second"


def test_conditional_writes(s3, bucket):
    tag = s3.put_object(Bucket=bucket, Key="a", Body=b"1", IfNoneMatch="*")["ETag"]
    assert refused(s3.put_object, Bucket=bucket, Key="a", Body=b"2", IfNoneMatch="*") == "PreconditionFailed"
    s3.put_object(Bucket=bucket, Key="a", Body=b"2", IfMatch=tag)
    assert refused(s3.put_object, Bucket=bucket, Key="a", Body=b"3", IfMatch=tag) == "PreconditionFailed"


def opened(gate: Gate, link: str, data: bytes | None = None) -> bytes:
    context = create_default_context(cafile=str(gate.certificate)) if gate.certificate else None
    with urllib.request.urlopen(
        urllib.request.Request(link, data, method="PUT" if data else "GET"), context=context
    ) as answer:
        return bytes(answer.read())


@pytest.mark.parametrize(("region", "old"), [("us-east-1", True), ("eu-central-1", False)])
def test_links_of_both_kinds(gate, bucket, region, old):
    with closing_client(gate.client(region_name=region)) as s3:
        s3.put_object(Bucket=bucket, Key=KEY, Body=b"shared")
        link = s3.generate_presigned_url(
            "get_object", Params={"Bucket": bucket, "Key": KEY, "ResponseContentType": "text/x"}
        )
        assert ("AWSAccessKeyId" in link) is old
        assert opened(gate, link) == b"shared"
        for forged in (
            link.replace("file.txt", "other.txt"),
            link.replace("text/x", "text/y").replace("text%2Fx", "text%2Fy"),
            link[:-3],
        ):
            with pytest.raises(HTTPError) as error:
                opened(gate, forged)
            assert error.value.code == 403
            error.value.close()


def test_a_link_made_of_a_token_is_refused(gate, bucket):
    """The attack: a shared link has the token in it, in clear."""
    for region in ("us-east-1", "eu-central-1"):
        with closing_client(gate.client(token=True, region_name=region)) as s3:
            s3.put_object(Bucket=bucket, Key="a", Body=b"x")
            link = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a"})
        with pytest.raises(HTTPError) as error:
            opened(gate, link)
        assert b"key pair" in error.value.read()
        error.value.close()


def test_who_may_not_is_refused(gate, bucket):
    with closing_client(gate.client("mallory")) as s3:
        assert refused(s3.list_objects_v2, Bucket=bucket) == "NoSuchBucket"
    with closing_client(gate.client(region_name="xx-1", config=Config(signature_version=UNSIGNED))) as s3:
        assert refused(s3.list_objects_v2, Bucket=bucket) == "AccessDenied"


def test_public_buckets_need_no_signature(gate, hub):
    name = hub.new_repo(f"open-{random.randrange(10**9)}", visibility="public").partition("/")[2]
    with closing_client(gate.client()) as s3:
        s3.put_object(Bucket=name, Key="a", Body=b"open")
    with closing_client(gate.client(config=Config(signature_version=UNSIGNED))) as s3:
        assert s3.get_object(Bucket=name, Key="a")["Body"].read() == b"open"
        assert refused(s3.put_object, Bucket=name, Key="a", Body=b"x") == "AccessDenied"


def test_the_other_address_has_the_bucket_of_dvc(gate, bucket, hub):
    with closing_client(gate.client(endpoint=f"{gate.url}/alice/{bucket}.s3")) as s3:
        assert [each["Name"] for each in s3.list_buckets()["Buckets"]] == ["dvc"]
        key = "files/md5/5d/41402abc4b2a76b9719d911017c592"
        s3.put_object(Bucket="dvc", Key=key, Body=b"hello")
        assert refused(s3.put_object, Bucket="dvc", Key=key.replace("/4", "/5"), Body=b"hello") == "BadDigest"
    request = urllib.request.Request(f"{hub.url}/alice/{bucket}.dvc/{key}")
    request.add_header("Authorization", f"Bearer {hub.tokens['alice']}")
    with urllib.request.urlopen(request) as answer:
        assert answer.read() == b"hello", "the same object by DVC's own remote"


def test_long_uploads_and_downloads_stay_flat_in_memory(s3, gate, hub, bucket, tmp_path):
    """300 MB up and down; a body that is gathered anywhere would show."""
    path, back = tmp_path / "big", tmp_path / "back"
    with path.open("wb") as file:
        for _ in range(300):
            file.write(os.urandom(1024) * 1024)
    servers = [p for p in psutil.process_iter(["cmdline", "environ"]) if _serves(p, hub)]
    before = sum(p.memory_info().rss for p in servers)
    with path.open("rb") as file:
        s3.put_object(Bucket=bucket, Key="single", Body=file)
    s3.upload_file(str(path), bucket, "parts")
    s3.download_file(bucket, "single", str(back))
    assert hashlib.md5(back.read_bytes()).digest() == hashlib.md5(path.read_bytes()).digest()
    grown = sum(p.memory_info().rss for p in servers) - before
    assert grown < 64 * 1024 * 1024, f"grew by {grown} bytes"


def _serves(process: psutil.Process, hub: LiveHub) -> bool:
    try:
        return "hub.wsgi:application" in process.cmdline() and process.environ().get("HUB_HOME") == str(hub.home)
    except psutil.Error:
        return False
