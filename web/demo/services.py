"""Makes the demonstration through the services of the rooms, and clears it away again."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import transaction

from accounts.actor import Actor
from accounts.models import Organization, Owner, User
from accounts.services import create_organization
from accounts.services.organizations import change_organization, delete_organization
from hub.lib.errors import Conflict, Forbidden, Invalid, NotFound
from jobs.models import Job
from jobs.services import enqueue
from repos.models import Repository, Visibility
from repos.services.imports import import_history
from repos.services.repositories import create_repository, delete_repository
from web.demo import boards, data, people, registered, runs, talk, traces
from web.demo.history import history
from web.demo.selectors import FINISHED, NAME, SLUG, TASK, UNFINISHED, demo_exists, latest_job

TITLE = "Demonstration"
ABOUT = "Tells three made-up species of penguins apart: code, versioned data, training runs, a model and an assistant."


def create_demo(*, owner: User) -> Repository:
    """The organisation `demo`, owned by `owner`, holds the repository `penguins` with its history and runs.

    Raises Conflict when it exists, when its name is taken or while another process makes it. What a broken-off
    attempt left is cleared away first; a failure leaves nothing behind.
    """
    with _alone():
        found = _find()
        if found is not None and found.description == FINISHED:
            raise Conflict(f"The demonstration exists already: {SLUG}/{NAME}.", next_step="Remove it first.")
        if found is not None:
            _clear(found)
        try:
            return _create(owner)
        except BaseException:
            left = _find()
            if left is not None:
                _clear(left)
            raise


def remove_demo() -> None:
    """The demonstration is gone. Its stored bytes follow when the hub next collects what nobody refers to.

    Raises NotFound when there is none, Conflict while repositories that others made lie under its name.
    """
    with _alone():
        found = _find()
        if found is None:
            raise NotFound("There is no demonstration to remove.")
        _clear(found)


def ask_for_demo(*, actor: Actor) -> None:
    """A worker will make the demonstration, owned by the actor; a second wish while it is at work adds nothing.

    Raises Forbidden for anybody but an administrator, Conflict when there is one.
    """
    if actor.user is None or not actor.is_site_admin:
        raise Forbidden("Only administrators of the hub make the demonstration.")
    if demo_exists():
        raise Conflict(f"The demonstration exists already: {SLUG}/{NAME}.", next_step="Remove it first.")
    job = latest_job()
    if job is None or job.state not in (Job.State.WAITING, Job.State.RUNNING):
        with transaction.atomic():
            enqueue(TASK, actor.user.pk)


def _create(owner: User) -> Repository:
    actor = Actor(user=owner)
    organization = create_organization(creator=owner, slug=SLUG, display_name=TITLE, description=UNFINISHED)
    address = Owner.objects.get(organization=organization)
    repository = create_repository(
        actor=actor, owner=address, name=NAME, description=ABOUT, visibility=Visibility.INTERNAL
    )
    data.store(repository=repository, actor=actor)
    now = int(time.time())
    written = history(now)
    commits = import_history(actor=actor, repository=repository, history=written)
    made = runs.create_runs(
        actor=actor, repository=repository, history=list(zip(written, commits, strict=True)), now=now
    )
    team = people.create_people(owner=actor, organization=organization, repository=repository)
    boards.create_boards(actor=team.tor, repository=repository)
    registered.create_registered(people=team, repository=repository, runs=made)
    traces.create_traces(people=team, repository=repository, now=now)
    talk.create_talk(people=team, repository=repository, runs=made)
    people.switch_off(team)
    change_organization(organization=organization, display_name=TITLE, description=FINISHED)
    repository.refresh_from_db()
    return repository


def _find() -> Organization | None:
    """The organisation that create_demo made; raises Conflict when something else has its name."""
    address = Owner.objects.select_related("organization").filter(slug__lower=SLUG).first()
    if address is None:
        return None
    organization = address.organization
    if organization is None or organization.description not in (UNFINISHED, FINISHED):
        raise Conflict(
            f"The name {SLUG} is taken by something that is no demonstration of this hub; nothing was changed.",
            next_step="Rename or delete it first.",
        )
    return organization


def _clear(organization: Organization) -> None:
    others = Repository.objects.filter(owner__organization=organization).exclude(name=NAME)
    if others.exists():
        names = ", ".join(sorted(repository.full_name for repository in others.select_related("owner")))
        raise Conflict(
            f"Somebody keeps other repositories there: {names}. Nothing was removed.",
            next_step="Move or delete them first.",
        )
    first = organization.memberships.select_related("user").order_by("pk").first()
    actor = Actor(user=first.user if first else None)
    made = people.people_of(organization)
    with transaction.atomic():
        for repository in Repository.objects.select_related("owner").filter(owner__organization=organization):
            delete_repository(actor=actor, repository=repository, confirmation=repository.full_name)
        delete_organization(organization=organization, confirmation=SLUG)
        people.remove_people(made)


@contextmanager
def _alone() -> Iterator[None]:
    """Only one process at a time makes or removes the demonstration; raises Conflict in the second one."""
    folder = Path(settings.RUN_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "demo.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(
                "The demonstration is being made or removed right now.", next_step="Try again in a minute."
            ) from None
        yield


def administrator(name: str = "") -> User:
    """The administrator called `name`, or the one who came first; raises NotFound or Invalid."""
    if name:
        user = User.objects.filter(username__iexact=name).first()
        if user is None:
            raise NotFound(f"There is no user called {name}.", field="owner")
        if not (user.is_superuser and user.is_active):
            raise Invalid(f"{user.username} is no administrator of this hub.", field="owner")
        return user
    first = User.objects.filter(is_superuser=True, is_active=True).order_by("pk").first()
    if first is None:
        raise NotFound("This hub has no administrator yet.", next_step="Make one: manage.py user create NAME --admin")
    return first
