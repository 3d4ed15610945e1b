"""Runs as things to talk about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from repos.models import Repository
from repos.subjects import Found
from tracking.models import Run


def runs_named(repository: Repository, keys: Sequence[str]) -> Mapping[str, Found]:
    """Runs by their ids, those in the trash left out."""
    rows = Run.objects.filter(
        repository=repository, uuid__in=keys, deleted_at__isnull=True, experiment__deleted_at__isnull=True
    )
    found = rows.values_list("uuid", "name", "experiment__number")
    return {uuid: Found(name[:200], f"/experiments/{number}/runs/{uuid}") for uuid, name, number in found}
