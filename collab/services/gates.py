"""Makes, changes and removes metric gates, and tells what they found as checks of commits."""

from __future__ import annotations

import re

import structlog
from django.db import IntegrityError, transaction

from accounts.actor import ANONYMOUS, Actor
from collab.gate_rules import read_rule, rule_text
from collab.models import MetricGate, PullRequest, Topic
from collab.selectors.gates import MOST_OPEN, GateResult, gates_of, judge_gates, open_pulls_with_gates
from collab.selectors.pull_runs import runs_of_pull, trusted_homes
from collab.selectors.pulls import pulls
from hub.lib.errors import Conflict, HubError, Invalid, NotFound
from jobs.services import enqueue
from repos.models import Repository
from repos.selectors.statuses import latest_statuses
from repos.services import activity
from repos.services.statuses import set_status

log = structlog.get_logger()

CHECK = "collab.check_gates"
MOST_GATES = 20
_name = re.compile(r"[\w][\w .\-]{0,59}")


def save_gate(
    *,
    actor: Actor,
    repository: Repository,
    name: str,
    rule: str,
    branches: str = "*",
    experiment: str = "",
    gate: MetricGate | None = None,
) -> MetricGate:
    """A gate of that name holds from now on, in place of `gate` if given; its open pull requests are checked again.

    Expects that the doorman let the actor in with ADMIN. Raises RuleError (Invalid) with the place of the mistake,
    Invalid for a name, Conflict for one that is taken.
    """
    name, branches = " ".join(name.split()), branches.strip() or "*"
    if not _name.fullmatch(name):
        raise Invalid(
            "The name of a gate has 1 to 60 letters, digits, spaces, dots and hyphens.", field="name",
            next_step="Use something short such as accuracy.",
        )  # fmt: skip
    row = gate or MetricGate(repository=repository)
    row.name, row.rule = name, rule_text(read_rule(rule))
    row.branches, row.experiment = branches[:200], experiment.strip()[:255]
    if gate is None and repository.metric_gates.count() >= MOST_GATES:
        raise Invalid(f"A repository has at most {MOST_GATES} gates.", next_step="Join rules with “and”.")
    try:
        with transaction.atomic():
            row.save()
            activity.record(actor=actor, repository=repository, verb="set metric gate", subject=f"{name}: {row.rule}")
            _check_open(repository)
    except IntegrityError:
        raise Conflict(f"There is a gate {name} already.", field="name", next_step="Choose another name.") from None
    return row


@transaction.atomic
def remove_gate(*, actor: Actor, gate: MetricGate) -> None:
    """The gate sets no checks any more; those that it has set stay with their commits."""
    activity.record(
        actor=actor, repository=gate.repository, verb="removed metric gate", subject=f"{gate.name}: {gate.rule}"
    )
    gate.delete()


def gate_of(repository: Repository, key: int) -> MetricGate:
    """One gate of a repository; raises NotFound."""
    found = repository.metric_gates.filter(pk=key).first()
    if found is None:
        raise NotFound("There is no such gate; it may have been removed.")
    return found


def check_gates(pull: PullRequest) -> list[GateResult]:
    """The checks `gate/<name>` of the newest commit say what the runs make of each gate; returns what they say.

    Only what has changed is written. Whoever may read may ask for it: it says nothing that is not so.
    """
    gates = gates_of(pull.repository, pull.base_branch)
    if not gates:
        return []
    results = judge_gates(runs_of_pull(pull, trusted_homes(pull)), gates)
    known = {row.context: row for row in latest_statuses(pull.repository, pull.head_commit)}
    for result in results:
        words, before = result.words[:300], known.get(result.context)
        if before is None or (before.state, before.description) != (result.state, words):
            set_status(
                actor=ANONYMOUS,
                repository=pull.repository,
                commit=pull.head_commit,
                context=result.context,
                state=result.state,
                description=words,
            )
    return results


def check_gates_by_id(pull_id: int) -> None:
    """The same for an open pull request by its key; one that is gone or closed is left alone."""
    pull = pulls().filter(pk=pull_id, topic__state=Topic.State.OPEN).first()
    if pull is not None:
        check_gates(pull)


def sweep_gates() -> int:
    """Check the gates of open pull requests again, since runs end without anybody being told; how many were.

    Metrics are written on a hot path, which must not pay for gates.
    """
    found = open_pulls_with_gates()
    for pull in found:
        try:
            check_gates(pull)
        except HubError as fault:
            log.warning("gates_not_checked", pull=pull.pk, error=fault.message)
    return len(found)


def _check_open(repository: Repository) -> None:
    keys = PullRequest.objects.filter(repository=repository, topic__state=Topic.State.OPEN).values_list("pk", flat=True)
    for key in keys.order_by("-pk")[:MOST_OPEN]:
        enqueue(CHECK, key)
