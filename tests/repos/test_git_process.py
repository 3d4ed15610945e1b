"""Running git: environment, limits, streams and ends."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from repos.git import process
from repos.git.environment import environment
from repos.git.init import create_bare


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    create_bare(tmp_path / "a.git")
    return tmp_path / "a.git"


def empty_commit(bare: Path) -> str:
    tree = process.run(bare, "mktree", input=b"").decode().strip()
    person = {f"GIT_{role}_{part}": "a@x" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
    return process.run(bare, "commit-tree", tree, "-m", "x", env=person).decode().strip()


def test_environment_inherits_nothing_but_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The attack: GIT_* variables or a .gitconfig of whoever started the server steering the hub's git."""
    (tmp_path / ".gitconfig").write_text("[core]\n\thooksPath = /evil\n[alias]\n\tx = !touch owned\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_DIR", "/elsewhere")
    monkeypatch.setenv("GIT_EXEC_PATH", "/evil")
    monkeypatch.setenv("HUB_SECRET_KEY", "secret")
    values = environment(None)
    assert values["PATH"] == os.environ["PATH"]
    assert not {"HOME", "GIT_DIR", "GIT_EXEC_PATH", "HUB_SECRET_KEY", "XDG_CONFIG_HOME"} & values.keys()
    listed = process.run(None, "config", "--list", "--show-scope").decode().splitlines()
    assert "command\tcore.hookspath=/dev/null" in listed
    assert {line.split("\t")[0] for line in listed} == {"command"}


def test_config_and_env_are_added(bare: Path) -> None:
    assert process.run(bare, "config", "user.name", config={"user.name": "Ada"}) == b"Ada\n"
    done = process.run(bare, "var", "GIT_AUTHOR_IDENT", env={"GIT_AUTHOR_NAME": "Eve", "GIT_AUTHOR_EMAIL": "e@x"})
    assert done.startswith(b"Eve <e@x>")


def test_input_may_be_bytes_or_blocks(bare: Path) -> None:
    data = b"0123456789" * 100_000
    whole = process.run(bare, "hash-object", "--stdin", input=data)
    blocks = process.run(bare, "hash-object", "--stdin", input=(data[at : at + 999] for at in range(0, len(data), 999)))
    assert whole == blocks


def test_full_pipes_in_both_directions_do_not_lock(bare: Path) -> None:
    blob = process.run(bare, "hash-object", "-w", "--stdin", input=b"x" * 300_000).strip()
    asked = (blob + b"\n" for _ in range(200))
    out = process.run(bare, "cat-file", "--batch", input=asked)
    assert len(out) == 200 * (300_000 + len(blob) + len(b" blob 300000\n\n"))


def test_lines_split_across_blocks(bare: Path) -> None:
    names = [f"refs/heads/branch-{number:05}" for number in range(3000)]
    tip = empty_commit(bare)
    script = "".join(f"create {name} {tip}\n" for name in names)
    process.run(bare, "update-ref", "--stdin", input=script.encode())
    listed = list(process.lines(bare, "for-each-ref", "--format=%(refname)"))
    assert listed == [name.encode() for name in names]


def test_what_is_missing_is_told_apart(bare: Path) -> None:
    with pytest.raises(process.GitNotFound):
        process.run(bare, "rev-parse", "--verify", "nowhere")
    with pytest.raises(process.GitNotFound):
        process.run(bare.parent / "none.git", "for-each-ref")
    with pytest.raises(process.GitError) as failed:
        process.run(bare, "no-such-command")
    assert not isinstance(failed.value, process.GitNotFound)
    assert failed.value.returncode == 1
    assert b"no-such-command" in failed.value.stderr


def test_accepted_codes_are_no_failure(bare: Path) -> None:
    assert process.run(bare, "config", "no.such", accept=(0, 1)) == b""
    assert process.succeeds(bare, "config", "core.bare")
    assert not process.succeeds(bare, "config", "no.such")


def test_output_is_capped_and_the_process_ended(bare: Path) -> None:
    blob = process.run(bare, "hash-object", "-w", "--stdin", input=os.urandom(1_000_000)).decode().strip()
    with pytest.raises(process.GitOutputTooLarge):
        process.run(bare, "cat-file", "blob", blob, max_output=500_000)
    assert len(process.run(bare, "cat-file", "blob", blob, max_output=1_000_000)) == 1_000_000


def test_process_that_hangs_is_ended(bare: Path) -> None:
    gate = threading.Event()

    def never() -> Iterator[bytes]:
        gate.wait(120)
        yield b""

    started = time.monotonic()
    with pytest.raises(process.GitTimeout):
        process.run(bare, "cat-file", "--batch", input=never(), timeout=0.3)
    gate.set()
    assert time.monotonic() - started < 60


def test_process_is_ended_when_nothing_moves(bare: Path) -> None:
    gate = threading.Event()

    def stalled() -> Iterator[bytes]:
        for _ in range(4):
            yield b"HEAD\n"
            gate.wait(0.25)
        gate.wait(120)

    with process.GitProcess(bare, ["cat-file", "--batch-check"], input=stalled(), timeout=None, stall=1.5) as running:
        started = time.monotonic()
        with pytest.raises(process.GitTimeout):
            b"".join(running.blocks())
    gate.set()
    assert 2 < time.monotonic() - started < 60


def test_slow_reader_is_no_stall(bare: Path) -> None:
    blob = process.run(bare, "hash-object", "-w", "--stdin", input=os.urandom(400_000)).decode().strip()
    with process.GitProcess(bare, ["cat-file", "blob", blob], stall=0.8) as running:
        blocks = running.blocks()
        size = len(next(blocks))
        time.sleep(1.2)
        assert size + sum(map(len, blocks)) == 400_000


def test_patience_lets_git_end_by_itself(bare: Path) -> None:
    tip = empty_commit(bare)
    gate = threading.Event()

    def cut() -> Iterator[bytes]:
        yield f"create refs/heads/kept {tip}\n".encode()
        gate.wait(120)

    running = process.GitProcess(bare, ["update-ref", "--stdin"], input=cut(), patience=10)
    threading.Timer(0.3, gate.set).start()
    running.close()
    assert running.returncode == 0
    assert process.succeeds(bare, "show-ref", "--verify", "--quiet", "refs/heads/kept")


def test_closed_stream_ends_the_process_and_its_children(bare: Path) -> None:
    blob = process.run(bare, "hash-object", "-w", "--stdin", input=os.urandom(4_000_000)).decode().strip()
    running = process.GitProcess(bare, ["cat-file", "blob", blob])
    blocks = running.blocks()
    assert next(blocks)
    assert running.returncode is None
    running.close()
    assert running.returncode is not None


def test_input_is_read_to_its_end_though_git_stopped_listening(bare: Path) -> None:
    seen = []

    def blocks() -> Iterator[bytes]:
        for number in range(100):
            seen.append(number)
            yield b"x" * 65536

    with process.GitProcess(bare, ["rev-parse", "--git-dir"], input=blocks()) as running:
        assert b"".join(running.blocks()).strip() == str(bare).encode()
        assert running.join_input(10)
    assert len(seen) == 100


def test_failure_of_the_input_is_the_cause_of_gits_failure(bare: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield b"create refs/heads/x "
        raise ConnectionError("the client has gone")

    with pytest.raises(process.GitError) as failed:
        process.run(bare, "update-ref", "--stdin", input=broken())
    assert isinstance(failed.value.__cause__, ConnectionError)


def test_hooks_in_a_repository_never_run(bare: Path, tmp_path: Path) -> None:
    """The attack: a hook smuggled into the repository folder."""
    (bare / "hooks").mkdir()
    hook = bare / "hooks" / "reference-transaction"
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/owned\n")
    hook.chmod(0o755)
    process.run(bare, "symbolic-ref", "HEAD", "refs/heads/other")
    process.run(bare, "update-ref", "refs/heads/x", empty_commit(bare))
    assert not (tmp_path / "owned").exists()
