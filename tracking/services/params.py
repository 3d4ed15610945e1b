"""Logs parameters, which never change."""

from __future__ import annotations

from collections.abc import Sequence

from hub.lib.errors import Invalid
from repos.models import Repository
from tracking import rules, sql
from tracking.services.locking import hold_run

Pair = tuple[str, str]


def log_param(*, repository: Repository, run_id: str, key: str, value: str) -> None:
    """The run has the parameter; the same again is fine. Raises Invalid for another value, a bad key, a deleted run."""
    pair = rules.check_param(key, value)
    with sql.writing():
        run = hold_run(repository, run_id)
        for _, old, new in write_params(run, [pair]):
            raise Invalid(
                f"Changing param values is not allowed. Param with key='{key}' was already logged with value='{old}' "
                f"for run ID='{run_id}'. Attempted logging new value '{new}'.",
                field="value",
            )


def log_params(*, repository: Repository, run_id: str, params: Sequence[Pair]) -> None:
    """The run has all the parameters; nothing is kept when one of them has another value already (Invalid)."""
    checked = [rules.check_param(key, value, path=f"params[{index}]") for index, (key, value) in enumerate(params)]
    rules.check_unique_params([key for key, _ in checked])
    with sql.writing():
        write_params_or_refuse(hold_run(repository, run_id), run_id, checked)


def write_params_or_refuse(run: int, run_id: str, params: Sequence[Pair]) -> None:
    """Write checked parameters of a held run; raises Invalid naming all that have another value already."""
    conflicts = write_params(run, params)
    if conflicts:
        told = [{"key": key, "old_value": old, "new_value": new} for key, old, new in conflicts]
        raise Invalid(
            f"Changing param values is not allowed. Params were already logged='{told}' for run ID='{run_id}'.",
            field="params",
        )


def write_params(run: int, params: Sequence[Pair]) -> list[tuple[str, str, str]]:
    """Add those that are new; returns (key, old, new) of those that would change."""
    if not params:
        return []
    test, value = sql.among("key", [key for key, _ in params])
    held: dict[str, str] = dict(
        sql.rows(f"SELECT key, value FROM tracking_param WHERE run_id = ? AND {test}", (run, value))
    )
    conflicts = [(key, held[key], new) for key, new in params if held.get(key, new) != new]
    fresh = [(run, key, new) for key, new in params if key not in held]
    if fresh and not conflicts:
        sql.insert("INSERT INTO tracking_param (run_id, key, value)", fresh)
    return conflicts
