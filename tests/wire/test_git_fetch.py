"""Clones and fetches with stock git: every protocol version, shallow, partial, compressed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.git_checkout import Checkout, published
from tests.support.live import LiveHub

pytestmark = pytest.mark.wire


@pytest.fixture(scope="module")
def origin(hub: LiveHub, tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """alice/history: five commits, a side branch, a merge, an annotated tag."""
    here = published(hub, tmp_path_factory.mktemp("origin") / "work", "history", commits=5)
    here.git("switch", "--quiet", "--create", "side", "HEAD~3")
    here.commit("side work", side_txt="side\n")
    here.git("switch", "--quiet", "main")
    here.git("merge", "--quiet", "--no-ff", "--message", "merge side", "side")
    here.git("tag", "--annotate", "v1", "--message", "first")
    here.git("push", "--quiet", "origin", "main", "side", "v1")
    return here


def url(hub: LiveHub) -> str:
    return hub.git_url("alice/history", "alice")


@pytest.mark.parametrize("version", ["0", "1", "2"])
def test_clone_and_fetch_speak_every_protocol_version(
    hub: LiveHub, origin: Checkout, tmp_path: Path, version: str
) -> None:
    trace = {"GIT_TRACE_PACKET": "1"}
    start = Checkout(tmp_path / "start")
    done = start.attempt("-c", f"protocol.version={version}", "clone", url(hub), str(tmp_path / "c"), env=trace)
    assert done.returncode == 0, done.stderr
    assert (f"< version {version}" in done.stderr) is (version != "0")
    here = Checkout(tmp_path / "c")
    assert here.git("rev-parse", "HEAD", "v1") == origin.git("rev-parse", "HEAD", "v1")
    assert here.git("fsck", "--strict") == ""
    there = here.git("-c", f"protocol.version={version}", "ls-remote", "origin", "refs/heads/side")
    assert there == f"{origin.git('rev-parse', 'side')}\trefs/heads/side"


def test_address_of_the_page_can_be_cloned_and_pushed_to(hub: LiveHub, tmp_path: Path) -> None:
    writer = published(hub, tmp_path / "writer", "short-address")
    address = hub.git_url("alice/short-address", "alice").removesuffix(".git")
    here = Checkout.clone(address, tmp_path / "reader")
    new = here.commit("by the short address", b_txt="b\n")
    here.git("push", "--quiet", "origin", "main")
    writer.git("fetch", "--quiet", "origin")
    assert writer.git("rev-parse", "origin/main") == new


def test_fetch_brings_only_what_is_new(hub: LiveHub, tmp_path: Path) -> None:
    writer = published(hub, tmp_path / "writer", "incremental")
    reader = Checkout.clone(hub.git_url("alice/incremental", "alice"), tmp_path / "reader")
    new = writer.commit("one more", a_txt="more\n")
    writer.git("push", "--quiet", "origin", "main")
    trace = reader.attempt("-c", "fetch.unpackLimit=1", "fetch", "--progress", "origin")
    assert "Total 3 (delta" in trace.stderr
    assert reader.git("rev-parse", "origin/main") == new


def test_shallow_clone_deepens_step_by_step(hub: LiveHub, origin: Checkout, tmp_path: Path) -> None:
    here = Checkout.clone(url(hub), tmp_path / "c", "--depth=1")
    counts = [here.git("rev-list", "--count", "HEAD")]
    here.git("fetch", "--quiet", "--depth=2")
    counts.append(here.git("rev-list", "--count", "HEAD"))
    here.git("fetch", "--quiet", "--deepen=1")
    counts.append(here.git("rev-list", "--count", "HEAD"))
    here.git("fetch", "--quiet", "--unshallow")
    counts.append(here.git("rev-list", "--count", "HEAD"))
    assert counts == ["1", "3", "5", "7"]
    assert origin.git("rev-list", "--count", "HEAD") == "7"


def test_shallow_exclude_stops_at_a_ref(hub: LiveHub, origin: Checkout, tmp_path: Path) -> None:
    here = Checkout.clone(url(hub), tmp_path / "c", "--shallow-exclude=side", "--single-branch")
    assert here.git("rev-parse", "--is-shallow-repository") == "true"
    assert int(here.git("rev-list", "--count", "HEAD")) < 7


def test_push_from_a_shallow_clone(hub: LiveHub, tmp_path: Path) -> None:
    published(hub, tmp_path / "writer", "shallowpush")
    here = Checkout.clone(hub.git_url("alice/shallowpush", "alice"), tmp_path / "c", "--depth=1")
    new = here.commit("from a shallow clone", b_txt="b\n")
    here.git("push", "--quiet", "origin", "main")
    assert here.remote_refs()["refs/heads/main"] == new


@pytest.mark.parametrize("filter", ["blob:none", "tree:0"])
def test_partial_clone_fetches_lazily(hub: LiveHub, origin: Checkout, tmp_path: Path, filter: str) -> None:
    here = Checkout.clone(url(hub), tmp_path / "c", f"--filter={filter}", "--no-checkout")
    missing = here.git("rev-list", "--objects", "--all", "--missing=print")
    assert "\n?" in missing
    here.git("checkout", "--quiet", "main")
    assert (here.folder / "side.txt").read_text() == "side\n"
    assert here.git("show", "HEAD~2:a.txt") == origin.git("show", "HEAD~2:a.txt")


def test_any_object_may_be_wanted_by_id(hub: LiveHub, origin: Checkout, tmp_path: Path) -> None:
    here = Checkout(tmp_path / "c", url(hub))
    old = origin.git("rev-parse", "main~2")
    here.git("-c", "protocol.version=0", "fetch", "--quiet", "--depth=1", "origin", old)
    assert here.git("rev-parse", "FETCH_HEAD") == old


def test_long_negotiations_arrive_compressed(hub: LiveHub, tmp_path: Path) -> None:
    writer = published(hub, tmp_path / "writer", "manyrefs")
    refs = "".join(f"create refs/heads/b{number} HEAD\n" for number in range(3))
    writer.git("update-ref", "--stdin", input=refs.encode())
    reader = Checkout.clone(hub.git_url("alice/manyrefs", "alice"), tmp_path / "reader")
    for number in range(40):  # unknown to the hub: each becomes a line of the request
        reader.commit(f"mine {number}", mine_txt=str(number))
    for number in range(40):
        writer.git("switch", "--quiet", "--orphan", f"w{number}")
        writer.commit(f"theirs {number}", theirs_txt=str(number))
    writer.git("push", "--quiet", "origin", "--all")
    done = reader.attempt("fetch", "origin", env={"GIT_TRACE_CURL": "1", "GIT_TRACE_CURL_NO_DATA": "1"})
    assert done.returncode == 0, done.stderr
    assert "Content-Encoding: gzip" in done.stderr
    assert len(reader.git("branch", "--remotes").splitlines()) == 45


def test_empty_repository_is_cloned_with_its_default_branch(hub: LiveHub, tmp_path: Path) -> None:
    hub.new_repo("blank")
    here = Checkout.clone(hub.git_url("alice/blank", "alice"), tmp_path / "c")
    assert here.git("symbolic-ref", "HEAD") == "refs/heads/main"


def test_internal_refs_are_not_shown_nor_given(hub: LiveHub, origin: Checkout, tmp_path: Path) -> None:
    refused = origin.attempt("push", "origin", "main:refs/hub/secret")
    assert refused.returncode == 1
    assert "deny updating a hidden ref" in refused.stderr
    assert not any(name.startswith("refs/hub/") for name in origin.remote_refs())
