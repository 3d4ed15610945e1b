"""Asks people and teams for reviews: those that somebody chose, and those whom CODEOWNERS names."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from accounts.actor import Actor
from accounts.levels import Level
from accounts.models import Team, User
from collab.access import check_talk, check_triage
from collab.models import PullRequest, Review, ReviewRequest
from collab.selectors.code_owners import owned_files, people_behind
from collab.services.happening import note, tell
from collab.services.subscribing import subscribe_all
from hub.lib.errors import Conflict, Forbidden, Invalid
from repos.access import level_for
from repos.models import Repository

MOST = 30


@transaction.atomic
def request_reviews(
    *, actor: Actor, pull: PullRequest, users: Sequence[User] = (), teams: Sequence[Team] = ()
) -> list[ReviewRequest]:
    """People and teams are asked for a review; those who are asked already stay so. Returns the new requests.

    The author and writers may ask. Raises Invalid (the author themselves, too many), Forbidden (somebody who may not
    read it), Conflict when it is closed.
    """
    _check(actor, pull)
    if not pull.topic.is_open:
        raise Conflict("This pull request is closed: there is nothing to review.")
    for user in users:
        if user.pk == pull.topic.author_id:
            raise Invalid("Nobody reviews their own pull request.", field="reviewers")
        # SECURITY: a request tells of the pull request; who may not see it must not be told.
        if not user.is_active or level_for(Actor(user=user), pull.repository) < Level.READ:
            raise Forbidden(f"{user.username} cannot see {pull.repository.full_name}.")
    for team in teams:
        if team.organization_id != (pull.repository.owner.organization_id or 0):
            raise Invalid(f"{team.name} is no team of {pull.repository.owner.slug}.", field="reviewers")
    made = _ask(pull, users, teams)
    if len(made) and pull.review_requests.count() > MOST:
        raise Invalid(f"At most {MOST} reviewers can be asked.", field="reviewers", next_step="Choose fewer.")
    _tell(actor, pull, made)
    return made


@transaction.atomic
def set_reviewers(*, actor: Actor, pull: PullRequest, users: Sequence[User], teams: Sequence[Team]) -> None:
    """Exactly these are asked from now on; raises like request_reviews."""
    _check(actor, pull)
    for row in pull.review_requests.select_related("user", "team"):
        if (row.user not in users) if row.user_id else (row.team not in teams):
            withdraw_request(actor=actor, pull=pull, request=row)
    request_reviews(actor=actor, pull=pull, users=users, teams=teams)


@transaction.atomic
def withdraw_request(*, actor: Actor, pull: PullRequest, request: ReviewRequest) -> None:
    """Somebody is not asked any more. The author, writers, and who was asked may. Raises Forbidden."""
    if request.user_id is None or request.user_id != actor.user_id:
        _check(actor, pull)
    name = _name(request)
    users = [request.user] if request.user else []
    request.delete()
    note(actor=actor, topic=pull.topic, verb="withdrew review request", users=[name])
    tell(actor=actor, verb="withdrew review request", topic=pull.topic, users=users)


def request_code_owners(pull: PullRequest) -> list[ReviewRequest]:
    """Whoever owns changed files by CODEOWNERS of the base is asked, but for those who have reviewed already.

    Nobody is asked for a draft. Only people and teams who may write are: others could not approve.
    """
    if pull.is_draft or not pull.topic.is_open:
        return []
    owned = owned_files(pull)
    if not owned:
        return []
    behind = people_behind({owner for group in owned for owner in group.owners})
    repo = pull.repository
    seen = set(Review.objects.filter(pull=pull).exclude(state=Review.State.PENDING).values_list("author_id", flat=True))
    known = set(pull.review_requests.values_list("user_id", flat=True))
    users = [
        user
        for user in dict.fromkeys(behind.users.values())
        if user.pk not in seen | known | {pull.topic.author_id} and level_for(Actor(user=user), repo) >= Level.WRITE
    ]
    teams = [team for team in dict.fromkeys(behind.teams.values()) if _is_of(team, repo)]
    with transaction.atomic():
        made = _ask(pull, users[:MOST], teams[:MOST], is_code_owner=True)
        _tell(Actor(user=pull.topic.author), pull, made)
    return made


def _is_of(team: Team, repository: Repository) -> bool:
    return repository.team_grants.filter(team=team, level__gte=Level.WRITE).exists()


def _ask(
    pull: PullRequest, users: Sequence[User], teams: Sequence[Team], *, is_code_owner: bool = False
) -> list[ReviewRequest]:
    rows = [ReviewRequest.objects.get_or_create(pull=pull, user=user, defaults={"is_code_owner": is_code_owner})
            for user in users]  # fmt: skip
    rows += [ReviewRequest.objects.get_or_create(pull=pull, team=team, defaults={"is_code_owner": is_code_owner})
             for team in teams]  # fmt: skip
    return [row for row, is_new in rows if is_new]


def _tell(actor: Actor, pull: PullRequest, made: Sequence[ReviewRequest]) -> None:
    if not made:
        return
    people = {row.user.pk: row.user for row in made if row.user}
    for row in made:
        if row.team:
            people |= {user.pk: user for user in row.team.members.filter(is_active=True)}
    people.pop(pull.topic.author_id or 0, None)
    subscribe_all(users=list(people.values()), reason="review", topic=pull.topic)
    owners = {"code_owners": True} if made[0].is_code_owner else {}
    note(actor=actor, topic=pull.topic, verb="requested review", users=[_name(row) for row in made], **owners)
    tell(actor=actor, verb="requested review", topic=pull.topic, users=people.values())


def _name(row: ReviewRequest) -> str:
    if row.user:
        return row.user.username
    return row.team.name if row.team else ""


def _check(actor: Actor, pull: PullRequest) -> None:
    """The author of the pull request and writers may choose its reviewers."""
    user = check_talk(actor, pull.repository, pull.topic)
    if user.pk != pull.topic.author_id:
        check_triage(actor, pull.repository)
