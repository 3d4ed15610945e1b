"""Ends a trace the way that clients before 3.0 do: start and end are two requests."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from repos.models import Repository
from tracing import rules
from tracing.services.holding import hold_trace
from tracing.services.words import write_metadata, write_tags
from tracking import sql


def end_trace(
    *,
    repository: Repository,
    trace_id: str,
    ended: int,
    state: str,
    metadata: Mapping[str, str],
    tags: Mapping[str, str],
) -> None:
    """The trace ended at `ended` (ms since 1970) in `state`; tags and metadata join those it has.

    Raises NotFound, and Invalid for what cannot be stored.
    """
    checked = rules.given_tags(tags)
    words = rules.given_metadata(metadata)
    rules.check_ms(ended, path="timestamp_ms")
    with transaction.atomic():
        trace = hold_trace(repository, trace_id)
        sql.change(
            "UPDATE tracing_trace SET duration = ? - request_time, state = ? WHERE id = ?",
            (ended, rules.check_state(state), trace),
        )
        write_tags(trace, checked)
        write_metadata(trace, words)
