"""Pushes with stock git: what is taken whole, what is refused whole, and who wins a race."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.git_checkout import Checkout, folder_of, published
from tests.support.git_raw import leftovers, pack_of, post, push_head
from tests.support.live import LiveHub

pytestmark = pytest.mark.wire


def test_branches_and_tags_are_made_moved_and_deleted(hub: LiveHub, tmp_path: Path) -> None:
    here = published(hub, tmp_path / "w", "refs")
    here.git("tag", "light")
    here.git("tag", "--annotate", "heavy", "--message", "heavy")
    here.git("branch", "topic", "HEAD~1")
    here.git("push", "--quiet", "origin", "topic", "--tags")
    there = here.remote_refs()
    assert there["refs/heads/topic"] == here.git("rev-parse", "topic")
    assert there["refs/tags/light"] == here.git("rev-parse", "main")
    assert there["refs/tags/heavy^{}"] == here.git("rev-parse", "main")
    here.git("push", "--quiet", "origin", "main:topic", ":light")
    there = here.remote_refs()
    assert there["refs/heads/topic"] == here.git("rev-parse", "main")
    assert "refs/tags/light" not in there


def test_unprotected_branch_may_be_rewritten(hub: LiveHub, tmp_path: Path) -> None:
    here = published(hub, tmp_path / "w", "rewrite")
    here.git("commit", "--quiet", "--amend", "--message", "other words")
    assert "non-fast-forward" in here.attempt("push", "origin", "main").stderr
    here.git("push", "--quiet", "--force", "origin", "main")
    assert here.remote_refs()["refs/heads/main"] == here.git("rev-parse", "main")


def test_mirror_push_carries_every_ref(hub: LiveHub, tmp_path: Path) -> None:
    here = published(hub, tmp_path / "w", "mirrored")
    refs = "".join(f"create refs/heads/b{number} HEAD~{number % 3}\n" for number in range(300))
    here.git("update-ref", "--stdin", input=refs.encode())
    here.git("push", "--quiet", "--mirror", hub.git_url("alice/mirrored2", "alice"))
    assert len(here.remote_refs(hub.git_url("alice/mirrored2", "alice"))) >= 302


def test_push_options_are_taken(hub: LiveHub, tmp_path: Path) -> None:
    here = published(hub, tmp_path / "w", "options")
    new = here.commit("with options", o_txt="o")
    here.git("push", "--quiet", "--push-option=ci.skip", "--push-option=note=two words", "origin", "main")
    assert here.remote_refs()["refs/heads/main"] == new


def test_atomic_push_moves_all_or_nothing(hub: LiveHub, tmp_path: Path) -> None:
    here = published(hub, tmp_path / "w", "atomic")
    first = here.git("rev-parse", "main")
    other = Checkout.clone(hub.git_url("alice/atomic", "alice"), tmp_path / "other")
    other.commit("theirs", t_txt="t")
    other.git("push", "--quiet", "origin", "main")
    here.commit("mine", m_txt="m")
    here.git("branch", "extra")
    # A stale view of main: --force-with-lease sends the command, and the hub finds that main has moved.
    lease = f"--force-with-lease=main:{first}"
    refused = here.attempt("push", "--atomic", lease, "origin", "main", "extra")
    assert refused.returncode == 1
    assert "refs/heads/extra" not in here.remote_refs()
    here.git("push", "--quiet", "--atomic", "--force", "origin", "main", "extra")
    assert here.remote_refs()["refs/heads/extra"] == here.git("rev-parse", "extra")


def test_large_push_is_chunked_and_arrives_whole(hub: LiveHub, tmp_path: Path) -> None:
    here = published(hub, tmp_path / "w", "chunked")
    data = bytes(range(256)) * 8192
    here.commit("data", data_bin=data + here.folder.name.encode())
    trace = {"GIT_TRACE_CURL": "1", "GIT_TRACE_CURL_NO_DATA": "1"}
    done = here.attempt("-c", "http.postBuffer=65536", "-c", "core.compression=0", "push", "origin", env=trace)
    assert done.returncode == 0, done.stderr
    assert "Transfer-Encoding: chunked" in done.stderr
    copy = Checkout.clone(hub.git_url("alice/chunked", "alice"), tmp_path / "c")
    assert (copy.folder / "data.bin").read_bytes().startswith(data)
    assert copy.git("fsck", "--strict") == ""


def test_of_eight_pushes_to_one_branch_exactly_one_wins(hub: LiveHub, tmp_path: Path) -> None:
    published(hub, tmp_path / "w", "race")
    url = hub.git_url("alice/race", "alice")
    runners = [Checkout.clone(url, tmp_path / f"c{number}") for number in range(8)]
    commits = {runner.commit(f"by {number}", who_txt=str(number)): runner for number, runner in enumerate(runners)}
    racing = [
        subprocess.Popen(
            ["git", "push", "origin", "main"],
            cwd=runner.folder,
            env=runner.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        for runner in runners
    ]
    ends = [process.communicate(timeout=120) and process.returncode for process in racing]
    assert sorted(ends) == [0, 1, 1, 1, 1, 1, 1, 1]
    winner = list(commits)[ends.index(0)]
    assert runners[0].remote_refs()["refs/heads/main"] == winner
    assert runners[0].git("ls-remote", "origin", "refs/heads/*").count("\n") == 0


def test_commit_with_a_forbidden_tree_is_refused(hub: LiveHub, tmp_path: Path) -> None:
    """The attack: a tree entry called `.git` would write into the clone's own configuration."""
    here = published(hub, tmp_path / "w", "evil")
    blob = here.git("hash-object", "-w", "--stdin", input=b"[core]\n\tfsmonitor = touch /tmp/owned\n")
    entry = b"100644 .git\0" + bytes.fromhex(blob)
    tree = here.git("hash-object", "-t", "tree", "-w", "--stdin", "--literally", input=entry)
    commit = here.git("commit-tree", tree, "-m", "evil")
    refused = here.attempt("push", "origin", f"{commit}:refs/heads/evil")
    assert refused.returncode == 1
    assert "hasDotgit" in refused.stderr
    assert "refs/heads/evil" not in here.remote_refs()


def test_old_histories_with_harmless_flaws_are_taken(hub: LiveHub, tmp_path: Path) -> None:
    """Tools of fifteen years ago wrote modes and dates that fsck dislikes; their projects are pushed all the same."""
    here = published(hub, tmp_path / "w", "old")
    blob = here.git("hash-object", "-w", "--stdin", input=b"x")
    folder = here.git("mktree", input=f"100644 blob {blob}\tx\n".encode())
    entry = b"040000 d\0" + bytes.fromhex(folder)
    tree = here.git("hash-object", "-t", "tree", "-w", "--stdin", "--literally", input=entry)
    person = "Ada <ada@example.org> 1200000000 +051800"
    text = f"tree {tree}\nauthor {person}\ncommitter {person}\n\nold\n"
    commit = here.git("hash-object", "-t", "commit", "-w", "--stdin", "--literally", input=text.encode())
    here.git("push", "--quiet", "origin", f"{commit}:refs/heads/old")
    assert here.remote_refs()["refs/heads/old"] == commit


def test_pack_with_a_missing_object_is_refused(hub: LiveHub, tmp_path: Path) -> None:
    here = published(hub, tmp_path / "w", "holes")
    here.commit("whole", gone_txt="this blob will be missing")
    blob = here.git("rev-parse", "HEAD:gone.txt")
    (here.folder / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    commit, tree = here.git("rev-parse", "HEAD"), here.git("rev-parse", "HEAD^{tree}")
    body = push_head((here.git("rev-parse", "HEAD~1"), commit, "refs/heads/main")) + pack_of(here, commit, tree)
    status, answer = post(hub, "alice/holes", body)
    assert status == 200
    assert f"did not receive expected object {blob}".encode() in answer
    assert b"ng refs/heads/main unpacker error" in answer
    assert here.remote_refs()["refs/heads/main"] == here.git("rev-parse", "HEAD~1")
    assert leftovers(folder_of(hub, "alice/holes")) == []
