"""Where the pages of this room are, and what the frame of an experiment or run around them shows."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.http import HttpRequest
from django.urls import reverse

from repos.models import Repository
from tracking.models import Experiment, Run
from tracking.views.experiments import TAB, experiment_context
from tracking.views.run import run_context

__all__ = ["TAB", "back_to", "frame_of", "page_of", "prompt_url", "run_url", "trace_url"]


def page_of(repo: Repository, page: str, **rest: Any) -> str:
    """The address of a page of this room."""
    return reverse(f"tracing:{page}", kwargs={"owner": repo.owner.slug, "name": repo.name, **rest})


def trace_url(repo: Repository, number: int, trace: str, page: str = "trace", **rest: Any) -> str:
    """The address of a page of a trace; `number` is that of its experiment."""
    return page_of(repo, page, number=number, trace=trace, **rest)


def run_url(run: Run, repo: Repository) -> str:
    """The address of a run's page."""
    where = {"owner": repo.owner.slug, "name": repo.name, "number": run.experiment.number, "run": run.uuid}
    return reverse("tracking:run", kwargs=where)


def prompt_url(repo: Repository, name: str, version: str) -> str:
    """The address of a version of a prompt; its room is a neighbour, known by its addresses only."""
    return f"{repo.get_absolute_url()}/prompts/{quote(name, safe='')}/{version}" if version.isdecimal() else ""


def frame_of(repo: Repository, experiment: Experiment, page: str, run: Run | None = None) -> dict[str, Any]:
    """The head of a page: that of the run where there is one, else of the experiment; `page` is the key of its tab."""
    framed = experiment_context(repo, experiment, page) if run is None else run_context(repo, run, page)
    return {"run": None, **framed, "experiment": experiment}


def back_to(request: HttpRequest, usual: str) -> str:
    """Where a form sends its reader: the page of this hub named in `next`, or the usual one."""
    wanted = request.POST.get("next", "")
    # SECURITY: a path of this hub only; `//evil.example` and `/\evil.example` lead elsewhere.
    is_path = wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    return wanted if is_path and len(wanted) < 4000 and wanted.isprintable() else usual
