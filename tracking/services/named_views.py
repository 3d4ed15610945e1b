"""Saves, changes and deletes named views of runs tables.

Who may write to the repository looks after the views that its team shares; a private view is its maker's alone.
"""

from __future__ import annotations

from urllib.parse import parse_qs

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.actor import Actor
from accounts.levels import Level
from hub.lib.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from repos.access import level_for
from repos.models import Repository
from repos.services import activity
from tracking.models import Experiment, NamedView
from tracking.models.views import MAX_VIEW_NAME, MAX_VIEW_QUERY
from tracking.table_state import TableState

MOST_VIEWS = 200
"""How many views an experiment's team may share, and how many of it each person may keep."""


class _Address:
    """The query of an address as TableState reads it."""

    def __init__(self, query: str) -> None:
        self._found = parse_qs(query, keep_blank_values=True, max_num_fields=2000)

    def getlist(self, key: str) -> list[str]:
        return self._found.get(key, [])


def clean_query(query: str) -> str:
    """What a view keeps of a table's address: all but the page. Raises Invalid for one that is too long."""
    if len(query) > MAX_VIEW_QUERY:
        raise Invalid("The state of this table is too long to be kept.", field="query")
    try:
        state = TableState.from_query(_Address(query))
    except ValueError:
        raise Invalid("The state of this table has too many parts to be kept.", field="query") from None
    kept = state.changed(opened=()).to_query()
    if len(kept) > MAX_VIEW_QUERY:
        raise Invalid("The state of this table is too long to be kept.", field="query")
    return kept


def save_view(
    *, repository: Repository, experiment: Experiment, name: str, query: str, shared: bool, actor: Actor
) -> NamedView:
    """A new view of the experiment's table. Raises Invalid, Conflict when the name is taken, Forbidden."""
    _may_change(actor, repository, shared=shared)
    called, kept = _clean_name(name), clean_query(query)
    same = NamedView.objects.filter(experiment=experiment, shared=shared)
    if (same if shared else same.filter(owner=actor.user)).count() >= MOST_VIEWS:
        raise Invalid(f"There are {MOST_VIEWS} views already.", next_step="Delete one that nobody needs.")
    view = NamedView(
        repository=repository, experiment=experiment, owner=actor.user, name=called, query=kept, shared=shared
    )
    with transaction.atomic():
        _save(view)
        _tell(actor, view, "saved view")
    return view


def change_view(
    *,
    view: NamedView,
    actor: Actor,
    name: str | None = None,
    query: str | None = None,
    shared: bool | None = None,
) -> NamedView:
    """The view has what is given; one that is no longer shared is its changer's, and no default any more.

    Raises Invalid, Conflict when the name is taken, Forbidden.
    """
    _may_change(actor, view.repository, shared=view.shared, view=view)
    if shared is not None and shared != view.shared:
        _may_change(actor, view.repository, shared=True)
        if not shared:
            view.owner, view.is_default = actor.user, False
        view.shared = shared
    if name is not None:
        view.name = _clean_name(name)
    if query is not None:
        view.query = clean_query(query)
    view.updated_at = timezone.now()
    with transaction.atomic():
        _save(view)
        _tell(actor, view, "changed view")
    return view


def delete_view(*, view: NamedView, actor: Actor) -> None:
    """The view is gone; the runs that it showed are not touched. Raises Forbidden."""
    _may_change(actor, view.repository, shared=view.shared, view=view)
    with transaction.atomic():
        _tell(actor, view, "deleted view")
        view.delete()


def set_default(*, view: NamedView, actor: Actor, default: bool) -> None:
    """The experiment's table opens with the shared view, or with its usual state. Raises Invalid, Forbidden."""
    _may_change(actor, view.repository, shared=True)
    if not view.shared:
        raise Invalid("Only a shared view can be what everybody sees first.", next_step="Share it first.")
    with transaction.atomic():
        # In the order of their keys, and one after the other: the database allows one default at any time.
        Experiment.objects.select_for_update().get(pk=view.experiment_id)
        NamedView.objects.filter(experiment=view.experiment_id, is_default=True).update(is_default=False)
        if default:
            NamedView.objects.filter(pk=view.pk).update(is_default=True)
        view.is_default = default
        _tell(actor, view, "made view the default" if default else "made view no default")


def _may_change(actor: Actor, repository: Repository, *, shared: bool, view: NamedView | None = None) -> None:
    if actor.user is None:
        raise Unauthenticated("Sign in to keep views.")
    level = level_for(actor, repository)
    if shared and level < Level.WRITE:
        raise Forbidden("Views of the team are changed by those who may write to the repository.",
                        next_step="Save it as a view of your own.")  # fmt: skip
    if not shared and view is not None and view.owner_id != actor.user.pk:
        raise NotFound("There is no such view.")


def _clean_name(name: str) -> str:
    called = " ".join(name.replace("\0", "").split())
    if not called:
        raise Invalid("A view needs a name.", field="name")
    if len(called) > MAX_VIEW_NAME:
        raise Invalid(f"A view's name has at most {MAX_VIEW_NAME} characters.", field="name")
    return called


def _save(view: NamedView) -> None:
    try:
        with transaction.atomic():
            view.full_clean(validate_constraints=False)
            view.save()
    except IntegrityError:
        raise Conflict(
            f"There is a view {view.name} already.", field="name", next_step="Choose another name, or update that one."
        ) from None


def _tell(actor: Actor, view: NamedView, verb: str) -> None:
    """What the team shares is told to the team."""
    if view.shared:
        data = {"experiment": view.experiment.number, "view": view.pk}
        activity.record(actor=actor, repository=view.repository, verb=verb, subject=view.name, data=data)
