"""Writes the notes of a run, unless somebody else has written them since they were read."""

from __future__ import annotations

import hashlib

from hub.lib.errors import Conflict
from repos.models import Repository
from tracking import rules, sql
from tracking.services.locking import hold_run
from tracking.services.tags import write_tags

NOTE = "mlflow.note.content"


def digest_of(text: str) -> str:
    """What stands for a text in a form that asks whether it is still the same: 16 hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


def write_notes(*, repository: Repository, run_id: str, text: str, seen: str) -> None:
    """The run has these notes, or none when they are empty. `seen` is the digest of those that the writer began from.

    Raises Conflict when the notes are others by now, Invalid for a deleted run and for text that cannot be stored.
    """
    text = rules.check_text(text, path="text")
    if len(text) > rules.MAX_TAG_VALUE:
        raise rules.too_long("text", rules.MAX_TAG_VALUE)
    with sql.writing():
        run = hold_run(repository, run_id)
        held = sql.row("SELECT value FROM tracking_runtag WHERE run_id = ? AND key = ?", (run, NOTE))
        if digest_of(held[0] if held else "") != seen:
            raise Conflict("Somebody else has saved other notes meanwhile.", field="text")
        if text:
            write_tags(run, [(NOTE, text)])
        else:
            sql.change("DELETE FROM tracking_runtag WHERE run_id = ? AND key = ?", (run, NOTE))
