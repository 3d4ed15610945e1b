"""Metric gates told as checks: which runs count, what is said while some are missing, and who may pass a check."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.actor import Actor
from accounts.models import User
from collab.gate_rules import RuleError
from collab.models import MetricGate, PullRequest, Topic
from collab.selectors.pull_runs import runs_of_pull, trusted_homes
from collab.services.gates import CHECK, check_gates, remove_gate, save_gate, sweep_gates
from collab.services.pulls import open_pull
from hub.lib.errors import Conflict, Invalid
from jobs.models import Job
from repos.models import Repository, Visibility
from repos.selectors.statuses import latest_statuses
from tests.factories.pulls import make_pull, put
from tests.factories.repos import make_repo
from tests.factories.tracking import START, make_experiment, make_run
from tests.support.statements import Counted
from tracking.models import Run
from tracking.selectors.run_table import COMMIT
from tracking.services.runs import delete_run, update_run


@pytest.fixture
def pull(repo: Repository, bob: User) -> PullRequest:
    return make_pull(repo, bob)


def at(
    repository: Repository, commit: str, metrics: dict[str, list[float]], experiment: str = "sweep", **fields: Any
) -> Run:
    """A run that says it was started at a commit."""
    home = repository.experiments.filter(name=experiment).first() or make_experiment(repository, experiment)
    return make_run(repository, home, tags={COMMIT: commit}, metrics=metrics, **fields)


def gate(pull: PullRequest, rule: str, name: str = "accuracy", **fields: Any) -> MetricGate:
    """A gate of the pull request's repository."""
    owner = pull.repository.owner.user
    assert owner is not None
    return save_gate(actor=Actor(user=owner), repository=pull.repository, name=name, rule=rule, **fields)


def said(pull: PullRequest, name: str = "accuracy") -> tuple[str, str]:
    check_gates(pull)
    (row,) = [row for row in latest_statuses(pull.repository, pull.head_commit) if row.context == f"gate/{name}"]
    return row.state, row.description


def test_a_gate_waits_for_runs_and_then_compares_them_with_the_base(pull: PullRequest, repo: Repository) -> None:
    gate(pull, "val_acc >= base")
    head = pull.head_commit
    assert said(pull) == ("pending", f"no run at {head[:8]} yet")
    going = at(repo, head, {"val_acc": [0.5]}, status="RUNNING")
    assert said(pull) == ("pending", f"1 run at {head[:8]} still going")
    update_run(repository=repo, run_id=going.uuid, status="FAILED", end_time=START)
    assert said(pull) == ("pending", f"1 run at {head[:8]} ended without finishing")
    at(repo, head, {"val_acc": [0.97, 0.93]})
    state, words = said(pull)
    assert state == "pending"
    assert words == "val_acc 0.93; no run on main has logged val_acc to compare with"
    at(repo, pull.base_commit, {"val_acc": [0.91]})
    assert said(pull) == ("success", "val_acc 0.93 ≥ base 0.91")
    at(repo, pull.base_commit, {"val_acc": [0.95]})
    assert said(pull) == ("failure", "val_acc 0.93 is not ≥ base 0.95")


def test_the_best_run_counts_and_what_goes_on_may_yet_pass(pull: PullRequest, repo: Repository) -> None:
    gate(pull, "max(val_acc) >= 0.9 and val_loss <= 0.3")
    at(repo, pull.head_commit, {"val_acc": [0.95, 0.7], "val_loss": [0.4]})
    at(repo, pull.head_commit, {"val_acc": [0.8], "val_loss": [0.5]}, status="RUNNING")
    assert said(pull) == (
        "pending",
        "max(val_acc) 0.95 ≥ 0.9; val_loss 0.4 is not ≤ 0.3 so far; 1 run still going",
    )
    at(repo, pull.head_commit, {"val_loss": [0.25]})
    assert said(pull) == ("success", "max(val_acc) 0.95 ≥ 0.9; val_loss 0.25 ≤ 0.3")


def test_only_runs_of_the_newest_commit_count(pull: PullRequest, repo: Repository, bob: User) -> None:
    gate(pull, "val_acc >= 0.9")
    earlier = pull.head_commit
    run = at(repo, earlier, {"val_acc": [0.99]})
    assert said(pull)[0] == "success"
    pull.head_commit = put(repo, bob, {"more.txt": "x"}, branch="feature")
    assert said(pull) == (
        "pending",
        f"no run at {pull.head_commit[:8]} yet; the newest is at {earlier[:8]}, an earlier commit",
    )
    delete_run(repository=repo, run_id=run.uuid)
    assert said(pull)[1] == f"no run at {pull.head_commit[:8]} yet"


def test_without_runs_at_the_base_the_newest_before_it_of_the_same_experiment_counts(
    pull: PullRequest, repo: Repository
) -> None:
    gate(pull, "val_acc > base - 0.1")
    # Commits of this test are made now; runs are dated back so that they began before the branches parted.
    at(repo, "ab" * 20, {"val_acc": [0.6]}, start=1_600_000_000_000)
    at(repo, "cd" * 20, {"val_acc": [0.8]}, start=1_600_000_100_000)
    at(repo, "ef" * 20, {"val_acc": [0.99]}, "another", start=1_600_000_200_000)
    at(repo, "ef" * 20, {"val_acc": [0.99]}, start=32_000_000_000_000)
    at(repo, pull.head_commit, {"val_acc": [0.75]})
    assert said(pull) == ("success", "val_acc 0.75 > base 0.8 − 0.1")


def test_a_gate_may_be_about_one_experiment_and_some_branches(pull: PullRequest, repo: Repository) -> None:
    gate(pull, "val_acc >= 0.9", experiment="final")
    gate(pull, "val_acc >= 0.1", name="release", branches="release/*")
    at(repo, pull.head_commit, {"val_acc": [0.99]})
    assert said(pull)[1] == f"no run of final at {pull.head_commit[:8]} yet"
    at(repo, pull.head_commit, {"val_acc": [0.5]}, "final")
    assert said(pull) == ("failure", "val_acc 0.5 is not ≥ 0.9")
    assert [row.context for row in latest_statuses(repo, pull.head_commit)] == ["gate/accuracy"]


def test_checks_are_written_when_they_change_and_by_the_sweep(pull: PullRequest, repo: Repository) -> None:
    gate(pull, "val_acc >= 0.9")
    assert Job.objects.filter(task=CHECK, object_id=pull.pk).exists()
    assert sweep_gates() == 1 and sweep_gates() == 1
    assert repo.commit_statuses.count() == 1
    at(repo, pull.head_commit, {"val_acc": [0.95]})
    assert sweep_gates() == 1
    assert [row.state for row in repo.commit_statuses.all()] == ["success", "pending"]
    Topic.objects.filter(pk=pull.pk).update(state=Topic.State.CLOSED)
    assert sweep_gates() == 0


def test_a_new_head_is_checked_without_waiting_for_the_sweep(repo: Repository, bob: User, alice: User) -> None:
    save_gate(actor=Actor(user=alice), repository=repo, name="accuracy", rule="a > 1")
    pull = make_pull(repo, bob)
    assert Job.objects.filter(task=CHECK, object_id=pull.pk).exists()


def test_nobody_passes_a_check_by_numbers_in_a_fork_of_their_own(
    repo: Repository, alice: User, mallory: User, bob: User
) -> None:
    """Attack: a stranger forks a public repository, logs val_acc = 1 there, and asks for a merge."""
    Repository.objects.filter(pk=repo.pk).update(visibility=Visibility.PUBLIC)
    repo.refresh_from_db()
    put(repo, alice, {"README.md": "x"})
    for person, wanted in ((mallory, "pending"), (bob, "success")):
        fork = make_repo(person, "stones", visibility=Visibility.PUBLIC)
        Repository.objects.filter(pk=fork.pk).update(parent=repo, family=repo)
        fork.refresh_from_db()
        put(fork, person, {"README.md": f"by {person}"})
        pull = open_pull(
            actor=Actor(user=person), repository=repo, head_repository=fork, head_branch="main", base_branch="main",
            title="Mine", body="",
        )  # fmt: skip
        at(fork, pull.head_commit, {"val_acc": [1.0]})
        if not repo.metric_gates.exists():
            gate(pull, "val_acc >= 0.9")
        assert said(pull)[0] == wanted


def test_what_makes_no_gate_is_refused(pull: PullRequest, alice: User) -> None:
    with pytest.raises(RuleError, match="letter 8"):
        gate(pull, "val_acc")
    with pytest.raises(Invalid, match="1 to 60 letters"):
        gate(pull, "a > 1", name="no/slash")
    first = gate(pull, "a>1")
    assert first.rule == "a > 1"
    with pytest.raises(Conflict, match="already"):
        gate(pull, "a > 2")
    save_gate(actor=Actor(user=alice), repository=pull.repository, name="speed", rule="b < 2", gate=first)
    assert [str(each) for each in pull.repository.metric_gates.all()] == ["speed: b < 2"]
    remove_gate(actor=Actor(user=alice), gate=first)
    assert check_gates(pull) == []


def test_many_gates_and_runs_cost_no_more_queries(pull: PullRequest, repo: Repository) -> None:
    def look(count: int) -> None:
        for number in range(count):
            gate(pull, f"max(val_acc) >= base and m{number} > 0", name=f"g {number} of {count}")
            at(repo, pull.head_commit, {"val_acc": [0.9], f"m{number}": [1.0]})
            at(repo, pull.base_commit, {"val_acc": [0.8]})
        check_gates(pull)

    look(1)
    with Counted() as one:
        check_gates(pull)
    look(3)
    with Counted() as four:
        check_gates(pull)
    # Whole curves are asked for once where a run may count as the best of several.
    assert (one.statements, four.statements) == (10, 10)
    assert len(runs_of_pull(pull, trusted_homes(pull)).head) == 4


def test_readers_of_the_base_only_do_not_count_as_its_writers(pull: PullRequest, carol: User) -> None:
    pull.head_repository, pull.topic.author = make_repo(carol, "stones"), carol
    assert trusted_homes(pull) == [pull.repository]
