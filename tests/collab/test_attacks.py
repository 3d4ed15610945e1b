"""What people try who may do less than they would like: with merges, reviews, names and numbers."""

from __future__ import annotations

import json
from collections.abc import Callable
from subprocess import Popen
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client

from accounts.actor import Actor
from accounts.levels import Level
from accounts.models import Team, User
from collab import merge_places
from collab.merge_places import Merging
from collab.models import Notification, PullRequest, Reaction
from collab.selectors.pulls import find_pull
from collab.selectors.readers import writers_of
from collab.selectors.review import span_of
from collab.selectors.standing import standing
from collab.services.gates import check_gates, save_gate
from collab.services.head_branch import update_branch
from collab.services.merged import merge_mark
from collab.services.merging import merge_pull
from collab.services.places import begin_on_change
from collab.services.pull_state import look_again
from collab.services.pulls import change_base, open_pull
from collab.services.reactions import react
from collab.services.reviews import send_review
from hub.lib.errors import Conflict, Forbidden, Invalid
from repos.access import level_for
from repos.git import diffs
from repos.git.history import commit
from repos.git.process import GitTimeout
from repos.git.refs import ZERO, RefUpdate, branch_tip, move_refs, snapshot
from repos.git.taking import is_connected
from repos.models import ProtectedBranch, Repository, TeamGrant, Visibility
from repos.paths import git_dir
from repos.services.forks import fork_repository, sync_branch
from repos.services.people import remove_collaborator, set_collaborator
from repos.services.repositories import change_repository, create_repository
from tests.conftest import TokenFor
from tests.factories.accounts import make_organization, make_user
from tests.factories.collab import make_issue
from tests.factories.pulls import make_pull, put
from tests.factories.repos import let_in, make_repo
from tests.factories.tracking import make_experiment, make_run
from tracking.selectors.run_table import COMMIT

from .test_pulls import looked

pytestmark = pytest.mark.django_db
Browse = Callable[[User | None], Client]


def test_a_private_pull_request_is_not_named_where_it_closes_an_issue(repo: Repository, alice: User) -> None:
    """The attack: reading on a public issue what the private repository is called whose merge closed it."""
    public = make_repo(alice, "quarry", visibility=Visibility.PUBLIC)
    issue = make_issue(public, alice)
    merge_pull(
        actor=Actor(user=alice), pull=looked(make_pull(repo, alice, body="Closes alice/quarry#1")), method="merge"
    )
    issue.refresh_from_db()
    assert not issue.is_open
    assert [event.data for event in issue.events.filter(verb="closed")] == [{"reason": "completed"}]


@pytest.mark.parametrize("name", ["\ud800", "a\0b"])
@pytest.mark.parametrize("field", ["assignees", "labels"])
def test_lists_of_names_hold_text(repo: Repository, alice: User, token_for: TokenFor, name: str, field: str) -> None:
    """The attack: halves of letters and NUL bytes, which no database takes, in lists of names."""
    answer = Client().post(
        "/api/v1/repos/alice/stones/issues",
        data=json.dumps({"title": "Stone", field: [name]}),
        content_type="application/json",
        headers={"Authorization": f"Bearer {token_for(alice, 'write')}"},
    )
    assert (answer.status_code, repo.topics.count()) == (400, 0)


def test_nul_bytes_reach_no_database(repo: Repository, alice: User, bob: User, browser_of: Browse) -> None:
    """The attack: NUL bytes in fields and parameters, which PostgreSQL answers with a failure."""
    ProtectedBranch.objects.create(repository=repo, pattern="main", required_approvals=1)
    pull, browser = looked(make_pull(repo, bob)), browser_of(alice)
    words = {"when": "ready", "method": "merge", "title": "Sto\0nes", "message": "Po\0lished"}
    assert browser.post("/alice/stones/pulls/1/merge", words).status_code == 302
    pull.refresh_from_db()
    assert (pull.auto_title, pull.auto_message) == ("Stones", "Polished")
    rows = browser.get("/alice/stones/composer/people", {"q": "b\0o"}).json()["rows"]
    assert [row["text"] for row in rows] == ["@bob"]
    assert browser.get("/alice/stones/composer/topics", {"q": "Polish\0"}).json()["rows"][0]["text"] == "#1"
    assert browser.post("/alice/stones/pulls/1/reviews/again", {"user": "al\0ice"}).status_code == 400
    assert browser.get("/-/palette", {"q": "x", "repo": "alice/sto\0nes"}).status_code == 200
    assert browser.get("/alice/stones/issues/new", {"assignees": "a\0b"}).status_code == 200
    assert browser.post("/alice/stones/discussions/new", {"title": "x", "category": "a\0b"}).status_code == 400


def test_who_was_let_out_approves_nothing(repo: Repository, alice: User, bob: User) -> None:
    """The attack: an approval of somebody whose rights were taken away merges into a protected branch."""
    dave, actor = make_user("dave"), Actor(user=bob)
    let_in(repo, dave, Level.WRITE)
    ProtectedBranch.objects.create(repository=repo, pattern="main", required_approvals=1)
    pull = looked(make_pull(repo, bob))
    send_review(actor=Actor(user=dave), pull=pull, state="approved")
    assert standing(pull, actor).is_clear
    remove_collaborator(actor=Actor(user=alice), repository=repo, user=dave)
    assert standing(pull, actor).blocked_by("approvals")
    with pytest.raises(Conflict, match="1 more approval needed"):
        merge_pull(actor=actor, pull=pull, method="merge")


@pytest.mark.parametrize("level", list(Level))
def test_writers_are_those_whom_the_doorman_lets_write(alice: User, root: User, level: Level) -> None:
    """The attack: a rule that was written down twice, and is wider at one of the two places."""
    group, actor = make_organization("masons", alice), Actor(user=alice)
    place = create_repository(actor=actor, owner=group.owner, name="yard", visibility=Visibility.PUBLIC)
    people = {name: make_user(name) for name in ("named", "grouped", "stranger")}
    if level > Level.NONE:
        set_collaborator(actor=actor, repository=place, user=people["named"], level=level)
        team = Team.objects.create(organization=group, name="cutters")
        team.members.add(people["grouped"])
        TeamGrant.objects.create(repository=place, team=team, level=level)
    every = [alice, root, *people.values()]
    may = {user for user in every if level_for(Actor(user=user), place) >= Level.WRITE}
    assert set(writers_of(place)) == may


def test_an_approval_for_one_branch_is_none_for_another(repo: Repository, alice: User, bob: User) -> None:
    """The attack: approved into a branch that lies close by, then pointed at main, it brings much that nobody saw."""
    put(repo, alice, {"README.md": "# Stones\n"})
    put(repo, bob, {"unseen.txt": "unseen\n"}, branch="dev", start="main")
    ProtectedBranch.objects.create(repository=repo, pattern="main", required_approvals=1, dismiss_stale_approvals=True)
    pull, actor = looked(make_pull(repo, bob, base="dev")), Actor(user=bob)
    send_review(actor=Actor(user=alice), pull=pull, state="approved")
    change_base(actor=actor, pull=pull, branch="main")
    pull = looked(pull)
    assert (pull.changed_files, standing(pull, actor).approvals) == (2, 0)
    assert pull.reviews.get().dismissal == "It asks to be merged into another branch now."


def test_a_look_in_the_middle_of_a_merge_knows_who_merges(repo: Repository, alice: User, bob: User) -> None:
    """The accident: a job looks just when the branch has moved, at a row that it read before anybody merged."""
    issue = make_issue(repo, alice)
    pull = looked(make_pull(repo, bob, body=f"Closes #{issue.number}"))
    early = find_pull(repo, pull.topic.number)
    assert early is not None

    def look_between(merging: Merging) -> None:
        PullRequest.objects.filter(pk=pull.pk).update(merge_method="squash", merged_by=alice)
        main = RefUpdate("refs/heads/main", merging.before, merging.after)
        move_refs(git_dir(repo), [main, RefUpdate(merge_mark(pull.topic.number), ZERO, merging.after)])
        look_again(early)

    merge_places.register(look_between)
    try:
        with pytest.raises(Conflict):
            merge_pull(actor=Actor(user=alice), pull=pull, method="squash")
    finally:
        merge_places._places.remove(look_between)
    pull.refresh_from_db()
    issue.refresh_from_db()
    assert (pull.is_merged, pull.merge_method, pull.merged_by, issue.is_open) == (True, "squash", alice, False)
    pushed = repo.activities.filter(verb="pushed", subject="main").last()
    assert pushed is not None and (pushed.user, pushed.data["new"]) == (alice, pull.merge_commit)
    assert snapshot(git_dir(repo)).get(merge_mark(pull.topic.number)) is None


def test_what_nobody_has_seen_is_not_approved(
    repo: Repository, alice: User, bob: User, browser_of: Browse, token_for: TokenFor
) -> None:
    """The attack: pushing while somebody reads, so that they approve it with the rest."""
    pull, browser = looked(make_pull(repo, bob)), browser_of(alice)
    seen = browser.get("/alice/stones/pulls/1/review").context["pull"].head_commit
    put(repo, bob, {"unseen.txt": "unseen\n"}, branch="feature")
    pull = looked(pull)
    answer = browser.post("/alice/stones/pulls/1/review", {"state": "approved", "body": "Fine!", "seen": seen})
    page = answer.content.decode()
    assert (answer.status_code, "new commits since you looked" in page, "Fine!" in page) == (409, True, True)
    assert f'name="seen" value="{pull.head_commit}"' in page
    program = Client(headers={"Authorization": f"Bearer {token_for(alice, 'write')}"})
    words = {"event": "APPROVED", "commit_id": seen}
    address = "/api/v1/repos/alice/stones/pulls/1/reviews"
    assert program.post(address, words, content_type="application/json").status_code == 409
    assert not pull.reviews.filter(state="approved").exists()
    assert (
        program.post(address, words | {"commit_id": pull.head_commit}, content_type="application/json").status_code
        == 201
    )


def test_a_gate_is_passed_against_the_base_alone(repo: Repository, alice: User, bob: User) -> None:
    """The attack: the same commit asks for a weak branch first, passes there, and goes into main with that word."""
    put(repo, alice, {"README.md": "# Stones\n"})
    weak = put(repo, alice, {"weak.txt": "weak\n"}, branch="weak", start="main")
    main = put(repo, alice, {"strong.txt": "strong\n"})
    save_gate(actor=Actor(user=alice), repository=repo, name="accuracy", rule="val_acc >= base")
    ProtectedBranch.objects.create(repository=repo, pattern="main", required_checks=["gate/accuracy"])
    pull = looked(make_pull(repo, bob, base="weak"))
    sweep = make_experiment(repo, "sweep")
    for there, reached in ((weak, 0.5), (main, 0.95), (pull.head_commit, 0.7)):
        make_run(repo, sweep, tags={COMMIT: there}, metrics={"val_acc": [reached]})
    check_gates(pull)
    change_base(actor=Actor(user=bob), pull=pull, branch="main")
    assert standing(looked(pull), Actor(user=bob)).is_clear
    with pytest.raises(Conflict, match="gate/accuracy"):
        merge_pull(actor=Actor(user=bob), pull=pull, method="merge")
    assert branch_tip(git_dir(repo), "main") == main


def test_a_private_base_is_not_merged_into_a_fork_that_everybody_reads(
    repo: Repository, alice: User, bob: User, mallory: User
) -> None:
    """The attack: a fork from better days whose pull request, brought up to date, publishes what is private now."""
    owner = Actor(user=alice)
    put(repo, alice, {"README.md": "# Stones\n"})
    change_repository(actor=owner, repository=repo, visibility=Visibility.PUBLIC)
    fork = fork_repository(actor=Actor(user=mallory), parent=repo, owner=mallory.owner)
    put(fork, mallory, {"help.txt": "help\n"}, branch="help", start="main")
    pull = open_pull(
        actor=Actor(user=mallory),
        repository=repo,
        head_repository=fork,
        head_branch="help",
        base_branch="main",
        title="Help",
    )
    change_repository(actor=owner, repository=repo, visibility=Visibility.PRIVATE)
    secret = put(repo, alice, {"secret.txt": "secret\n"})
    found = find_pull(repo, pull.topic.number)
    assert found is not None
    with pytest.raises(Forbidden, match="more open"):
        update_branch(actor=Actor(user=bob), pull=found)
    assert not is_connected(git_dir(fork), [secret])


def test_a_token_that_may_only_read_hides_no_notice(
    repo: Repository, alice: User, bob: User, token_for: TokenFor
) -> None:
    """The attack: a leaked read-only token lets its owner miss that they were called."""
    issue = make_issue(repo, bob)
    line = Notification.objects.create(user=alice, repository=repo, topic=issue, kind="issue", reason="mentioned")
    mine = "/api/v1/notifications"
    reader, writer = (Client(headers={"Authorization": f"Bearer {token_for(alice, it)}"}) for it in ("read", "write"))
    assert reader.get(f"{mine}/threads/{line.pk}").status_code == 200
    assert (reader.put(mine).status_code, reader.patch(f"{mine}/threads/{line.pk}").status_code) == (403, 403)
    line.refresh_from_db()
    assert line.is_unread
    assert writer.patch(f"{mine}/threads/{line.pk}").status_code == 200


def test_lines_with_nul_bytes_are_talked_about(repo: Repository, alice: User, bob: User) -> None:
    """The attack: a NUL byte so far down that git calls the file text; a comment there fails on PostgreSQL."""
    pull = looked(make_pull(repo, bob, files={"notes.txt": b"stone\n" * 9000 + b"peb\0ble\n"}))
    span = span_of(pull)
    where = {"old": span.old, "new": span.new, "path": "notes.txt", "side": "new", "start": 9001, "line": 9001}
    thread = begin_on_change(actor=Actor(user=alice), pull=pull, body="Here?", **where)  # type: ignore[arg-type]
    assert thread.excerpt[-1][1:] == [9001, "peb\N{REPLACEMENT CHARACTER}ble"]


def test_branches_have_names_that_can_be_kept(repo: Repository, alice: User) -> None:
    """The attack: a branch whose name git takes, and PostgreSQL does not."""
    pull, name, actor = make_pull(repo, alice), "long/" * 60 + "end", Actor(user=alice)
    move_refs(git_dir(repo), [RefUpdate(f"refs/heads/{name}", ZERO, pull.head_commit)])
    with pytest.raises(Invalid, match="longer than 255"):
        open_pull(
            actor=actor, repository=repo, head_repository=repo, head_branch=name, base_branch="main", title="Long"
        )
    with pytest.raises(Invalid, match="longer than 255"):
        change_base(actor=actor, pull=pull, branch=name)


def test_git_works_while_nobody_waits_to_write(
    repo: Repository, alice: User, bob: User, token_for: TokenFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The attack: a review of a hundred comments, or a fork far behind, holds the one writer that SQLite has."""
    pull = looked(make_pull(repo, bob))
    fork = fork_repository(actor=Actor(user=bob), parent=repo, owner=bob.owner)
    put(repo, alice, {"later.txt": "later\n"})
    depths: list[int] = []
    start = Popen.__init__

    def noted(*args: Any, **wishes: Any) -> None:
        depths.append(len(connection.atomic_blocks))
        start(*args, **wishes)

    monkeypatch.setattr(Popen, "__init__", noted)
    program = Client(headers={"Authorization": f"Bearer {token_for(alice, 'write')}"})
    said = [{"path": "feature.txt", "new_position": line, "body": "Why?"} for line in (1, 2, 3)]
    words = {"event": "COMMENT", "body": "See below.", "comments": said}
    answer = program.post("/api/v1/repos/alice/stones/pulls/1/reviews", words, content_type="application/json")
    assert (answer.status_code, pull.topic.threads.count()) == (201, 3)
    assert sync_branch(actor=Actor(user=bob), repository=fork, branch="main") is not None
    # The test itself runs in a transaction.
    assert len(depths) > 10 and max(depths) == 1


def test_a_squash_publishes_nobodys_address(repo: Repository, alice: User, bob: User) -> None:
    """The attack: learning the address of whoever asked for a merge, which no page tells, from the commit of it."""
    done = merge_pull(actor=Actor(user=alice), pull=looked(make_pull(repo, bob)), method="squash")
    made = commit(git_dir(repo), done.merge_commit)
    assert (made.author.email, made.committer.email) == ("bob@users.noreply.invalid", alice.email)
    mine = make_pull(repo, alice, branch="mine")
    done = merge_pull(actor=Actor(user=alice), pull=looked(mine), method="squash")
    assert commit(git_dir(repo), done.merge_commit).author.email == alice.email


def test_a_private_fork_is_not_described_to_readers_of_the_base(repo: Repository, alice: User, mallory: User) -> None:
    """The attack: reading with the API of a public base what a private fork is called now, and what it is for."""
    put(repo, alice, {"README.md": "# Stones\n"})
    change_repository(actor=Actor(user=alice), repository=repo, visibility=Visibility.PUBLIC)
    actor = Actor(user=mallory)
    fork = fork_repository(actor=actor, parent=repo, owner=mallory.owner, visibility=Visibility.PRIVATE)
    put(fork, mallory, {"help.txt": "help\n"}, branch="help", start="main")
    open_pull(actor=actor, repository=repo, head_repository=fork, head_branch="help", base_branch="main", title="Help")
    change_repository(actor=actor, repository=fork, description="Bought from basalt")
    for address in ("pulls", "pulls/1"):
        text = Client().get(f"/api/v1/repos/alice/stones/{address}").content.decode()
        assert '"ref":"help"' in text and "basalt" not in text and "mallory/stones" not in text


def test_the_feed_of_a_parent_names_no_private_fork(repo: Repository, alice: User, mallory: User) -> None:
    """The attack: reading in the feed of a public repository what people call their private forks of it."""
    put(repo, alice, {"README.md": "# Stones\n"})
    change_repository(actor=Actor(user=alice), repository=repo, visibility=Visibility.PUBLIC)
    wishes = {"parent": repo, "owner": mallory.owner, "name": "basalt-for-acme", "visibility": Visibility.PRIVATE}
    fork_repository(actor=Actor(user=mallory), **wishes)  # type: ignore[arg-type]
    row = repo.activities.get(verb="forked")
    assert "basalt" not in f"{row.subject} {row.data}"
    assert "basalt" not in Client().get("/alice/?tab=activity").content.decode()


def test_code_owners_are_not_passed_over_when_git_fails(
    repo: Repository, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The attack: merging past the owners of files while the machine is so busy that git cannot tell which changed."""
    put(repo, alice, {"CODEOWNERS": "* @alice\n"})
    ProtectedBranch.objects.create(repository=repo, pattern="main", require_code_owners=True)
    pull, real = looked(make_pull(repo, bob)), diffs.changed_files
    cache.clear()

    def busy(*args: Any, counts: bool = True, **wishes: Any) -> Any:
        if not counts:
            raise GitTimeout("git took too long")
        return real(*args, **wishes)

    monkeypatch.setattr(diffs, "changed_files", busy)
    with pytest.raises(Conflict, match="cannot be told now"):
        merge_pull(actor=Actor(user=bob), pull=pull, method="merge")
    monkeypatch.setattr(diffs, "changed_files", real)
    with pytest.raises(Conflict, match="A code owner has to approve"):
        merge_pull(actor=Actor(user=bob), pull=pull, method="merge")


def test_a_sign_taken_back_twice_at_once_counts_once(
    repo: Repository, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The accident: two windows take back the same sign, and the second finds a row that the first has deleted."""
    issue = make_issue(repo, bob)
    react(actor=Actor(user=alice), on=issue, sign="+1")
    row = issue.reactions.get()
    react(actor=Actor(user=alice), on=issue, sign="+1")
    monkeypatch.setattr(type(Reaction.objects), "get_or_create", lambda *_, **wishes: (row, False))
    assert not react(actor=Actor(user=alice), on=issue, sign="+1")
    issue.refresh_from_db()
    assert issue.reactions_count == 0
