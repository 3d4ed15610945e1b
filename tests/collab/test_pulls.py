"""Pull requests as their branches move: opened, followed, judged, retargeted, merged by a push, brought up to date."""

from __future__ import annotations

import pytest

from accounts.actor import Actor
from accounts.levels import Level
from accounts.models import User
from collab.models import PullRequest, Topic
from collab.selectors.pulls import find_pull
from collab.services.head_branch import delete_head, restore_head, update_branch
from collab.services.pull_state import look_again
from collab.services.pulls import change_base, open_pull, set_draft
from collab.services.topic_state import close_topic, reopen_topic
from hub.lib.errors import Conflict, Forbidden, Invalid, NotFound, QuotaExceeded
from repos.git import merging, refs
from repos.git.commits import Person
from repos.git.refs import RefUpdate, branch_tip, snapshot
from repos.models import Repository
from repos.paths import git_dir
from repos.services.branches import delete_branch
from repos.services.forks import fork_repository
from repos.services.pushes import record_push
from tests.factories.pulls import make_pull, put
from tests.factories.repos import let_in, make_repo


def looked(pull: PullRequest) -> PullRequest:
    """The pull request as its page would read it, after a look."""
    found = find_pull(pull.repository, pull.topic.number)
    assert found is not None
    look_again(found)
    found.refresh_from_db()
    return found


def verbs(pull: PullRequest) -> list[str]:
    return list(pull.topic.events.order_by("pk").values_list("verb", flat=True))


@pytest.fixture
def fork(repo: Repository, alice: User, carol: User) -> Repository:
    """carol/stones: a fork of alice/stones with a branch `fix` of its own."""
    put(repo, alice, {"a.txt": "a\nb\nc\n"})
    repo.refresh_from_db()
    made = fork_repository(actor=Actor(user=carol), parent=repo, owner=carol.owner)
    put(made, carol, {"a.txt": "a\nB\nc\n"}, branch="fix", start="main")
    return made


def open_from(fork: Repository, actor: User, **wishes: object) -> PullRequest:
    parent = fork.parent
    assert parent is not None
    wanted = {"head_branch": "fix", "base_branch": "main", "title": "Fix", **wishes}
    return open_pull(actor=Actor(user=actor), repository=parent, head_repository=fork, **wanted)  # type: ignore[arg-type]


def test_fork_is_asked_for_and_its_commits_are_held_here(fork: Repository, repo: Repository, carol: User) -> None:
    pull = looked(open_from(fork, carol))
    tip = branch_tip(git_dir(fork), "fix")
    assert snapshot(git_dir(repo))["refs/pull/1/head"] == tip == pull.head_commit
    assert (pull.check_state, pull.additions, pull.deletions, pull.changed_files) == ("clean", 1, 1, 1)
    with pytest.raises(Conflict, match="#1"):
        open_from(fork, carol)
    with pytest.raises(NotFound):
        open_from(fork, carol, head_branch="none")
    with pytest.raises(Invalid, match="nothing to merge"):
        open_from(fork, carol, head_branch="main")


def test_stranger_cannot_publish_a_hidden_fork(alice: User, bob: User, carol: User, mallory: User) -> None:
    """Attack: who may only read a private fork opens a pull request from it into the public parent."""
    parent = make_repo(alice, "marble", visibility="public")
    put(parent, alice, {"a.txt": "a\n"})
    parent.refresh_from_db()
    hidden = fork_repository(actor=Actor(user=carol), parent=parent, owner=carol.owner, visibility="private")
    put(hidden, carol, {"secret.txt": "s\n"}, branch="fix", start="main")
    with pytest.raises(NotFound):
        open_from(hidden, mallory)
    let_in(hidden, bob, Level.READ)
    with pytest.raises(Forbidden, match="less open"):
        open_from(hidden, bob)
    other = make_repo(bob, "other", visibility="public")
    put(other, bob, {"b.txt": "b\n"}, branch="fix")
    with pytest.raises(Invalid, match="no fork"):
        open_pull(
            actor=Actor(user=bob), repository=parent, head_repository=other, head_branch="fix", base_branch="main",
            title="x",
        )  # fmt: skip
    assert not Topic.objects.exists()
    assert [ref for ref in snapshot(git_dir(parent)) if "pull" in ref] == []


def test_quota_of_the_base_holds_for_commits_of_forks(fork: Repository, repo: Repository, carol: User) -> None:
    owner = repo.owner
    owner.refresh_from_db()
    owner.quota_bytes = owner.used_bytes + 10
    owner.save()
    with pytest.raises(QuotaExceeded, match="nothing was kept"):
        open_from(fork, carol)


def test_head_is_followed_version_by_version(fork: Repository, repo: Repository, carol: User) -> None:
    pull = open_from(fork, carol)
    second = put(fork, carol, {"b.txt": "b\n"}, branch="fix")
    pull = looked(pull)
    assert (pull.head_commit, pull.commits_count, snapshot(git_dir(repo))["refs/pull/1/head"]) == (second, 2, second)
    # A history written anew.
    first = branch_tip(git_dir(repo), "main")
    assert first is not None
    made = merging.squash(
        git_dir(fork),
        first,
        second,
        author=Person("C", "c@x"),
        committer=Person("C", "c@x"),
        message="1",
    )
    update = RefUpdate("refs/heads/fix", second, made)
    refs.move_refs(git_dir(fork), [update])
    record_push(actor=Actor(user=carol), repository=fork, updates=[update])
    pull = looked(pull)
    versions = list(
        pull.versions.order_by("number").values_list("number", "head_commit", "is_forced", "user__username")
    )
    assert versions[1:] == [(2, second, False, "carol"), (3, made, True, "carol")]
    assert verbs(pull) == ["pushed", "pushed"]
    assert looked(pull).versions.count() == 3


def test_base_that_moves_brings_conflicts_and_distance(repo: Repository, bob: User) -> None:
    put(repo, bob, {"a.txt": "a\n", "b.txt": "b\n"})
    pull = looked(make_pull(repo, bob, files={"a.txt": "head\n", "b.txt": "b\nc\n"}))
    assert (pull.check_state, pull.conflicts, pull.behind) == ("clean", [], 0)
    put(repo, bob, {"a.txt": "base\n"})
    pull = looked(pull)
    assert (pull.check_state, pull.conflicts, pull.behind) == ("conflicts", ["a.txt"], 1)
    with pytest.raises(Conflict, match=r"a\.txt"):
        update_branch(actor=Actor(user=bob), pull=pull)
    put(repo, bob, {"a.txt": "a\n"})
    pull = looked(pull)
    assert (pull.check_state, pull.conflicts) == ("clean", [])
    update = update_branch(actor=Actor(user=bob), pull=pull)
    pull = looked(pull)
    assert (pull.behind, pull.head_commit, pull.commits_count) == (0, update.new, 2)


def test_push_of_the_same_commits_is_a_merge(repo: Repository, alice: User, bob: User) -> None:
    pull = make_pull(repo, bob)
    base = pull.base_commit
    made = merging.merge(git_dir(repo), base, pull.head_commit, person=Person("A", "a@x"), message="By hand")
    update = RefUpdate("refs/heads/main", base, made)
    refs.move_refs(git_dir(repo), [update])
    record_push(actor=Actor(user=alice), repository=repo, updates=[update])
    pull = looked(pull)
    assert (pull.is_merged, pull.merge_commit, pull.merged_by, pull.merge_method) == (True, made, alice, "merge")
    assert (pull.topic.state, pull.topic.reason) == ("closed", "merged")
    with pytest.raises(Invalid):
        reopen_topic(actor=Actor(user=alice), topic=pull.topic)


def test_merge_whose_hub_died_in_the_middle_is_written_down(repo: Repository, bob: User) -> None:
    pull = make_pull(repo, bob)
    PullRequest.objects.filter(pk=pull.pk).update(merged_by=bob, merge_method="squash")
    made = merging.squash(
        git_dir(repo), pull.base_commit, pull.head_commit, author=Person("A", "a@x"),
        committer=Person("A", "a@x"), message="m",
    )  # fmt: skip
    refs.move_refs(
        git_dir(repo),
        [RefUpdate("refs/heads/main", pull.base_commit, made), RefUpdate("refs/hub/merged/1", refs.ZERO, made)],
    )
    pull = looked(pull)
    assert (pull.merge_commit, pull.merge_method, pull.merged_by) == (made, "squash", bob)
    assert "refs/hub/merged/1" not in snapshot(git_dir(repo))


def test_branch_is_deleted_and_restored_where_it_was(repo: Repository, alice: User, bob: User, carol: User) -> None:
    pull = looked(make_pull(repo, bob))
    actor = Actor(user=bob)
    with pytest.raises(Conflict, match="open"):
        delete_head(actor=actor, pull=pull)
    close_topic(actor=actor, topic=pull.topic)
    pull = looked(pull)
    with pytest.raises(Forbidden):
        delete_head(actor=Actor(user=carol), pull=pull)
    newer = put(repo, bob, {"new.txt": "n\n"}, branch="feature")
    with pytest.raises(Conflict, match="newer commits"):
        delete_head(actor=actor, pull=pull)
    reopen_topic(actor=actor, topic=pull.topic)
    pull = looked(pull)
    assert pull.head_commit == newer
    close_topic(actor=actor, topic=pull.topic)
    pull = looked(pull)
    delete_head(actor=actor, pull=pull)
    assert branch_tip(git_dir(repo), "feature") is None
    restore_head(actor=actor, pull=pull)
    assert branch_tip(git_dir(repo), "feature") == newer
    assert [verb for verb in verbs(pull) if verb.startswith("head_")] == ["head_deleted", "head_restored"]


def test_base_may_change_and_drafts_become_ready(repo: Repository, bob: User, carol: User) -> None:
    pull = make_pull(repo, bob, draft=True)
    put(repo, bob, {"x.txt": "x\n"}, branch="next", start="main")
    with pytest.raises(Forbidden):
        change_base(actor=Actor(user=carol), pull=pull, branch="next")
    with pytest.raises(NotFound):
        change_base(actor=Actor(user=bob), pull=pull, branch="none")
    with pytest.raises(Invalid, match="itself"):
        change_base(actor=Actor(user=bob), pull=pull, branch="feature")
    change_base(actor=Actor(user=bob), pull=pull, branch="next")
    pull = looked(pull)
    assert (pull.base_branch, pull.behind, pull.check_state) == ("next", 1, "clean")
    # A base that holds it all: nothing to merge, and nobody merged it.
    put(repo, bob, {"y.txt": "y\n"}, branch="all", start="feature")
    change_base(actor=Actor(user=bob), pull=pull, branch="all")
    pull = looked(pull)
    assert (pull.check_state, pull.is_merged) == ("empty", False)
    set_draft(actor=Actor(user=bob), pull=pull, draft=False)
    assert verbs(pull) == ["base_changed", "base_changed", "ready"]


def test_base_branch_that_is_gone_is_said(repo: Repository, alice: User, bob: User) -> None:
    put(repo, bob, {"a.txt": "a\n"})
    put(repo, bob, {"b.txt": "b\n"}, branch="next", start="main")
    pull = make_pull(repo, bob, base="next")
    delete_branch(actor=Actor(user=alice), repository=repo, name="next")
    assert looked(pull).check_state == "broken"
    put(repo, bob, {"b.txt": "b\n"}, branch="next", start="main")
    assert looked(pull).check_state == "clean"
