"""The doorman states one rule twice: `level_for` in Python and `visible_to` in SQL. They agree on any population."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from accounts.actor import ANONYMOUS, Actor
from accounts.levels import Level
from accounts.models import AccessToken, Membership, Organization, Owner, Team, User
from repos.access import level_for, open_repo
from repos.models import Collaborator, Repository, TeamGrant, Visibility

LEVELS = (Level.READ, Level.WRITE, Level.ADMIN)


def populate(chance: random.Random) -> None:
    """People, organisations, teams, repositories and rights, each with an even chance; some people administer."""
    people = [User.objects.create(username=f"user{n}", is_superuser=n == 0) for n in range(5)]
    owners = [Owner.objects.create(slug=user.username, user=user) for user in people]
    for n in range(2):
        group = Organization.objects.create()
        owners.append(Owner.objects.create(slug=f"group{n}", organization=group))
        members = chance.sample(people, 3)
        for user in members:
            Membership.objects.create(organization=group, user=user, role=chance.choice(["owner", "member"]))
        for t in range(2):
            # Also people who are in a team without being in the organisation: a grant is a grant in both statements.
            Team.objects.create(organization=group, name=f"team{t}").members.set(chance.sample(people, 2))
    for n, owner in enumerate(chance.choices(owners, k=14)):
        repo = Repository.objects.create(owner=owner, name=f"r{n}", visibility=chance.choice(Visibility.values))
        for user in chance.sample(people, chance.randrange(3)):
            Collaborator.objects.create(repository=repo, user=user, level=chance.choice(LEVELS))
        for team in chance.sample(list(Team.objects.all()), chance.randrange(2)):
            TeamGrant.objects.create(repository=repo, team=team, level=chance.choice(LEVELS))


def actors(chance: random.Random) -> Iterator[Actor]:
    """Everybody, in every way to come: session, tokens of each scope, tokens bound to some repository."""
    yield ANONYMOUS
    repositories = list(Repository.objects.all())
    for user in User.objects.all():
        yield Actor(user=user)
        for scope in LEVELS:
            yield Actor(user=user, token=AccessToken(user=user, scope=scope))
            bound = chance.choice(repositories).pk
            yield Actor(user=user, token=AccessToken(user=user, scope=scope, repository_id=bound))


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(12))
def test_visible_to_shows_exactly_what_level_for_lets_read(seed: int) -> None:
    chance = random.Random(seed)
    populate(chance)
    repositories = list(Repository.objects.select_related("owner"))
    seen_some = seen_none = 0
    for actor in actors(chance):
        shown = list(Repository.objects.visible_to(actor).values_list("pk", flat=True))
        assert len(shown) == len(set(shown)), "a repository is listed twice"
        readable = {repo.pk for repo in repositories if level_for(actor, repo) >= Level.READ}
        assert set(shown) == readable, f"{actor}: {set(shown) ^ readable}"
        seen_some, seen_none = seen_some + len(readable), seen_none + len(repositories) - len(readable)
    assert seen_some > 50, "the population shows too little to mean anything"
    assert seen_none > 50, "the population hides too little to mean anything"


@pytest.mark.parametrize("scope", LEVELS)
def test_token_never_raises_its_owner(repo: Repository, bob: User, carol: User, scope: Level) -> None:
    """The attack: a reader makes a token with admin scope and writes with it."""
    for user, granted in ((bob, Level.WRITE), (carol, Level.READ)):
        actor = Actor(user=user, token=AccessToken(user=user, scope=scope))
        assert level_for(actor, repo) == min(granted, scope)


def test_narrow_token_of_an_administrator_does_not_administer(root: User, repo: Repository) -> None:
    """The attack: a token that an administrator gave to a job reaches everything on the hub."""
    for token in (
        AccessToken(user=root, scope=Level.READ),
        AccessToken(user=root, scope=Level.WRITE),
        AccessToken(user=root, scope=Level.ADMIN, repository_id=repo.pk),
    ):
        assert not Actor(user=root, token=token).is_site_admin
    assert Actor(user=root, token=AccessToken(user=root, scope=Level.ADMIN)).is_site_admin


def test_former_member_and_former_collaborator_are_out(repo: Repository, bob: User, alice: User) -> None:
    Collaborator.objects.all().delete()
    assert level_for(Actor(user=bob), repo) == Level.NONE
    assert repo not in Repository.objects.visible_to(Actor(user=bob))


def test_open_repo_follows_another_spelling(repo: Repository, alice: User) -> None:
    assert open_repo(Actor(user=alice), "ALICE", "Stones", needs=Level.ADMIN) == repo
