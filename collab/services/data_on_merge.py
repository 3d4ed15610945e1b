"""Brings the data that a pull request stands for into the base's store, before its commits are in the base."""

from __future__ import annotations

from collab.merge_places import Merging
from collab.models import PullRequest
from collab.selectors.pull_data import MissingData, find_missing, sources_of
from hub.lib.errors import Conflict, QuotaExceeded
from hub.lib.wording import bytes_text
from storage.needs import Need, locate, needs_between
from storage.services.granting import grant_needs

NAMED = 3


def bring_data(merging: Merging) -> None:
    """The base has every object that the merged commit's pointers stand for, wherever in the two stores it lay.

    Nothing moves: rows name content that the hub holds already. Raises Conflict naming what was never pushed, where
    the repository keeps its data here; QuotaExceeded when the base's owner has no room. Then nothing has changed.
    """
    pull = merging.pull
    needs = needs_between(pull.repository, merging.before, merging.after)
    if not needs:
        return
    blocking = [each for each in find_missing(pull, needs) if each.kept_here]
    if blocking:
        raise Conflict(
            f"{told(blocking)}; nothing was merged.",
            next_step=f"Whoever has the data sends it with “{blocking[0].command}”.",
        )
    try:
        grant_needs(repository=pull.repository, sources=sources_of(pull), needs=needs, actor=merging.actor)
    except QuotaExceeded:
        raise QuotaExceeded(
            f"The data of this pull request ({_size(pull, needs)}) does not fit into the quota of"
            f" {pull.repository.owner.slug}; nothing was merged and nothing was kept.",
            next_step="Delete what is no longer needed, or ask an administrator for more room.",
        ) from None


def told(missing: list[MissingData]) -> str:
    """What is missing, in one sentence."""
    named = "; ".join(each.words for each in missing[:NAMED])
    rest = len(missing) - NAMED
    return f"{named}; and of {rest} more paths data is missing" if rest > 0 else named


def _size(pull: PullRequest, needs: list[Need]) -> str:
    """How much would come."""
    coming = (each.stored.size for each in locate(needs, pull.repository, sources_of(pull)) if each.stored is not None)
    return bytes_text(sum(coming))
