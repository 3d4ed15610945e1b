"""Links traces to runs and to versions of prompts."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from repos.models import Repository
from tracing import rules
from tracing.services.holding import hold_trace
from tracking import sql
from tracking.rules import check_run_id, check_text, missing, too_long

MAX_PROMPT_NAME = 256
MAX_PROMPT_VERSION = 32


def link_traces_to_run(*, repository: Repository, trace_ids: Sequence[str], run_id: str) -> None:
    """The traces belong to the run, which need not exist. Unknown ids are passed over. Raises Invalid above 100."""
    ids = rules.check_links(trace_ids)
    check_run_id(run_id)
    with transaction.atomic():
        inside, value = sql.among("trace_id", ids)
        found = sql.rows(
            f"SELECT id FROM tracing_trace WHERE repository_id = ? AND {inside} ORDER BY id", (repository.pk, value)
        )
        write_links([row[0] for row in found], run_id)


def write_links(traces: Sequence[int], run_id: str) -> None:
    """The traces with these keys belong to the run. A run id that cannot be one is passed over."""
    sql.insert(
        "INSERT INTO tracing_tracerunlink (trace_id, run_uuid)",
        [(trace, run_id) for trace in traces],
        "ON CONFLICT DO NOTHING",
    )


def link_prompts_to_trace(*, repository: Repository, trace_id: str, prompts: Sequence[tuple[str, str]]) -> None:
    """The trace used the versions, given as (name, version). Raises NotFound for no trace, Invalid."""
    for name, version in prompts:
        for path, text, limit in (("name", name, MAX_PROMPT_NAME), ("version", version, MAX_PROMPT_VERSION)):
            if not text:
                raise missing(f"prompt_versions.{path}")
            if len(check_text(text, path=path)) > limit:
                raise too_long(path, limit)
    with transaction.atomic():
        trace = hold_trace(repository, trace_id)
        sql.insert(
            "INSERT INTO tracing_traceprompt (trace_id, name, version)",
            [(trace, name, version) for name, version in sorted(set(prompts))],
            "ON CONFLICT DO NOTHING",
        )
