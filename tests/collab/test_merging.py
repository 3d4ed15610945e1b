"""Merging: every way of it, what stands in the way, at once with other merges and pushes, and by itself."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from django.db import connection

from accounts.actor import Actor
from accounts.authn import actor_for_token
from accounts.levels import Level
from accounts.models import User
from collab import merge_places
from collab.merge_places import Merging
from collab.models import PullRequest
from collab.selectors.standing import standing
from collab.services.auto_merge import call_off_merge, order_merge, try_auto_merge
from collab.services.comments import begin_thread, resolve_thread
from collab.services.head_branch import update_branch
from collab.services.issues import open_issue
from collab.services.merging import merge_pull
from collab.services.pulls import set_draft
from collab.services.reviews import send_review
from collab.services.topic_state import close_topic
from hub.lib.errors import Conflict, Forbidden, HubError, Invalid
from jobs.models import Job
from repos.git import history
from repos.git.process import run
from repos.git.refs import branch_tip, snapshot
from repos.models import ProtectedBranch, Repository
from repos.paths import git_dir
from repos.services.people import protect_branch
from repos.services.statuses import set_status
from tests.conftest import TokenFor
from tests.factories.accounts import make_user
from tests.factories.pulls import make_pull, put
from tests.factories.repos import let_in, make_repo

from .test_pulls import looked, verbs


def merged(pull: PullRequest, user: User, method: str = "merge", **wishes: object) -> PullRequest:
    return merge_pull(actor=Actor(user=user), pull=pull, method=method, **wishes)  # type: ignore[arg-type]


def rule(repo: Repository, **wishes: object) -> ProtectedBranch:
    row, _ = ProtectedBranch.objects.update_or_create(repository=repo, pattern="main", defaults=wishes)
    return row


def keys(pull: PullRequest, user: User) -> list[str]:
    return [blocker.key for blocker in standing(looked(pull), Actor(user=user)).blockers]


@pytest.mark.parametrize(
    ("method", "parents", "subject", "author"),
    [
        ("merge", 2, "Merge pull request #1 from feature", "alice"),
        ("squash", 1, "Polish the stones (#1)", "bob"),
        ("rebase", 1, "Change feature.txt", "bob"),
    ],
)
def test_each_way_of_merging(
    repo: Repository, alice: User, bob: User, method: str, parents: int, subject: str, author: str
) -> None:
    pull = make_pull(repo, bob)
    put(repo, alice, {"later.txt": "later\n"})
    done = merged(pull, alice, method, expected_head=pull.head_commit)
    tip = branch_tip(git_dir(repo), "main")
    assert tip is not None
    made = history.commit(git_dir(repo), tip)
    assert (made.id, len(made.parents), made.subject) == (done.merge_commit, parents, subject)
    assert (made.author.name, made.committer.name) == (author, "alice")
    assert run(git_dir(repo), "ls-tree", "--name-only", "main").split() == [b"README.md", b"feature.txt", b"later.txt"]
    assert (done.merged_by, done.topic.state, done.topic.reason) == (alice, "closed", "merged")
    assert "refs/hub/merged/1" not in snapshot(git_dir(repo))
    assert "merged" in verbs(pull)
    last = repo.activities.order_by("-id")[0]
    assert (last.verb, last.subject, last.data["new"]) == ("pushed", "main", tip)
    with pytest.raises(Conflict, match="merged already"):
        merged(pull, alice, method)


def test_fast_forward_only_where_nothing_is_lost(repo: Repository, alice: User, bob: User) -> None:
    first, second = make_pull(repo, bob), make_pull(repo, bob, branch="other")
    assert merged(first, alice, "ff").merge_commit == first.head_commit == branch_tip(git_dir(repo), "main")
    with pytest.raises(Conflict, match="step forward"):
        merged(second, alice, "ff")
    assert branch_tip(git_dir(repo), "main") == first.head_commit


def test_squash_says_what_commits_said_and_who_made_them(repo: Repository, alice: User, bob: User) -> None:
    pull = make_pull(repo, bob)
    put(repo, alice, {"b.txt": "b\n"}, branch="feature", message="Add b")
    tip = merged(looked(pull), alice, "squash").merge_commit
    assert history.commit(git_dir(repo), tip).body == (
        "* Change feature.txt\n* Add b\n\nCo-authored-by: alice <alice@example.org>"
    )


def test_merge_is_refused_with_reasons_and_changes_nothing(
    repo: Repository, alice: User, bob: User, carol: User, token_for: TokenFor
) -> None:
    put(repo, bob, {"a.txt": "a\n"})
    pull = make_pull(repo, bob, files={"a.txt": "head\n"}, draft=True)
    before = branch_tip(git_dir(repo), "main")
    with pytest.raises(Forbidden, match="writers"):
        merged(pull, carol)
    reader = actor_for_token(token_for(alice, "read"))
    assert reader is not None
    with pytest.raises(Forbidden, match="only read"):
        merge_pull(actor=reader, pull=pull, method="merge")
    with pytest.raises(Conflict, match="draft"):
        merged(pull, alice)
    set_draft(actor=Actor(user=bob), pull=pull, draft=False)
    with pytest.raises(Conflict, match="Nothing was merged"):
        merged(pull, alice, expected_head="a" * 40)
    with pytest.raises(Invalid):
        merged(pull, alice, "octopus")
    repo.allow_squash = False
    repo.save()
    with pytest.raises(Invalid, match="does not allow"):
        merged(pull, alice, "squash")
    assert branch_tip(git_dir(repo), "main") == before
    put(repo, bob, {"a.txt": "base\n"})
    with pytest.raises(Conflict, match="conflicts"):
        merged(pull, alice)
    assert not looked(pull).is_merged


def test_branch_and_issues_go_with_the_merge(repo: Repository, alice: User, bob: User, carol: User) -> None:
    issue = open_issue(actor=Actor(user=carol), repository=repo, title="Stones are rough")
    other = open_issue(actor=Actor(user=carol), repository=repo, title="Another")
    pull = make_pull(repo, bob, body=f"Fixes #{issue.number}. See #{other.number}.")
    child = make_pull(repo, bob, branch="child", base="feature")
    newer_wins = merged(pull, alice, "squash", delete_branch=True)
    assert branch_tip(git_dir(repo), "feature") is None
    issue.refresh_from_db()
    other.refresh_from_db()
    assert (issue.state, issue.reason, other.state) == ("closed", "completed", "open")
    assert newer_wins.is_merged
    assert looked(child).base_branch == "main"


def test_rules_of_the_base_branch(repo: Repository, alice: User, bob: User, carol: User) -> None:
    let_in(repo, carol, Level.WRITE)
    put(repo, bob, {"CODEOWNERS": "*.txt @alice\n"})
    pull = make_pull(repo, bob)
    rule(
        repo, required_approvals=1, require_code_owners=True, required_checks=["ci"], block_on_open_threads=True,
        require_up_to_date=True, dismiss_stale_approvals=True, push_level=ProtectedBranch.NOBODY,
        merge_level=Level.WRITE,
    )  # fmt: skip
    assert keys(pull, bob) == ["approvals", "owners", "waiting"]
    send_review(actor=Actor(user=carol), pull=looked(pull), state="approved")
    assert keys(pull, bob) == ["owners", "waiting"]
    send_review(actor=Actor(user=alice), pull=looked(pull), state="changes", body="No.")
    assert keys(pull, bob) == ["changes", "owners", "waiting"]
    send_review(actor=Actor(user=alice), pull=looked(pull), state="approved")
    check = {"repository": repo, "actor": Actor(user=bob), "commit": pull.head_commit, "context": "ci"}
    set_status(**check, state="failure")  # type: ignore[arg-type]
    assert keys(pull, bob) == ["checks"]
    set_status(**check, state="success")  # type: ignore[arg-type]
    assert keys(pull, bob) == []
    thread = begin_thread(
        actor=Actor(user=carol), repository=repo, subject="change", key="feature.txt", place={}, body="Why?",
        topic=pull.topic,
    )  # fmt: skip
    thread = getattr(thread, "thread", thread)
    assert keys(pull, bob) == ["threads"]
    resolve_thread(actor=Actor(user=carol), thread=thread, resolved=True)
    # Behind: by a merge of another one, since nobody may push.
    ProtectedBranch.objects.update(push_level=Level.WRITE)
    put(repo, alice, {"more.md": "m\n"})
    ProtectedBranch.objects.update(push_level=ProtectedBranch.NOBODY)
    assert keys(pull, bob) == ["behind"]
    with pytest.raises(Conflict, match="lacks 1 commit"):
        merged(pull, bob)
    # Bringing it up to date makes a new head: what was said of the old one does not count.
    update_branch(actor=Actor(user=bob), pull=pull)
    assert keys(pull, bob) == ["approvals", "owners", "waiting"]
    fresh = looked(pull)
    for user in (alice, carol):
        send_review(actor=Actor(user=user), pull=fresh, state="approved")
    set_status(**{**check, "commit": fresh.head_commit}, state="success")  # type: ignore[arg-type]
    ProtectedBranch.objects.update(merge_level=Level.ADMIN)
    with pytest.raises(Forbidden, match="administrators"):
        merged(pull, bob)
    # Nobody may push, the merge passes.
    assert merged(pull, alice).is_merged


def test_nobody_approves_their_own_and_readers_do_not_count(repo: Repository, bob: User, carol: User) -> None:
    pull = make_pull(repo, bob)
    rule(repo, required_approvals=1)
    with pytest.raises(Forbidden):
        send_review(actor=Actor(user=bob), pull=pull, state="approved")
    send_review(actor=Actor(user=carol), pull=pull, state="approved")
    assert keys(pull, bob) == ["approvals"]


def test_code_owners_are_asked_once(repo: Repository, alice: User, bob: User, carol: User) -> None:
    put(repo, bob, {".github/CODEOWNERS": "* @carol @bob @nobody\n*.txt @alice @carol\n"})
    pull = looked(make_pull(repo, bob))
    asked = [row.user.username for row in pull.review_requests.all() if row.user]
    assert asked == ["alice"]  # carol may not write, bob is the author
    assert pull.review_requests.get().is_code_owner
    send_review(actor=Actor(user=alice), pull=pull, state="commented", body="Hm.")
    put(repo, bob, {"more.txt": "m\n"}, branch="feature")
    assert not looked(pull).review_requests.exists()


def test_merge_waits_and_happens_by_itself(repo: Repository, alice: User, bob: User) -> None:
    pull = looked(make_pull(repo, bob))
    with pytest.raises(Conflict, match="Nothing stands in the way"):
        order_merge(actor=Actor(user=alice), pull=pull, method="squash")
    rule(repo, required_checks=["ci"])
    order_merge(actor=Actor(user=alice), pull=pull, method="squash", title="By itself", delete_branch=True)
    assert try_auto_merge(pull.pk) is False
    Job.objects.all().delete()
    set_status(actor=Actor(user=bob), repository=repo, commit=pull.head_commit, context="ci", state="success")
    assert list(Job.objects.values_list("task", flat=True)) == ["collab.try_auto_merge"]
    assert try_auto_merge(pull.pk) is True
    done = looked(pull)
    assert (done.is_merged, done.merged_by, done.auto_method) == (True, alice, "")
    assert history.commit(git_dir(repo), done.merge_commit).subject == "By itself"
    assert branch_tip(git_dir(repo), "feature") is None


def test_ordered_merge_ends_when_a_stranger_pushes(repo: Repository, alice: User, bob: User) -> None:
    """Attack: an author who lost their rights pushes something else while the checks run."""
    pull = looked(make_pull(repo, bob))
    rule(repo, required_checks=["ci"])
    order_merge(actor=Actor(user=alice), pull=pull, method="merge")
    put(repo, bob, {"evil.txt": "e\n"}, branch="feature")
    repo.collaborators.filter(user=bob).update(level=Level.READ)
    assert looked(pull).auto_method == ""
    assert verbs(pull)[-2:] == ["pushed", "auto_merge_ended"]
    order_merge(actor=Actor(user=alice), pull=looked(pull), method="merge")
    call_off_merge(actor=Actor(user=bob), pull=looked(pull))  # its author may
    assert looked(pull).auto_method == ""
    order_merge(actor=Actor(user=alice), pull=looked(pull), method="merge")
    close_topic(actor=Actor(user=alice), topic=pull.topic)
    assert Job.objects.filter(task="collab.try_auto_merge", object_id=pull.pk).exists()
    assert try_auto_merge(pull.pk) is False
    assert looked(pull).auto_method == ""


def test_places_run_before_the_branch_moves_and_may_refuse(
    repo: Repository, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Merging] = []

    def refuse(merging: Merging) -> None:
        seen.append(merging)
        raise Conflict("Data is missing.")

    monkeypatch.setattr(merge_places, "_places", [refuse])
    pull = make_pull(repo, bob)
    with pytest.raises(Conflict, match="Data is missing"):
        merged(pull, alice)
    assert branch_tip(git_dir(repo), "main") == pull.base_commit == seen[0].before
    assert history.commit(git_dir(repo), seen[0].after).parents == (pull.base_commit, pull.head_commit)
    assert not looked(pull).is_merged


@pytest.fixture
def hub(transactional_db: None) -> tuple[Repository, User]:
    """alice/stones with main, for many threads at once."""
    alice = make_user("alice")
    repo = make_repo(alice, "stones")
    put(repo, alice, {"README.md": "# Stones\n"})
    return repo, alice


def at_once(acts: list[Callable[[], object]]) -> list[object]:
    """What each of these gave or raised, all begun together."""

    def one(act: Callable[[], object]) -> object:
        try:
            return act()
        except HubError as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(one, acts))


def test_one_of_many_merges_of_the_same_wins(hub: tuple[Repository, User]) -> None:
    repo, alice = hub
    pull = make_pull(repo, alice)
    methods = ["merge", "squash", "rebase", "merge", "squash"]
    results = at_once([partial(merged, pull, alice, method) for method in methods])
    assert sum(isinstance(result, PullRequest) for result in results) == 1
    assert {str(result) for result in results if isinstance(result, HubError)} == {"It is merged already."}
    tip = run(git_dir(repo), "log", "--format=%s", "main").decode()
    assert tip.count("feature.txt") <= 1
    assert looked(pull).topic.events.filter(verb="merged").count() == 1


def test_merges_and_pushes_at_once_lose_no_commit(hub: tuple[Repository, User], tmp_path: Path) -> None:
    repo, alice = hub
    pulls = [make_pull(repo, alice, branch=f"topic-{n}", files={f"{n}.txt": f"{n}\n"}) for n in range(5)]
    ways = ["merge", "squash", "rebase", "merge", "squash"]
    start = branch_tip(git_dir(repo), "main")
    acts: list[Callable[[], object]] = [
        partial(merged, pull, alice, way) for pull, way in zip(pulls, ways, strict=True)
    ]
    acts += [partial(put, repo, alice, {f"pushed-{n}.txt": "p\n"}) for n in range(5)]
    results = at_once(acts)
    done = [pull for pull in pulls if looked(pull).is_merged]
    files = set(run(git_dir(repo), "ls-tree", "--name-only", "main").decode().split())
    # Whoever was told that it worked finds it there; whoever was refused was told so.
    assert files >= {f"{pulls.index(pull)}.txt" for pull in done}
    for number, result in enumerate(results):
        name = f"{number}.txt" if number < 5 else f"pushed-{number - 5}.txt"
        assert (name in files) == (not isinstance(result, HubError)), (name, result)
    assert len(done) + sum(isinstance(result, HubError) for result in results[:5]) == 5
    assert len(done) >= 3
    # Each step of the branch begins where another one ended: none was made of a tip that it had not looked at.
    moves = repo.activities.filter(verb="pushed", subject="main").values_list("data__old", "data__new")
    steps, at = dict(moves), start
    assert len(steps) == len(moves) == sum(not isinstance(result, HubError) for result in results)
    while at in steps:
        at = steps.pop(at)
    assert (at, steps) == (branch_tip(git_dir(repo), "main"), {})
    assert run(git_dir(repo), "fsck", "--strict", "--connectivity-only", "--no-dangling") == b""
    assert [ref for ref in snapshot(git_dir(repo)) if ref.startswith("refs/hub/")] == []


def test_protect_branch_keeps_what_it_does_not_name(repo: Repository, alice: User) -> None:
    row = protect_branch(actor=Actor(user=alice), repository=repo, pattern="main")
    assert (row.required_approvals, row.block_on_requested_changes) == (0, True)
