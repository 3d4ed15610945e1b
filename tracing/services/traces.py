"""Starts, ends, tags and deletes traces."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db import transaction

from hub.lib.errors import Invalid, NotFound
from repos.models import Repository
from tracing import rules
from tracing.services.assessments import AssessmentGiven, write_assessments
from tracing.services.files import delete_trace_files
from tracing.services.holding import elsewhere, experiment_named, hold_trace
from tracing.services.purge import purge_traces
from tracing.services.words import write_metadata, write_tags
from tracking import sql
from tracking.rules import check_time

_COLUMNS = (
    "repository_id, experiment_id, trace_id, request_time, duration, state, client_request_id, request_preview, "
    "response_preview, finalized, has_spans"
)
_START = (
    f"INSERT INTO tracing_trace ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (repository_id, trace_id) DO UPDATE SET request_time = excluded.request_time, "
    "duration = excluded.duration, state = excluded.state, "
    "client_request_id = COALESCE(excluded.client_request_id, tracing_trace.client_request_id), "
    "request_preview = COALESCE(excluded.request_preview, tracing_trace.request_preview), "
    "response_preview = COALESCE(excluded.response_preview, tracing_trace.response_preview), "
    "finalized = excluded.finalized WHERE tracing_trace.experiment_id = excluded.experiment_id RETURNING id"
)


@dataclass(frozen=True, slots=True)
class TraceGiven:
    """A trace as a client describes it; times in ms since 1970, `duration` in ms."""

    trace_id: str
    experiment_id: str
    request_time: int
    duration: int | None = None
    state: str = ""
    client_request_id: str | None = None
    request_preview: str | None = None
    response_preview: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    assessments: Sequence[AssessmentGiven] = ()


def start_trace(*, repository: Repository, given: TraceGiven) -> None:
    """The trace is there as described. One with this id gets the new description; tags, metadata and assessments join.

    May be repeated. Raises Invalid for what cannot be stored, a deleted experiment, or a trace that lives in another
    experiment; NotFound for no experiment. Nothing is kept then.
    """
    trace_id = rules.check_trace_id(given.trace_id)
    tags = rules.given_tags(given.tags)
    metadata = {**rules.given_metadata(given.metadata), rules.FINALIZED: "true"}
    with transaction.atomic():
        home = experiment_named(repository, given.experiment_id, active=True)
        found = sql.row(_START, (repository.pk, home.pk, trace_id, *_described(given), True, False))
        if found is None:
            raise elsewhere(trace_id)
        write_tags(found[0], tags)
        write_metadata(found[0], metadata)
        write_assessments(found[0], given.assessments)


def _described(given: TraceGiven) -> tuple[object, ...]:
    return (
        rules.check_ms(given.request_time, path="request_time"),
        None if given.duration is None else rules.check_ms(given.duration, path="execution_duration"),
        rules.check_state(given.state),
        rules.check_preview(given.client_request_id, path="client_request_id"),
        rules.check_preview(given.request_preview, path="request_preview"),
        rules.check_preview(given.response_preview, path="response_preview"),
    )


def set_trace_tag(*, repository: Repository, trace_id: str, key: str, value: str) -> None:
    """The trace has the tag. Raises NotFound; Invalid for a bad one or one that only the server sets."""
    rules.check_changed_tag(key, "set")
    checked = rules.check_tag(key, value)
    with transaction.atomic():
        write_tags(hold_trace(repository, trace_id), dict([checked]))


def delete_trace_tag(*, repository: Repository, trace_id: str, key: str) -> None:
    """The trace has no such tag any more. Raises NotFound when it had none, Invalid for one that the server sets."""
    rules.check_changed_tag(key, "deleted")
    with transaction.atomic():
        trace = hold_trace(repository, trace_id)
        if not sql.change("DELETE FROM tracing_tracetag WHERE trace_id = ? AND key = ?", (trace, key)):
            raise NotFound(f"No trace tag with key '{key}' for trace with ID '{trace_id}'", field="key")


def delete_traces(
    *,
    repository: Repository,
    experiment_id: str,
    trace_ids: Sequence[str] = (),
    before: int | None = None,
    most: int | None = None,
) -> int:
    """Traces of the experiment are gone with all that hangs on them and their files; returns how many.

    Either those with `trace_ids`, or those that began at `before` (ms since 1970) or earlier, the `most` oldest of
    them. Ids that are not there do not count. Raises Invalid when it is not said which, NotFound for no experiment.
    """
    _check_which(trace_ids, before, most)
    with transaction.atomic():
        home = experiment_named(repository, experiment_id)
        if trace_ids:
            inside, value = sql.among("trace_id", list(trace_ids))
            which, values = inside, [value]
        else:
            limit = "" if most is None else " LIMIT ?"
            which = f"request_time <= ? ORDER BY request_time, id{limit}"
            values = [before] if most is None else [before, most]
        found = sql.rows(
            f"SELECT id, trace_id FROM tracing_trace WHERE experiment_id = ? AND {which}", (home.pk, *values)
        )
        purge_traces(keys=[row[0] for row in found])
    delete_trace_files(repository, home.pk, [row[1] for row in found])
    return len(found)


def _check_which(trace_ids: Sequence[str], before: int | None, most: int | None) -> None:
    for path, number in (("max_timestamp_millis", before), ("max_traces", most)):
        if number is not None:
            check_time(number, path=path)
    if before is None and not trace_ids:
        raise Invalid("Either `max_timestamp_millis` or `trace_ids` must be specified.")
    if before is not None and trace_ids:
        raise Invalid("Only one of `max_timestamp_millis` and `trace_ids` can be specified.")
    if trace_ids and most is not None:
        raise Invalid("`max_traces` can't be specified if `trace_ids` is specified.", field="max_traces")
    if most is not None and most <= 0:
        raise Invalid(f"`max_traces` must be a positive integer, received {most}.", field="max_traces")


def new_trace_id() -> str:
    """An id for a trace whose client leaves that to the server."""
    return f"tr-{secrets.token_hex(16)}"
