"""Sets and removes the tags of runs. The tag `mlflow.runName` is the run's name."""

from __future__ import annotations

import json
from collections.abc import Sequence

from hub.lib.errors import NotFound
from repos.models import Repository
from tracking import rules, sql
from tracking.rules import RUN_NAME
from tracking.services.locking import hold_run

MAX_LIST = 1_000_000
Pair = tuple[str, str]


def set_tags(*, repository: Repository, run_id: str, tags: Sequence[Pair]) -> None:
    """The run has the tags, the last value of each key; `mlflow.runName` renames it. Raises Invalid, NotFound."""
    checked = [rules.check_tag(key, value) for key, value in tags]
    with sql.writing():
        write_tags(hold_run(repository, run_id), checked)


def delete_tag(*, repository: Repository, run_id: str, key: str) -> None:
    """The run has no such tag any more; raises NotFound when it had none, Invalid for a deleted run
    and for text that no tag can hold."""
    key = rules.check_text(key, path="key")
    with sql.writing():
        run = hold_run(repository, run_id)
        if not sql.change("DELETE FROM tracking_runtag WHERE run_id = ? AND key = ?", (run, key)):
            raise NotFound(f"No tag with name: {key} in run with id {run_id}", field="key")


def write_tags(run: int, tags: Sequence[Pair], *, rename: bool = True) -> None:
    """Write checked tags of a held run; its name follows unless `rename` is off."""
    last = dict(tags)
    sql.insert(
        "INSERT INTO tracking_runtag (run_id, key, value)",
        [(run, key, value) for key, value in last.items()],
        "ON CONFLICT (run_id, key) DO UPDATE SET value = excluded.value",
    )
    if rename and RUN_NAME in last:
        sql.change("UPDATE tracking_run SET name = ? WHERE id = ?", (last[RUN_NAME], run))


def append_to_list(*, repository: Repository, run_id: str, key: str, item: object) -> None:
    """The run's tag `key`, a JSON list, ends with `item`. Raises Invalid when the list no longer fits a tag."""
    with sql.writing():
        run = hold_run(repository, run_id)
        found = sql.row("SELECT value FROM tracking_runtag WHERE run_id = ? AND key = ?", (run, key))
        items = read_list(found[0]) if found else []
        text = json.dumps([*items, item])
        # Longer than other tags may be: old clients log a whole model description into it, and must not fail.
        if len(text) > MAX_LIST:
            raise rules.too_long(key, MAX_LIST)
        write_tags(run, [(rules.check_key(key), rules.check_text(text, path=key))])


def read_list(text: str) -> list[object]:
    """The JSON list that a tag holds; empty when it holds something else."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return []
    return found if isinstance(found, list) else []
