"""A runs table as a file: CSV, JSON or Parquet, of all its pages, streamed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse

from hub.lib.errors import Invalid
from hub.lib.http import attachment
from repos.models import Repository
from repos.views.frame import repo_page
from tracking.runs_files import Block, as_csv, as_json, as_parquet
from tracking.search.errors import FilterError
from tracking.selectors.run_export import export_of
from tracking.selectors.run_page import experiment_of
from tracking.selectors.run_scope import scope_of
from tracking.table_state import TableState
from tracking.views.filtering import experiments_asked

Writer = Callable[[Sequence[str], Iterable[Block]], Iterator[bytes]]
FORMATS: dict[str, tuple[Writer, str]] = {
    "csv": (as_csv, "text/csv; charset=utf-8"),
    "json": (as_json, "application/json"),
    "parquet": (as_parquet, "application/vnd.apache.parquet"),
}


@repo_page()
def export(request: HttpRequest, repo: Repository, number: int) -> HttpResponseBase:
    """The runs that the table in the address shows, as `format`, with its columns or with `every` column."""
    experiment = experiment_of(repo, number)
    word = request.GET.get("format", "csv")
    if word not in FORMATS:
        raise Invalid(f"There is no export in the format {word[:40]!r}.", next_step="Use csv, json or parquet.")
    usual = "deleted" if experiment.is_deleted else "active"
    state = replace(TableState.from_query(request.GET, usual_view=usual), tree=False, after="", before="")
    try:
        scope = scope_of(repo, experiments_asked(repo, number, request), state)
        found = export_of(scope, state, everything="every" in request.GET)
    except FilterError as error:
        raise Invalid(f"{error.message} Nothing was exported.", next_step="Correct the filter first.") from error
    write, kind = FORMATS[word]
    response = StreamingHttpResponse(write([field.name for field in found.fields], found.blocks()), content_type=kind)
    name = re.sub(r"[^\w.-]+", "-", experiment.name)[:80].strip("-.") or "runs"
    response["Content-Disposition"] = attachment(f"{name}-runs.{word}")
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
