"""The experiments of a pull request: new runs beside those of the base, curves, gates, and their settings."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from collab.models import MetricGate, PullRequest
from repos.models import Repository
from repos.selectors.statuses import latest_statuses
from tests.collab.test_ml_gates import at, gate
from tests.factories.pulls import make_pull, put
from tests.factories.registry import make_logged_model, make_model, make_version
from tests.factories.repos import make_repo
from tests.support.statements import Counted
from tracking.models import Run

BrowserOf = Callable[[User | None], Client]


@pytest.fixture
def pull(repo: Repository, bob: User) -> PullRequest:
    return make_pull(repo, bob)


def page(client: Client, pull: PullRequest, rest: str = "") -> str:
    answer = client.get(f"/alice/stones/pulls/{pull.topic.number}/experiments{rest}")
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def test_without_runs_the_page_tells_how_to_log_one(pull: PullRequest, carol: User, browser_of: BrowserOf) -> None:
    text = page(browser_of(carol), pull)
    assert "No runs of this branch" in text and pull.head_commit in text
    assert "http://testserver/alice/stones.mlflow" in text and "1 commit of the branch was looked for" in text


def test_new_runs_stand_beside_those_of_the_base(
    pull: PullRequest, repo: Repository, carol: User, browser_of: BrowserOf
) -> None:
    base = at(repo, pull.base_commit, {"val_acc": [0.5, 0.8]}, name="base run", params={"lr": "0.1", "seed": "1"})
    old = at(repo, "12" * 20, {"val_acc": [0.1]}, name="of another branch")
    head = at(repo, pull.head_commit, {"val_acc": [0.9, 0.85]}, name="head run", params={"lr": "0.2", "seed": "1"})
    text = page(browser_of(carol), pull)
    assert "head run" in text and old.name not in text
    # Nobody said which way is better: the way is told without a verdict.
    assert re.search(r'mlr-delta">\+0\.05 <span>\+6\.2', text) and "mlr-delta--" not in text
    assert "0.5 … 0.8" in text and "0.85 … 0.9" in text
    assert ">0.1</del>" in text and ">0.2</ins>" in text and "1 parameter differs; 1 is the same" in text
    assert f"compare?run={base.uuid}&amp;run={head.uuid}" in text
    gate(pull, "val_loss <= base and val_acc >= base")
    text = page(browser_of(carol), pull)
    assert "mlr-delta--better" in text and "better than the base" in text
    worse = page(browser_of(carol), pull, f"?run={head.uuid}&base={base.uuid}&better=min")
    assert 'value="min" selected' in worse and "mlr-delta--better" in worse  # The gate's word counts for its metric.


def test_curves_of_head_and_base_are_drawn_over_one_another(
    pull: PullRequest, repo: Repository, carol: User, browser_of: BrowserOf
) -> None:
    base = at(repo, pull.base_commit, {"val_acc": [0.5, 0.8]}, name="old")
    at(repo, pull.head_commit, {"val_acc": [0.9, 0.85, 0.7]}, name="new")
    client = browser_of(carol)
    assert f"experiments/series?base={base.uuid}&amp;key=val_acc" in page(client, pull)
    url = f"/alice/stones/pulls/{pull.topic.number}/experiments/series"
    found = client.get(url, {"base": base.uuid, "key": "val_acc"}).json()
    assert [(line["name"], len(line["points"])) for line in found["series"]] == [("new", 3), ("base: old", 2)]
    assert client.get(url, {"key": "nothing"}).json()["series"] == []


def test_models_that_the_runs_made_are_shown(
    pull: PullRequest, repo: Repository, carol: User, browser_of: BrowserOf
) -> None:
    run = at(repo, pull.head_commit, {"val_acc": [0.9]}, name="head run")
    logged = make_logged_model(repo, run, name="classifier")
    make_model(repo)
    make_version(repo, logged=logged, run_id=run.uuid)
    text = page(browser_of(carol), pull)
    assert "Models that these runs logged" in text and logged.uuid in text
    assert "/alice/stones/models/iris/1" in text


def test_runs_of_a_fork_are_for_those_who_may_read_it(
    pull: PullRequest, bob: User, carol: User, browser_of: BrowserOf
) -> None:
    fork = make_repo(bob, "stones")
    PullRequest.objects.filter(pk=pull.pk).update(head_repository=fork)
    at(fork, pull.head_commit, {"val_acc": [0.9]}, name="private run")
    assert "private run" in page(browser_of(bob), pull) and "bob/stones" in page(browser_of(bob), pull)
    assert "private run" not in page(browser_of(carol), pull)


def test_many_runs_cost_no_more_statements(
    pull: PullRequest, repo: Repository, bob: User, carol: User, browser_of: BrowserOf
) -> None:
    gate(pull, "val_acc >= base")
    client = browser_of(carol)
    counts = []
    for more in (1, 2):
        for number in range(more):
            at(repo, pull.head_commit, {"val_acc": [0.9, 0.8], f"m{number}": [1.0]}, params={"lr": str(number)})
            at(repo, pull.base_commit, {"val_acc": [0.8, 0.9]}, params={"lr": "x"})
        page(client, pull)
        with Counted() as counted:
            page(client, pull)
        counts.append(counted.statements)
    assert counts == [counts[0]] * 2
    assert counts[0] <= 60
    assert Run.objects.count() == 6 and put(repo, bob, {"x": "y"})


def test_the_gates_are_shown_and_checked_again_by_a_button(
    pull: PullRequest, repo: Repository, carol: User, browser_of: BrowserOf
) -> None:
    gate(pull, "val_acc >= 0.9")
    at(repo, pull.head_commit, {"val_acc": [0.95]})
    client = browser_of(carol)
    assert "val_acc 0.95 ≥ 0.9" in page(client, pull)
    assert latest_statuses(repo, pull.head_commit) == []  # Looking writes nothing.
    answer = client.post(f"/alice/stones/pulls/{pull.topic.number}/experiments/checks", follow=True)
    assert "1 of 1 gate passed" in answer.content.decode()
    assert [row.state for row in latest_statuses(repo, pull.head_commit)] == ["success"]
    refused = browser_of(None).post(f"/alice/stones/pulls/{pull.topic.number}/experiments/checks")
    assert refused.status_code == 404  # The repository is private.


def test_gates_are_added_tried_changed_and_removed(
    pull: PullRequest, repo: Repository, alice: User, browser_of: BrowserOf
) -> None:
    client, url = browser_of(alice), "/alice/stones/settings/gates"
    assert "No gate yet" in client.get(url).content.decode()
    values = {"name": "accuracy", "rule": "val_acc => 1", "branches": "main", "experiment": ""}
    refused = client.post(url, values)
    assert refused.status_code == 400 and "at letter 10" in refused.content.decode()
    assert "val_acc =&gt; 1" in refused.content.decode()
    tried = client.post(url, {**values, "rule": "val_acc >= 1", "do": "try"}).content.decode()
    assert f"no run at {pull.head_commit[:8]} yet" in tried and "Nothing was saved" in tried
    assert not MetricGate.objects.exists()
    client.post(url, {**values, "rule": "val_acc>=1"})
    (saved,) = MetricGate.objects.all()
    assert (saved.rule, saved.branches) == ("val_acc >= 1", "main")
    client.post(f"{url}/{saved.pk}", {**values, "rule": "val_acc > 2"})
    saved.refresh_from_db()
    assert saved.rule == "val_acc > 2"
    repo.protected_branches.create(pattern="main", required_checks=["gate/accuracy"])
    asked = client.get(f"{url}/{saved.pk}/removal").content.decode()
    assert "required by the rule for main" in asked
    client.post(f"{url}/{saved.pk}/removal")
    assert not MetricGate.objects.exists()
    assert client.get(f"{url}/{saved.pk}").status_code == 404
