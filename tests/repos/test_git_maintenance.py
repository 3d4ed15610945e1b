"""Packing, bitmaps, the commit graph, leftovers, and one at a time."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

import pytest

from repos.git import maintenance
from repos.git.init import create_bare
from repos.git.process import run
from tests.support.git_checkout import Checkout


@pytest.fixture
def work(tmp_path: Path) -> Checkout:
    """A repository that has had twelve pushes."""
    create_bare(tmp_path / "a.git")
    here = Checkout(tmp_path / "w", str(tmp_path / "a.git"))
    for number in range(12):
        here.commit(f"commit {number}", a_txt=str(number) * 50)
        here.git("-c", "receive.unpackLimit=1", "push", "--quiet", "origin", "main")
    return here


@pytest.fixture
def bare(work: Checkout) -> Path:
    return work.folder.parent / "a.git"


def packs(bare: Path, suffix: str = ".pack") -> list[Path]:
    return sorted((bare / "objects" / "pack").glob(f"*{suffix}"))


def whole(bare: Path) -> bool:
    return run(bare, "fsck", "--strict", "--connectivity-only") == b""


def test_small_repository_becomes_one_pack_with_bitmap_and_graph(work: Checkout, bare: Path) -> None:
    maintenance.maintain(bare)
    assert len(packs(bare)) == len(packs(bare, ".bitmap")) == 1
    assert (bare / "packed-refs").read_text().count("refs/heads/main") == 1
    graph = bare / "objects" / "info" / "commit-graph"
    assert b"BIDX" in graph.read_bytes()  # the filters of changed paths
    assert run(bare, "commit-graph", "verify") == b""
    assert whole(bare)
    assert run(bare, "rev-list", "--count", "main").strip() == b"12"


def test_large_repository_merges_packs_between_whole_repacks(work: Checkout, bare: Path, tmp_path: Path) -> None:
    maintenance.maintain(bare, small=0)  # never packed as a whole: due
    stamp = bare / maintenance.STAMP
    first, stamped = packs(bare), stamp.stat().st_mtime_ns
    for number in range(4):
        work.commit(f"later {number}", b_txt=str(number) * 50)
        work.git("-c", "receive.unpackLimit=1", "push", "--quiet", "origin", "main")
    maintenance.maintain(bare, small=0)
    assert stamp.stat().st_mtime_ns == stamped
    assert first[0] in packs(bare)
    assert len(packs(bare)) == 2
    assert (bare / "objects" / "pack" / "multi-pack-index").exists()
    assert whole(bare)
    old = time.time() - maintenance.WHOLE_EVERY - 60
    os.utime(stamp, (old, old))
    maintenance.maintain(bare, small=0)
    assert len(packs(bare)) == len(packs(bare, ".bitmap")) == 1
    assert stamp.stat().st_mtime > old + 60
    Checkout.clone(str(bare), tmp_path / "copy").git("fsck", "--strict")


def test_unreachable_objects_stay_for_two_weeks_and_go_then(bare: Path) -> None:
    loose = run(bare, "hash-object", "-w", "--stdin", input=b"nobody points here").decode().strip()
    maintenance.maintain(bare)
    assert run(bare, "cat-file", "-t", loose) == b"blob\n"
    file = bare / "objects" / loose[:2] / loose[2:]
    old = time.time() - 15 * 24 * 3600
    os.utime(file, (old, old))
    maintenance.maintain(bare)
    assert not file.exists()


def test_leftovers_of_dead_pushes_go_and_running_ones_stay(bare: Path) -> None:
    objects = bare / "objects"
    dead, alive = objects / "tmp_objdir-incoming-dead", objects / "tmp_objdir-incoming-alive"
    for folder in (dead, alive):
        (folder / "pack").mkdir(parents=True)
        (folder / "pack" / "tmp_pack_x").write_bytes(b"half")
    stray = objects / "pack" / "tmp_pack_y"
    stray.write_bytes(b"half")
    old = time.time() - maintenance.ABANDONED - 60
    for path in (dead, stray):
        os.utime(path, (old, old))
    held = packs(bare)
    assert maintenance.remove_leftovers(bare) == 2
    assert (dead.exists(), stray.exists(), alive.exists()) == (False, False, True)
    assert packs(bare) == held


def test_two_never_run_at_once(bare: Path) -> None:
    with (bare / maintenance.LOCK).open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(maintenance.Busy):
            maintenance.maintain(bare)
    maintenance.maintain(bare)


def test_measure_counts_the_bytes_of_objects(bare: Path) -> None:
    before = maintenance.measure(bare)
    run(bare, "hash-object", "-w", "--stdin", input=os.urandom(100_000))
    assert 100_000 < maintenance.measure(bare) - before < 101_000
    assert maintenance.measure(bare.parent / "none.git") == 0


def test_fetch_that_runs_meanwhile_gets_everything(work: Checkout, bare: Path, tmp_path: Path) -> None:
    """A clone opens the packs, maintenance replaces them, the clone reads on."""
    from repos.git import serve

    tip = work.git("rev-parse", "main")
    wants = f"0032want {tip}\n00000009done\n".encode()
    answer = serve.upload_pack(bare, [wants])
    first = next(answer)
    maintenance.maintain(bare)
    pack = b"".join([first, *answer]).removeprefix(b"0008NAK\n")
    copy = Checkout(tmp_path / "copy")
    import subprocess

    subprocess.run(
        ["git", "index-pack", "--stdin"], cwd=copy.folder, env=copy.environment, input=pack, check=True,
        capture_output=True,
    )  # fmt: skip
    assert copy.git("rev-list", "--count", tip) == "12"
