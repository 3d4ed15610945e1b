"""The scorers registered in an experiment, and the versions of each."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse

from hub.lib.errors import NotFound
from repos.models import Repository
from repos.views.frame import draw, repo_page
from tracing.selectors.scorers import ConfigRow, ScorerRow, latest_scorers, online_configs, scorer_versions
from tracing.services.scorers import BUILT_IN, JUDGE, MEMORY, THIRD_PARTY
from tracing.shapes import LONGEST
from tracing.views.addresses import TAB, frame_of, page_of
from tracing.views.rows import moment
from tracing.views.snippets import first_scorer
from tracking.selectors.run_page import experiment_of

_KINDS = {JUDGE: "LLM judge", BUILT_IN: "Built in", THIRD_PARTY: "From a library", MEMORY: "Judge with memory"}


@dataclass(frozen=True, slots=True)
class Scorer:
    """A version of a scorer as far as the hub understands what clients wrote."""

    name: str
    number: int
    kind: str
    model: str
    instructions: str
    created: datetime
    scorer_id: str


def describe(row: ScorerRow) -> Scorer:
    """What a version says about itself."""
    found = json.loads(row.serialized)
    part, kind = _part(found)
    return Scorer(
        name=row.name,
        number=row.number,
        kind=kind,
        model=str(part.get("model") or "")[:200],
        instructions=str(part.get("instructions") or "")[:LONGEST],
        created=moment(row.created_at),
        scorer_id=row.scorer_id,
    )


def _part(found: Any) -> tuple[dict[str, Any], str]:
    if isinstance(found, dict):
        for key, kind in _KINDS.items():
            if isinstance(found.get(key), dict):
                base = found[key].get("base_judge") if key == MEMORY else None
                return (_part(base)[0] if base else found[key]), kind
    return {}, "Scorer"


@repo_page()
def scorers(request: HttpRequest, repo: Repository, number: int) -> HttpResponse:
    """The latest version of each scorer; with `name`, all versions of that one."""
    experiment = experiment_of(repo, number)
    name = request.GET.get("name", "")
    latest = latest_scorers(repo, [number])
    versions = scorer_versions(repo, number, name) if name and "\0" not in name else []
    if name and not versions:
        raise NotFound("This experiment has no such scorer.")
    configs = {each.scorer_id: each for each in online_configs(repo, [row.scorer_id for row in latest])}
    context = {
        **frame_of(repo, experiment, "evaluations"),
        "name": name,
        "rows": [(describe(row), _sampled(configs.get(row.scorer_id))) for row in latest],
        "versions": [describe(row) for row in reversed(versions)],
        "here_scorers": page_of(repo, "scorers", number=number),
        "list_url": page_of(repo, "evaluations", number=number),
        "snippets": [] if latest else first_scorer(request, repo, experiment),
    }
    return draw(request, repo, "tracing/scorers.html", context, active=TAB)


def _sampled(config: ConfigRow | None) -> str:
    """The share of new traces that it is to judge, in words."""
    if config is None or not config.sample_rate:
        return ""
    which = f" of traces with {config.filter_text[:200]}" if config.filter_text else " of new traces"
    return f"{100 * config.sample_rate:g} %{which}"
