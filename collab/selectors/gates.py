"""Metric gates of a repository, and what the runs of a pull request make of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from collab.gate_rules import Comparison, Judgement, RuleError, State, read_rule, together
from collab.models import Kind, MetricGate, PullRequest, Topic
from collab.selectors.pull_runs import PullRuns, runs_of_pull, trusted_homes
from collab.selectors.pulls import pulls
from repos.models import Repository
from tracking.models import RunStatus
from tracking.selectors.runs_of_commits import CommitRun, extremes_of, last_values

CONTEXT = "gate/"
MOST_OPEN = 200
_GOING = (RunStatus.RUNNING, RunStatus.SCHEDULED)


@dataclass(frozen=True, slots=True)
class GateResult:
    """What came of one gate; `comparisons` are its conditions, none where the rule cannot be read."""

    gate: MetricGate
    state: State
    words: str
    comparisons: tuple[Comparison, ...] = ()

    @property
    def context(self) -> str:
        """The name of its check."""
        return CONTEXT + self.gate.name


def gates_of(repository: Repository, branch: str = "") -> list[MetricGate]:
    """The gates of a repository by name; with a branch those that hold for pull requests into it."""
    found = repository.metric_gates.all()
    return [gate for gate in found if not branch or fnmatchcase(branch.lower(), gate.branches.lower())]


def open_pulls_with_gates(most: int = MOST_OPEN) -> list[PullRequest]:
    """Open pull requests of repositories that have gates, those with the latest news first."""
    gated = MetricGate.objects.values("repository")
    rows = pulls().filter(repository__in=gated, topic__kind=Kind.PULL, topic__state=Topic.State.OPEN)
    return list(rows.order_by("-topic__updated_at")[:most])


def judge_gates(runs: PullRuns, gates: Sequence[MetricGate]) -> list[GateResult]:
    """Each gate against the runs at the newest commit of the head. At most three queries for all of them."""
    read = [(gate, _read(gate.rule)) for gate in gates]
    keys = sorted({each.metric for _, rule in read if not isinstance(rule, RuleError) for each in rule})
    values = _Values(runs, keys)
    return [
        GateResult(gate, "failure", rule.message)
        if isinstance(rule, RuleError)
        else GateResult(gate, *_judged(gate, rule, runs, values), rule)
        for gate, rule in read
    ]


@dataclass(frozen=True, slots=True)
class Tried:
    """An open pull request, and what a gate that is not saved would say of it."""

    pull: PullRequest
    result: GateResult


def try_gate(gate: MetricGate, most: int = 5) -> list[Tried]:
    """What the gate would say of the open pull requests with the latest news into branches that it is about."""
    rows = pulls().filter(repository=gate.repository, topic__state=Topic.State.OPEN).order_by("-topic__updated_at")
    fitting = [pull for pull in rows[:MOST_OPEN] if fnmatchcase(pull.base_branch.lower(), gate.branches.lower())]
    return [Tried(pull, judge_gates(runs_of_pull(pull, trusted_homes(pull)), [gate])[0]) for pull in fitting[:most]]


class _Values:
    """The numbers of all runs that may count, by run and metric."""

    def __init__(self, runs: PullRuns, keys: list[str]) -> None:
        every = [each.run.pk for each in (*runs.at_head, *runs.at_base, *runs.earlier)] if keys else []
        self.last = last_values(every, keys)
        self.keys = keys
        self.extremes: dict[int, dict[str, tuple[float, float]]] = {}

    def has(self, run: int, metric: str) -> bool:
        return metric in self.last.get(run, {})

    def read_extremes(self, chosen: Sequence[CommitRun]) -> None:
        """Whole curves are looked through for those runs only that count."""
        wanted = [each.run.pk for each in chosen if each.run.pk not in self.extremes]
        found = extremes_of(wanted, self.keys)
        self.extremes |= {run: found.get(run, {}) for run in wanted}

    def of(self, comparison: Comparison, chosen: Sequence[CommitRun]) -> list[float]:
        """What a condition measures in each run that has it, in their order."""
        if comparison.how == "last":
            rows = [self.last.get(each.run.pk, {}) for each in chosen]
            return [row[comparison.metric] for row in rows if comparison.metric in row]
        self.read_extremes(chosen)
        place = 0 if comparison.how == "min" else 1
        pairs = [self.extremes[each.run.pk].get(comparison.metric) for each in chosen]
        return [pair[place] for pair in pairs if pair is not None]


def _judged(gate: MetricGate, rule: Sequence[Comparison], runs: PullRuns, values: _Values) -> tuple[State, str]:
    head = [each for each in runs.at_head if gate.experiment in ("", each.run.experiment.name)]
    finished = [each for each in head if each.run.status == RunStatus.FINISHED]
    going = sum(each.run.status in _GOING for each in head)
    if not finished:
        return "pending", _missing(gate, runs, head, going)
    found = together([_condition(each, gate, finished, runs, values) for each in rule])
    if going and found.state == "failure":
        # The best of several runs counts, so what still goes on may yet pass.
        return "pending", f"{found.words} so far; {_runs(going)} still going"
    return found.state, found.words


def _condition(
    comparison: Comparison, gate: MetricGate, finished: list[CommitRun], runs: PullRuns, values: _Values
) -> Judgement:
    ours = comparison.best(values.of(comparison, finished))
    if ours is None:
        return Judgement("pending", f"no finished run at {runs.pull.head_commit[:8]} has logged {comparison.metric}")
    if not comparison.bound.of_base:
        return comparison.judge(ours, None)
    against = runs.of_base(gate.experiment, lambda run: values.has(run.pk, comparison.metric))
    theirs = comparison.best(values.of(comparison, against))
    if theirs is None:
        judged = comparison.judge(ours, None)
        where = f" of {gate.experiment}" if gate.experiment else ""
        words = f"no run{where} on {runs.pull.base_branch} has logged {comparison.metric} to compare with"
        return Judgement(judged.state, f"{judged.words.partition(', but')[0]}; {words}")
    return comparison.judge(ours, theirs)


def _missing(gate: MetricGate, runs: PullRuns, head: list[CommitRun], going: int) -> str:
    """What a gate waits for."""
    commit = runs.pull.head_commit[:8]
    of = f" of {gate.experiment}" if gate.experiment else ""
    if going:
        return f"{_runs(going)}{of} at {commit} still going"
    if head:
        return f"{_runs(len(head))}{of} at {commit} ended without finishing"
    before = [each for each in runs.head if gate.experiment in ("", each.run.experiment.name)]
    if before:
        return f"no run{of} at {commit} yet; the newest is at {before[0].commit[:8]}, an earlier commit"
    return f"no run{of} at {commit} yet"


def _runs(count: int) -> str:
    return f"{count} run{'' if count == 1 else 's'}"


def _read(rule: str) -> tuple[Comparison, ...] | RuleError:
    try:
        return read_rule(rule)
    except RuleError as fault:
        return fault
