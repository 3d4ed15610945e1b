"""The experiments of a pull request: its runs beside those of the base, curves over one another, and its gates."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse

from collab.access import check_talk
from collab.models import PullRequest
from collab.selectors.gates import GateResult, gates_of, judge_gates
from collab.selectors.pull_data import data_of
from collab.selectors.pull_experiments import Experiments, Pair, experiments_of
from collab.selectors.pull_runs import PullRuns, readable_homes, runs_of_pull, trusted_homes
from collab.services.gates import check_gates
from collab.views.experiment_snippets import log_from_branch
from collab.views.pull_frame import draw_pull, pull_page
from repos.commit_parts import parts_of
from repos.models import Repository
from repos.views.frame import actor_of
from tracking.charts import Asked, colour_of, read_many
from tracking.selectors.compare_curves import shared_curves
from tracking.selectors.run_comparison_deltas import Better
from tracking.selectors.run_page import SYSTEM, metric_key
from tracking.selectors.runs_of_commits import CommitRun

TAB = "experiments"
MOST_CURVES = 8
MOST_LINES = 10
MOST_COMMITS = 3
BETTER: dict[str, Better] = {"min": "min", "max": "max"}


@pull_page()
def experiments(request: HttpRequest, repo: Repository, pull: PullRequest) -> HttpResponseBase:
    """The runs of the head, one of them (`run`) against one of the base (`base`), gates, models and data."""
    actor = actor_of(request)
    runs = runs_of_pull(pull, readable_homes(pull, actor))
    gates = _gates(pull, runs)
    better = BETTER.get(request.GET.get("better", ""), "")
    rules = [rule for gate in gates for rule in gate.comparisons]
    found = experiments_of(
        runs, rules, head=request.GET.get("run", ""), base=request.GET.get("base", ""), better=better
    )
    context: dict[str, Any] = {
        "found": found,
        "gates": gates,
        "better": better,
        "here": reverse("collab:pull_experiments", args=_where(repo, pull)),
        "data": data_of(pull),
        "searched": len(runs.commits),
        "snippets": [] if runs.head else log_from_branch(request, repo, pull),
        **(_beside(repo, pull, runs, found, better) if found.pair else {}),
    }
    return draw_pull(request, repo, pull, "collab/experiments.html", context, active=TAB)


@pull_page()
def series(request: HttpRequest, repo: Repository, pull: PullRequest) -> JsonResponse:
    """`key`: the metric. Its curves in the newest runs of the head and in the run `base`, as charts take them."""
    runs = runs_of_pull(pull, readable_homes(pull, actor_of(request)))
    key, base = request.GET.get("key", ""), request.GET.get("base", "")
    drawn = _lines(runs, base)
    by_home: dict[int, list[CommitRun]] = {}
    for each in drawn:
        by_home.setdefault(each.run.repository_id, []).append(each)
    curves: dict[int, Any] = {}
    for some in by_home.values():
        number = metric_key(some[0].run.repository, key)
        if number is not None:
            read = read_many([Asked(each.run.pk, start=each.run.start_time) for each in some], number, x="step")
            curves |= {each.run.pk: curve for each, curve in zip(some, read, strict=True) if curve.points}
    lines = [
        {
            "name": f"base: {each.run.name[:190]}" if each.run.uuid == base else each.run.name[:200],
            "color": colour_of(each.run.pk),
            "points": curves[each.run.pk].points,
        }
        for each in drawn
        if each.run.pk in curves
    ]
    return JsonResponse({"x": "step", "series": lines, "done": True})


@pull_page("POST")
def gate_checks(request: HttpRequest, repo: Repository, pull: PullRequest) -> HttpResponseBase:
    """Hold the gates against the runs now, in place of with the next sweep."""
    check_talk(actor_of(request), repo)
    results = check_gates(pull)
    passed = sum(result.state == "success" for result in results)
    messages.success(request, f"Checked: {passed} of {len(results)} gate{'' if len(results) == 1 else 's'} passed.")
    return redirect("collab:pull_experiments", *_where(repo, pull))


def _where(repo: Repository, pull: PullRequest) -> tuple[str, str, int]:
    return repo.owner.slug, repo.name, pull.topic.number


def _gates(pull: PullRequest, runs: PullRuns) -> list[GateResult]:
    """What the gates say now; runs that this reader may not see may count, and runs that they see may not."""
    gates = gates_of(pull.repository, pull.base_branch)
    if not gates:
        return []
    trusted = trusted_homes(pull)
    same = [home.pk for home in trusted] == [home.pk for home in runs.homes]
    return judge_gates(runs if same else runs_of_pull(pull, trusted), gates)


def _beside(repo: Repository, pull: PullRequest, runs: PullRuns, found: Experiments, better: str) -> dict[str, Any]:
    """What stands below the runs: charts, the page of comparisons, and what other rooms made of the commits."""
    assert found.pair is not None
    base = found.pair.base.run.uuid if found.pair.base else ""
    lines = [each.run for each in _lines(runs, base)]
    curves = [curve for curve in shared_curves(lines) if not curve.key.startswith(SYSTEM)]
    query = urlencode({"base": base, **({"better": better} if better else {})})
    with_runs = [commit.id for commit in runs.commits if any(each.commit == commit.id for each in runs.head)]
    parts = [part for commit in with_runs[:MOST_COMMITS] for part in parts_of(repo, commit)]
    return {
        "curves": curves[:MOST_CURVES],
        "more_curves": max(0, len(curves) - MOST_CURVES),
        "series_url": f"{reverse('collab:pull_series', args=_where(repo, pull))}?{urlencode({'base': base})}",
        "query": query,
        "compare_url": _compare_url(found.pair),
        # Runs and checks stand above; rooms beside this one tell what they made of the commits.
        "parts": [part for part in parts if not part[0].startswith(("tracking/", "repos/", "collab/"))],
    }


def _lines(runs: PullRuns, base: str) -> list[CommitRun]:
    """The runs whose curves are drawn: the newest of the head, and the one of the base."""
    bases = [each for each in (*runs.at_base, *runs.earlier) if each.run.uuid == base] if base else []
    return [*runs.head[: MOST_LINES - 1], *bases[:1]]


def _compare_url(pair: Pair) -> str:
    """The page that compares the two in full; "" where they lie in different repositories."""
    if pair.base is None or not pair.share_a_home:
        return ""
    home, number = pair.head.run.repository, pair.head.run.experiment.number
    query = urlencode({"run": [pair.base.run.uuid, pair.head.run.uuid], "baseline": pair.base.run.uuid}, doseq=True)
    return f"{reverse('tracking:compare', args=[home.owner.slug, home.name, number])}?{query}"
