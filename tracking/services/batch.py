"""Logs parameters, metrics and tags of one run in one transaction."""

from __future__ import annotations

from collections.abc import Sequence

from repos.models import Repository
from tracking import rules, sql
from tracking.rules import Point
from tracking.services.locking import hold_run
from tracking.services.metrics import log_checked, write_points
from tracking.services.params import write_params_or_refuse
from tracking.services.tags import write_tags

Pair = tuple[str, str]


def log_batch(
    *,
    repository: Repository,
    run_id: str,
    points: Sequence[Point] = (),
    params: Sequence[Pair] = (),
    tags: Sequence[Pair] = (),
) -> None:
    """Everything is logged, or nothing: raises Invalid for too many, a bad or a changed value, NotFound for no run."""
    rules.check_run_id(run_id)
    rules.check_batch_size(len(points), len(params), len(tags))
    rules.check_unique_params([key for key, _ in params])
    rules.check_points(points, path="metrics")
    checked_params = [rules.check_param(*pair, path=f"params[{index}]") for index, pair in enumerate(params)]
    checked_tags = [rules.check_tag(*pair, path=f"tags[{index}]") for index, pair in enumerate(tags)]
    if not checked_params and not checked_tags:
        log_checked(repository, run_id, points)
        return
    with sql.writing():
        run = hold_run(repository, run_id)
        if checked_params:
            write_params_or_refuse(run, run_id, checked_params)
        write_points(repository, run, points)
        if checked_tags:
            write_tags(run, checked_tags)
