"""The blob engine on every store: what goes in comes out, whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import tracemalloc
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.lib.errors import Invalid, QuotaExceeded, Unavailable
from storage.blobs import (
    BLOCK_SIZE,
    MD5,
    SHA256,
    BlobMissing,
    BlobStore,
    Digests,
    PartMissing,
    StoreConfig,
    disk,
    fault_of,
    make_store,
)
from storage.blobs.azure import read_account
from storage.blobs.azure_requests import request as azure_request
from storage.blobs.disk import DiskStore
from storage.checks import blobs_have_a_place
from tests.storage.azure_server import ACCOUNT, KEY, RunningAzure
from tests.storage.s3_server import RunningS3

ABSENT = "0" * 64


def digest(content: bytes) -> str:
    """The name a store gives to `content`."""
    return hashlib.sha256(content).hexdigest()


def files_under(root: Path) -> list[Path]:
    """Every file below `root`, staged ones too."""
    return sorted(path for path in root.rglob("*") if path.is_file())


@pytest.fixture(params=["disk", "s3", "gs", "azure"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    """Each of the stores, empty."""
    if request.param == "disk":
        return make_store(StoreConfig(home=tmp_path))
    if request.param == "azure":
        return make_store(azure_config(request.getfixturevalue("azure"), tmp_path))
    server = request.getfixturevalue("s3")
    return make_store(s3_config(server, tmp_path, request.param))


def s3_config(server: RunningS3, home: Path, scheme: str = "s3") -> StoreConfig:
    """Settings that point at the S3 in memory."""
    return StoreConfig(home=home, url=f"{scheme}://bytes/deep/prefix", endpoint=server.endpoint)


def azure_config(server: RunningAzure, home: Path) -> StoreConfig:
    """Settings that point at the Azure in memory."""
    return StoreConfig(home=home, url="azure://bytes/deep/prefix", azure=server.connection)


def test_write_returns_the_digests_and_the_size(store: BlobStore) -> None:
    written = store.write([b"stone ", b"", b"on stone"])
    content = b"stone on stone"
    assert (written.sha256, written.md5, written.size) == (digest(content), "", 14)
    assert b"".join(store.open(written.sha256)) == content


def test_stage_computes_md5_for_who_asks(store: BlobStore) -> None:
    with store.stage([b"stone ", b"on stone"], MD5 | SHA256) as staged:
        assert staged.written.md5 == hashlib.md5(b"stone on stone").hexdigest()
        assert staged.written.sha256 == digest(b"stone on stone")


@pytest.mark.parametrize("size", [0, 1, 1 << 20, (1 << 20) + 1, 5_000_001])
@pytest.mark.parametrize("wanted", [SHA256, MD5, MD5 | SHA256])
def test_digests_are_right_for_every_size(tmp_path: Path, size: int, wanted: Digests) -> None:
    content = os.urandom(size)
    blocks = [content[at : at + 300_000] for at in range(0, size, 300_000)]
    with DiskStore(tmp_path).stage(blocks, wanted) as staged:
        assert staged.path.read_bytes() == content
        assert staged.written.sha256 == (digest(content) if SHA256 in wanted else "")
        assert staged.written.md5 == (hashlib.md5(content).hexdigest() if MD5 in wanted else "")


def test_no_thread_outlives_an_upload_that_breaks_off(tmp_path: Path) -> None:
    before = threading.active_count()

    def cut() -> Iterator[bytes]:
        for _ in range(20):
            yield bytes(BLOCK_SIZE)
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        DiskStore(tmp_path).write(cut())
    assert (threading.active_count(), files_under(tmp_path)) == (before, [])


def test_a_part_is_kept_read_listed_and_dropped(store: BlobStore) -> None:
    for name, content in (("u-1", b"first"), ("u-2", b"second")):
        with store.stage([content]) as staged:
            store.keep_part(name, staged)
    assert b"".join(store.open_part("u-2")) == b"second"
    assert sorted(name for name, _ in store.iter_parts()) == ["u-1", "u-2"]
    assert {kept_at.tzinfo is not None for _, kept_at in store.iter_parts()} == {True}
    assert list(store.iter_digests()) == []
    for _ in range(2):
        store.drop_part("u-1")
    assert [name for name, _ in store.iter_parts()] == ["u-2"]
    with pytest.raises(PartMissing):
        store.open_part("u-1")


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", "A", "a.b", "a" * 61, "a\n"])
def test_a_parts_name_cannot_leave_its_folder(store: BlobStore, name: str) -> None:
    for act in (store.open_part, store.drop_part):
        with pytest.raises(Invalid):
            act(name)


def test_an_empty_blob_is_a_blob(store: BlobStore) -> None:
    written = store.write([])
    assert written.size == 0
    assert store.exists(written.sha256)
    assert list(store.open(written.sha256)) == []


@pytest.mark.parametrize(
    ("offset", "length", "expected"),
    [
        (0, None, b"0123456789"),
        (3, None, b"3456789"),
        (3, 4, b"3456"),
        (8, 50, b"89"),
        (0, 0, b""),
        (10, 5, b""),
    ],
)
def test_open_reads_the_slice_asked_for(store: BlobStore, offset: int, length: int | None, expected: bytes) -> None:
    written = store.write([b"0123456789"])
    assert b"".join(store.open(written.sha256, offset, length)) == expected


def test_open_hands_out_blocks_of_256_kib(store: BlobStore) -> None:
    content = os.urandom(2 * BLOCK_SIZE + 7)
    blocks = list(store.open(store.write([content]).sha256))
    assert b"".join(blocks) == content
    assert max(map(len, blocks)) <= BLOCK_SIZE


def test_open_of_an_absent_digest_is_told_at_once(store: BlobStore) -> None:
    with pytest.raises(BlobMissing):
        store.open(ABSENT)


def test_delete_removes_and_says_whether_it_was_there(store: BlobStore) -> None:
    written = store.write([b"gone"])
    assert [store.delete(written.sha256), store.delete(written.sha256)] == [True, False]
    assert not store.exists(written.sha256)


def test_iter_digests_names_what_is_stored(store: BlobStore) -> None:
    names = {store.write([bytes([n])]).sha256 for n in range(5)}
    assert sorted(store.iter_digests()) == sorted(names)


def test_a_source_that_breaks_leaves_nothing(store: BlobStore, tmp_path: Path) -> None:
    def cut() -> Iterator[bytes]:
        yield b"half"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        store.write(cut())
    assert files_under(tmp_path) == []
    assert list(store.iter_digests()) == []


def test_staged_content_is_invisible_until_published(store: BlobStore) -> None:
    with store.stage([b"wait"]) as staged:
        assert not store.exists(staged.written.sha256)
    assert not store.exists(digest(b"wait"))


def test_sweep_removes_only_old_leftovers(store: BlobStore, tmp_path: Path) -> None:
    stage = tmp_path / "stage"
    stage.mkdir()
    old, new = stage / "old.part", stage / "new.part"
    old.touch()
    new.touch()
    os.utime(old, (time.time() - 7200, time.time() - 7200))
    assert store.sweep_stage(older_than=timedelta(hours=1)) == 1
    assert files_under(tmp_path) == [new]


@given(st.text(max_size=70))
def test_nothing_but_a_digest_becomes_a_path(text: str) -> None:
    store = DiskStore(Path("/nowhere"))
    if len(text) == 64 and set(text) <= set("0123456789abcdef"):
        assert store.path_of(text).name == text
    else:
        with pytest.raises(Invalid):
            store.path_of(text)


def test_a_trailing_newline_does_not_pass_as_a_digest() -> None:
    with pytest.raises(Invalid):
        DiskStore(Path("/nowhere")).path_of("a" * 64 + "\n")


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_507_and_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def full(handle: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(QuotaExceeded) as caught:
        DiskStore(tmp_path).write([b"too much"])
    assert caught.value.status == 507
    assert files_under(tmp_path) == []


def test_a_write_that_the_kernel_refuses_is_507(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = tmp_path / "stage.part"
    monkeypatch.setattr(tempfile, "mkstemp", lambda **_: (os.open("/dev/full", os.O_WRONLY), str(name)))
    with pytest.raises(QuotaExceeded) as caught:
        DiskStore(tmp_path / "blobs").write([b"too much"])
    assert "nothing of this upload was kept" in caught.value.message


def test_other_errors_of_the_system_are_not_taken_for_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(handle: int) -> None:
        raise OSError(errno.EIO, "disk on fire")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OSError, match="on fire"):
        DiskStore(tmp_path).write([b"x"])
    assert files_under(tmp_path) == []


def test_the_file_and_new_folders_are_synced_before_write_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    real = os.fsync

    def note(handle: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{handle}"))
        real(handle)

    monkeypatch.setattr(os, "fsync", note)
    sha256 = DiskStore(tmp_path).write([b"durable"]).sha256
    assert synced[0].endswith(".part")
    folder = tmp_path / sha256[:2] / sha256[2:4]
    assert synced[1:] == [str(folder), str(folder.parent), str(tmp_path)]


def test_a_folder_that_another_process_made_is_synced_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may not be on the disk yet: the other may have been stopped between making and syncing it."""
    sha256 = hashlib.sha256(b"durable").hexdigest()
    folder = tmp_path / sha256[:2] / sha256[2:4]
    folder.mkdir(parents=True)
    synced: list[str] = []
    monkeypatch.setattr(disk, "_sync_folder", lambda each: synced.append(str(each)))
    store = DiskStore(tmp_path)
    store.write([b"durable"])
    assert synced == [str(folder), str(folder.parent), str(tmp_path)]
    store.write([b"durable"])
    assert synced[3:] == [str(folder)]
    shutil.rmtree(folder)  # Whoever makes it anew syncs it anew.
    store.write([b"durable"])
    assert synced[4:] == [str(folder), str(folder.parent)]


@pytest.mark.parametrize("pause", ["chunks", "publish"])
def test_a_killed_writer_leaves_nothing_visible(tmp_path: Path, pause: str) -> None:
    writer = _start_writer(tmp_path, pause)
    assert writer.stdout is not None
    assert writer.stdout.readline().strip() == "ready"
    assert len(files_under(tmp_path)) == 1
    writer.send_signal(signal.SIGKILL)
    writer.communicate()
    store = DiskStore(tmp_path)
    assert list(store.iter_digests()) == []
    assert store.sweep_stage(older_than=timedelta(0)) == 1
    assert files_under(tmp_path) == []


def _start_writer(root: Path, pause: str) -> subprocess.Popen[str]:
    script = f"""
    import pathlib, time
    from storage.blobs.disk import DiskStore
    store = DiskStore(pathlib.Path({str(root)!r}))
    def wait():
        print("ready", flush=True)
        time.sleep(60)
    def chunks():
        yield bytes(500_000)
        if {pause!r} == "chunks":
            wait()
    with store.stage(chunks()) as staged:
        wait()
        store.publish(staged)
    """
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_eight_writers_of_the_same_content_agree(tmp_path: Path) -> None:
    store = DiskStore(tmp_path)
    content = os.urandom(300_000)
    gate = threading.Barrier(8)
    names: list[str] = []

    def write() -> None:
        gate.wait()
        names.append(store.write(content[n : n + 10_000] for n in range(0, len(content), 10_000)).sha256)

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert names == [digest(content)] * 8
    assert files_under(tmp_path) == [store.path_of(names[0])]
    assert b"".join(store.open(names[0])) == content


def test_a_reader_reads_on_while_the_content_is_deleted(tmp_path: Path) -> None:
    store = DiskStore(tmp_path)
    content = os.urandom(BLOCK_SIZE + 1)
    sha256 = store.write([content]).sha256
    blocks = store.open(sha256)
    first = next(blocks)
    store.delete(sha256)
    assert first + b"".join(blocks) == content


def test_closing_a_reader_closes_the_file(tmp_path: Path) -> None:
    store = DiskStore(tmp_path)
    blocks = store.open(store.write([bytes(BLOCK_SIZE * 3)]).sha256)
    next(blocks)
    blocks.close()
    assert list(blocks) == []


def test_memory_stays_flat_for_100_mib(tmp_path: Path) -> None:
    store = DiskStore(tmp_path)
    tracemalloc.start()
    written = store.write(bytes(BLOCK_SIZE) for _ in range(400))
    size = sum(len(block) for block in store.open(written.sha256))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size == written.size == 400 * BLOCK_SIZE
    assert peak < 8 * BLOCK_SIZE


def test_s3_uploads_large_content_in_parts(s3: RunningS3, tmp_path: Path) -> None:
    store = make_store(s3_config(s3, tmp_path))
    content = os.urandom(1_000_000) * 33
    sha256 = store.write([content]).sha256
    assert s3.objects == {f"deep/prefix/{sha256[:2]}/{sha256[2:4]}/{sha256}": content}
    assert s3.uploads == {}
    assert files_under(tmp_path) == []


def test_s3_that_refuses_is_unavailable_and_keeps_nothing(s3: RunningS3, tmp_path: Path) -> None:
    store = make_store(s3_config(s3, tmp_path))
    s3.failing.set()
    with pytest.raises(Unavailable):
        store.write([b"refused"])
    assert (s3.objects, files_under(tmp_path)) == ({}, [])


@pytest.mark.parametrize("url", ["ftp://x/y", "s3://", "/var/blobs", "gs:///x", "azure://", "s3://k:s@bucket/x"])
def test_an_address_that_is_not_understood_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(ValueError, match="s3://bucket/prefix"):
        make_store(StoreConfig(home=tmp_path, url=url))


def test_azure_uploads_large_content_in_blocks(azure: RunningAzure, tmp_path: Path) -> None:
    store = make_store(azure_config(azure, tmp_path))
    content = os.urandom(1_000_000) * 33
    sha256 = store.write([content]).sha256
    assert azure.blobs == {f"deep/prefix/{sha256[:2]}/{sha256[2:4]}/{sha256}": content}
    assert len([path for path in azure.asked if "comp=block&" in path]) == 2
    assert (azure.blocks, files_under(tmp_path)) == ({}, [])


def test_azure_that_refuses_is_unavailable_and_keeps_nothing(azure: RunningAzure, tmp_path: Path) -> None:
    store = make_store(azure_config(azure, tmp_path))
    azure.failing.set()
    with pytest.raises(Unavailable):
        store.write([b"refused"])
    assert (azure.blobs, files_under(tmp_path)) == ({}, [])


def test_azure_lets_two_put_the_same(azure: RunningAzure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second has looked before the first was done."""
    store, late = (make_store(azure_config(azure, tmp_path / name)) for name in ("a", "b"))
    sha256 = store.write([b"twice"]).sha256
    monkeypatch.setattr(late, "exists", lambda _: False)
    assert late.write([b"twice"]).sha256 == sha256
    assert b"".join(late.open(sha256)) == b"twice"


def test_azure_reads_connection_strings() -> None:
    own = read_account(
        f"DefaultEndpointsProtocol=https;AccountName=acc;AccountKey={KEY};EndpointSuffix=core.windows.net"
    )
    assert (own.base, own.name, own.secret) == ("https://acc.blob.core.windows.net", "acc", KEY)
    sas = read_account("BlobEndpoint=https://x.example/;SharedAccessSignature=?sv=1&sig=a%2Bb=")
    assert (sas.base, sas.secret) == ("https://x.example", "sv=1&sig=a%2Bb=")
    assert KEY not in repr(own)


def test_azure_signs_as_the_protocol_says() -> None:
    """What Azurite and Microsoft's own client have computed, too."""
    url, headers = azure_request(
        "http://127.0.0.1:1/acc", "bytes/ü x", {"comp": "block", "blockid": "MDA="}, method="PUT",
        headers={"x-ms-date": "Fri, 20 Nov 2026 15:00:00 GMT", "Content-Length": "3", "If-None-Match": "*"},
        account=ACCOUNT, secret=KEY,
    )  # fmt: skip
    assert url == "http://127.0.0.1:1/acc/bytes/%C3%BC%20x?comp=block&blockid=MDA%3D"
    assert headers["Authorization"] == f"SharedKey {ACCOUNT}:D82+GRTCBNwERtb9TTODsBViPKAMzfxgd2uMvp5An/o="


@pytest.mark.parametrize(
    "connection",
    ["", "AccountName=x", "AccountName=x;AccountKey=***", "BlobEndpoint=ftp://x;SharedAccessSignature=sig=x"],
)
def test_what_is_wrong_with_the_settings_is_told(tmp_path: Path, connection: str) -> None:
    assert fault_of(StoreConfig(home=tmp_path, url="azure://bytes", azure=connection))
    assert "azure://container/prefix" in fault_of(StoreConfig(home=tmp_path, url="azur://bytes"))
    assert fault_of(StoreConfig(home=tmp_path)) == fault_of(StoreConfig(home=tmp_path, url="gs://b/p")) == ""
    assert fault_of(StoreConfig(home=tmp_path, url="azure://b", azure=f"AccountName=a;AccountKey={KEY}")) == ""


def test_a_hub_does_not_start_with_a_place_that_is_none(settings: Any) -> None:
    settings.BLOB_STORE, settings.AZURE_CONNECTION = "azure://bytes", ""
    assert [(fault.id, "AccountKey" in fault.msg) for fault in blobs_have_a_place(None)] == [("storage.E001", True)]
    settings.BLOB_STORE = ""
    assert blobs_have_a_place(None) == []
