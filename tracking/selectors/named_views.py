"""The named views of an experiment's table that somebody may see."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from accounts.actor import Actor
from hub.lib.errors import NotFound
from tracking.models import Experiment, NamedView


@dataclass(frozen=True, slots=True)
class Views:
    """Views by name: what the team shares, and the reader's own. `chosen` is the one whose state is looked at."""

    shared: list[NamedView]
    own: list[NamedView]
    chosen: NamedView | None

    @property
    def count(self) -> int:
        """How many there are to choose from."""
        return len(self.shared) + len(self.own)

    @property
    def default(self) -> NamedView | None:
        """The one that the table opens with."""
        return next((view for view in self.shared if view.is_default), None)


def views_of(experiment: Experiment, actor: Actor, query: str = "") -> Views:
    """The views that the actor may see, in one query; `query` is the state of the table that is shown."""
    found = list(_visible(experiment, actor).select_related("owner").order_by("name", "pk"))
    chosen = next((view for view in found if view.query == query), None)
    return Views([view for view in found if view.shared], [view for view in found if not view.shared], chosen)


def view_of(experiment: Experiment, actor: Actor, key: int) -> NamedView:
    """One view of the experiment that the actor may see. Raises NotFound."""
    found = _visible(experiment, actor).select_related("repository__owner", "experiment").filter(pk=key).first()
    if found is None:
        raise NotFound("There is no such view.", next_step="Somebody may have deleted it.")
    return found


def default_query(experiment: Experiment) -> str | None:
    """The state that the experiment's table opens with, as the query of its address; None for the usual one."""
    return NamedView.objects.filter(experiment=experiment, is_default=True).values_list("query", flat=True).first()


def _visible(experiment: Experiment, actor: Actor) -> QuerySet[NamedView]:
    mine = Q(shared=False, owner=actor.user) if actor.user is not None else Q(pk__in=[])
    return NamedView.objects.filter(Q(shared=True) | mine, experiment=experiment)
