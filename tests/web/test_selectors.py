"""What lists hold, for whom, and at what cost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.actor import ANONYMOUS, Actor
from accounts.levels import Level
from accounts.models import Membership, User
from hub.lib.errors import Invalid, NotFound
from repos.models import Repository, Visibility
from repos.services import activity
from tests.factories.accounts import make_organization, make_user
from tests.factories.repos import let_in, make_repo
from tracking.models import Experiment, Run
from web import selectors
from web.selectors import ListQuery


def names(rows: Any) -> list[str]:
    return [row.full_name for row in rows]


def push(repository: Repository, *, hours_ago: int) -> None:
    Repository.objects.filter(pk=repository.pk).update(pushed_at=timezone.now() - timedelta(hours=hours_ago))


def make_run(repository: Repository, name: str, start_time: int, **fields: Any) -> Run:
    facts = {"artifact_location": "mlflow-artifacts:/1", "created_at": 1, "updated_at": 1}
    experiment, _ = Experiment.objects.get_or_create(repository=repository, number=1, name="first", defaults=facts)
    return Run.objects.create(
        repository=repository,
        experiment=experiment,
        uuid=name.rjust(32, "0"),
        name=name,
        start_time=start_time,
        **fields,
    )


@pytest.fixture
def three(alice: User, bob: User) -> list[Repository]:
    """alice/stones private, alice/pebbles internal, bob/sand public; sand was pushed last."""
    stones = make_repo(alice, "stones")
    pebbles = make_repo(alice, "pebbles", visibility=Visibility.INTERNAL)
    sand = make_repo(bob, "sand", visibility=Visibility.PUBLIC)
    for hours, repository in enumerate((sand, pebbles, stones)):
        push(repository, hours_ago=hours)
    return [stones, pebbles, sand]


@pytest.mark.parametrize(
    ("who", "seen"),
    [
        ("alice", ["bob/sand", "alice/pebbles", "alice/stones"]),
        ("bob", ["bob/sand", "alice/pebbles"]),
        ("", ["bob/sand"]),
    ],
)
def test_repositories_matching_holds_what_the_actor_may_see(
    who: str, seen: list[str], three: list[Repository], alice: User, bob: User
) -> None:
    actor = {"alice": Actor(user=alice), "bob": Actor(user=bob), "": ANONYMOUS}[who]
    assert names(selectors.repositories_matching(actor, ListQuery())) == seen


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (ListQuery(text="STON"), ["alice/stones"]),
        (ListQuery(text="alice/peb"), ["alice/pebbles"]),
        (ListQuery(text="alice sand"), []),
        (ListQuery(text="50% of_them"), []),
        (ListQuery(text="river"), ["alice/stones"]),
        (ListQuery(kind="internal"), ["alice/pebbles"]),
        (ListQuery(sort="name"), ["alice/pebbles", "alice/stones", "bob/sand"]),
        (ListQuery(sort="created"), ["bob/sand", "alice/pebbles", "alice/stones"]),
    ],
)
def test_repositories_matching_narrows_and_sorts(
    query: ListQuery, found: list[str], three: list[Repository], alice: User
) -> None:
    Repository.objects.filter(name="stones").update(description="Stones of a river")
    assert names(selectors.repositories_matching(Actor(user=alice), query)) == found


@pytest.mark.parametrize("wrong", [{"text": "x" * 201}, {"text": "a\x00b"}, {"kind": "secret"}, {"sort": "size"}])
def test_list_query_refuses_what_it_does_not_know(wrong: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        ListQuery(**wrong)


def test_own_repositories_holds_owned_shared_and_those_of_organizations(alice: User, bob: User, carol: User) -> None:
    organization = make_organization("northwind", alice)
    Membership.objects.create(organization=organization, user=bob)
    make_repo(bob, "mine")
    let_in(make_repo(alice, "shared"), bob, Level.READ)
    let_in(make_repo(alice, "of-others"), carol, Level.READ)
    make_repo(alice, "open", visibility=Visibility.PUBLIC)
    for name, visibility in [("team-internal", "internal"), ("team-private", "private")]:
        Repository.objects.create(owner=organization.owner, name=name, visibility=visibility)
    # A member sees what is internal; what is private waits for a team.
    assert sorted(names(selectors.own_repositories(Actor(user=bob)))) == [
        "alice/shared", "bob/mine", "northwind/team-internal",
    ]  # fmt: skip
    assert list(selectors.own_repositories(ANONYMOUS)) == []


def test_recent_activity_leaves_out_what_the_actor_may_not_see(three: list[Repository], bob: User) -> None:
    # SECURITY: a feed over repositories from elsewhere must not tell of private ones.
    stones, pebbles, _ = three
    for repository in (stones, pebbles):
        activity.record(actor=Actor(user=bob), verb="pushed", repository=repository, subject="main")
    rows = selectors.recent_activity(Actor(user=bob), Repository.objects.all(), limit=10)
    assert [row.repository.full_name for row in rows if row.verb == "pushed"] == ["alice/pebbles"]


def test_latest_runs_are_seen_in_order_without_trash(three: list[Repository], bob: User) -> None:
    stones, pebbles, _ = three
    make_run(stones, "secret", 400)
    make_run(pebbles, "old", 100)
    make_run(pebbles, "new", 300)
    make_run(pebbles, "gone", 200, deleted_at=5)
    runs = selectors.latest_runs(Actor(user=bob), Repository.objects.all(), limit=10)
    assert [run.name for run in runs] == ["new", "old"]


def test_find_owner_ignores_case_and_refuses_disabled_people(alice: User) -> None:
    assert selectors.find_owner("ALICE").slug == "alice"
    User.objects.filter(pk=alice.pk).update(is_active=False)
    with pytest.raises(NotFound):
        selectors.find_owner("alice")
    with pytest.raises(NotFound):
        selectors.find_owner("nobody-at-all")


def test_members_are_told_to_people_only_owners_first(alice: User, bob: User) -> None:
    organization = make_organization("northwind", bob)
    Membership.objects.create(organization=organization, user=alice)
    members = selectors.members_of(Actor(user=alice), organization.owner)
    assert [(member.user.username, member.role) for member in members] == [("bob", "owner"), ("alice", "member")]
    assert selectors.members_of(ANONYMOUS, organization.owner) == []


@pytest.mark.parametrize("count", [1, 3])
def test_lists_cost_the_same_whatever_their_length(count: int, django_assert_num_queries: Any, alice: User) -> None:
    for number in range(count):
        repository = make_repo(make_user(f"owner-{number}"), "open", visibility=Visibility.PUBLIC)
        make_run(repository, f"run-{number}", number)
    actor, everything = Actor(user=alice), Repository.objects.all()
    with django_assert_num_queries(1):
        assert len(names(selectors.repositories_matching(actor, ListQuery(text="open")))) == count
    with django_assert_num_queries(1):
        rows = selectors.recent_activity(actor, everything, limit=10)
        assert len({(row.user.username, row.repository.full_name) for row in rows}) == count
    with django_assert_num_queries(1):
        runs = selectors.latest_runs(actor, everything, limit=10)
        assert len({(run.repository.full_name, run.experiment.name) for run in runs}) == count
