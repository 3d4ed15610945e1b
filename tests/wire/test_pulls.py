"""Pull requests with stock git: heads that anybody may fetch and nobody may push, and merges beside real pushes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.git_checkout import Checkout, folder_of, published
from tests.support.live import LiveHub

pytestmark = pytest.mark.wire

OPEN = """
from accounts.actor import Actor
from accounts.models import User
from collab.services.pulls import open_pull
from repos.access import find_repo
repo, alice = find_repo("alice", {name!r}), User.objects.get(username="alice")
for head in {heads!r}:
    pull = open_pull(actor=Actor(user=alice), repository=repo, head_repository=repo, head_branch=head,
                     base_branch="main", title=head)
print("OPENED", pull.topic.number)
"""
MERGE = """
from accounts.actor import Actor
from accounts.models import User
from collab.selectors.pulls import find_pull
from collab.services.merging import merge_pull
from hub.lib.errors import HubError
from repos.access import find_repo
repo, alice = find_repo("alice", {name!r}), User.objects.get(username="alice")
for number, method in {wanted!r}:
    try:
        merge_pull(actor=Actor(user=alice), pull=find_pull(repo, number), method=method)
        print("MERGED", number)
    except HubError as error:
        print("REFUSED", number, error.message)
"""


def test_head_is_fetched_by_number_and_never_pushed(hub: LiveHub, tmp_path: Path) -> None:
    """Attack: a writer replaces what was reviewed by pushing to the hub's own ref."""
    here = published(hub, tmp_path / "w", "heads")
    here.git("switch", "--quiet", "--create", "topic")
    head = here.commit("topic", t_txt="t")
    here.git("push", "--quiet", "origin", "topic")
    assert "OPENED 1" in hub.run_code(OPEN.format(name="heads", heads=["topic"]))
    other = Checkout.clone(hub.git_url("alice/heads", "alice"), tmp_path / "other")
    other.git("fetch", "--quiet", "origin", "pull/1/head")
    assert other.git("rev-parse", "FETCH_HEAD") == head
    refused = here.attempt("push", "origin", "+main:refs/pull/1/head", "main:refs/pull/7/head")
    assert refused.returncode == 1
    assert "belongs to a pull request" in refused.stderr
    assert other.remote_refs()["refs/pull/1/head"] == head
    assert "refs/pull/7/head" not in other.remote_refs()
    # A mirror of a clone does not try to remove them.
    here.git("push", "--quiet", "--mirror", "origin")
    assert other.remote_refs()["refs/pull/1/head"] == head


def test_merges_and_real_pushes_at_once_lose_nothing(hub: LiveHub, tmp_path: Path) -> None:
    here = published(hub, tmp_path / "w", "racing")
    heads = ["one", "two", "three"]
    for head in heads:
        here.git("switch", "--quiet", "--create", head, "main")
        here.commit(head, **{f"{head}_txt": head})
        here.git("push", "--quiet", "origin", head)
    assert "OPENED 3" in hub.run_code(OPEN.format(name="racing", heads=heads))
    people = [Checkout.clone(hub.git_url("alice/racing", "alice"), tmp_path / f"p{n}") for n in range(2)]

    def push(number: int) -> list[str]:
        person, done = people[number], []
        for step in range(3):
            name = f"p{number}-{step}"
            commit = person.commit(name, **{f"{name}_txt": name})
            for _ in range(20):
                if person.attempt("push", "origin", "HEAD:main").returncode == 0:
                    done.append(commit)
                    break
                person.git("pull", "--quiet", "--no-rebase", "--no-edit", "origin", "main")
                commit = person.git("rev-parse", "HEAD")
        return done

    wanted = [(1, "merge"), (2, "squash"), (3, "rebase")]
    with ThreadPoolExecutor(3) as pool:
        pushes = [pool.submit(push, number) for number in range(2)]
        said = hub.run_code(MERGE.format(name="racing", wanted=wanted))
        pushed = [commit for each in pushes for commit in each.result()]
    here.git("fetch", "--quiet", "origin", "main")
    files = set(here.git("ls-tree", "--name-only", "FETCH_HEAD").splitlines())
    assert said.count("MERGED") + said.count("REFUSED") == 3
    for (number, _), head in zip(wanted, heads, strict=True):
        assert (f"{head}.txt" in files) == (f"MERGED {number}" in said), said
    assert {f"p{n}-{step}.txt" for n in range(2) for step in range(3)} <= files
    for commit in pushed:
        here.git("merge-base", "--is-ancestor", commit, "FETCH_HEAD")
    assert here.attempt("fsck", "--strict").returncode == 0
    assert not list((folder_of(hub, "alice/racing") / "objects").glob("incoming-*"))
