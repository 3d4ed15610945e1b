"""Versions of models as things to talk about: `name/3`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import or_
from urllib.parse import quote

from django.db.models import Q

from registry.models import ModelVersion
from repos.models import Repository
from repos.subjects import Found


def versions_named(repository: Repository, keys: Sequence[str]) -> Mapping[str, Found]:
    """Versions by model and number, deleted ones left out."""
    wanted = [
        Q(model__name=name, number=int(number))
        for name, _, number in (key.rpartition("/") for key in keys)
        if number.isascii() and number.isdigit() and len(number) < 10
    ]
    if not wanted:
        return {}
    rows = ModelVersion.objects.filter(model__repository=repository, deleted_at__isnull=True).filter(
        reduce(or_, wanted)
    )
    return {
        f"{name}/{number}": Found(
            f"{name} version {number}",
            f"/{'prompts' if is_prompt else 'models'}/{quote(name, safe='')}/{number}",
        )
        for name, number, is_prompt in rows.values_list("model__name", "number", "model__is_prompt")
    }
