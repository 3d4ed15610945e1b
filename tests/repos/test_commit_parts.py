"""The page of a commit shows what came out of it: the runs that were started there and the models made of these."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client

from repos.models import Repository
from tests.factories.registry import make_model, make_version
from tests.factories.tracking import make_experiment, make_run
from tests.repos.test_views_code import text_of
from tests.support.sample_repository import Work
from tracking import sql
from tracking.models import Run
from tracking.selectors.commit_runs import runs_of_commit
from tracking.selectors.run_table import COMMIT
from tracking.services.runs import delete_run

OTHER = "0123456789" * 4


@pytest.fixture
def head(sample: Work) -> str:
    return sample.git("rev-parse", "main")


def at_commit(repository: Repository, commit: str, name: str, experiment: str = "sweep") -> Run:
    home = repository.experiments.filter(name=experiment).first() or make_experiment(repository, experiment)
    return make_run(repository, home, name, tags={COMMIT: commit})


def test_a_commit_leads_to_its_runs_and_models(filled: Repository, reader: Client, head: str) -> None:
    plain = text_of(reader, f"/alice/stones/commit/{head}")
    assert "Runs of this commit" not in plain and "Models made of this commit" not in plain
    run = at_commit(filled, head, "first")
    at_commit(filled, OTHER, "elsewhere")
    delete_run(repository=filled, run_id=at_commit(filled, head, "thrown away").uuid)
    make_model(filled)
    make_version(filled, run_id=run.uuid)
    page = text_of(reader, f"/alice/stones/commit/{head}")
    assert f'href="/alice/stones/experiments/{run.experiment.number}/runs/{run.uuid}"' in page
    assert "elsewhere" not in page and "thrown away" not in page
    assert 'href="/alice/stones/models/iris/1"' in page
    assert f"/alice/stones/lineage?commit={head}" in page


def test_many_runs_lead_to_one_table_of_all(filled: Repository, reader: Client, head: str) -> None:
    for number in range(8):
        at_commit(filled, head, f"run {number}", "one" if number % 2 else "two")
    found = runs_of_commit(filled, head)
    assert found is not None
    assert (len(found["runs"]), found["count"], found["more"]) == (6, 8, False)
    table = text_of(reader, f"/alice/stones/experiments/{found['number']}?{found['query']}")
    assert all(f"run {number}" in table for number in range(8))


def test_runs_of_other_repositories_are_not_shown(repo: Repository, other_repo: Repository) -> None:
    at_commit(other_repo, OTHER, "secret")
    assert runs_of_commit(repo, OTHER) is None


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL chooses by what the tables hold")
def test_runs_are_found_by_the_index_of_commits(repo: Repository, monkeypatch: Any) -> None:
    assert connection.vendor == "sqlite"
    at_commit(repo, OTHER, "one")
    asked: list[tuple[str, Any]] = []
    rows = sql.rows
    monkeypatch.setattr(
        sql, "rows", lambda statement, params=(): asked.append((statement, params)) or rows(statement, params)
    )
    runs_of_commit(repo, OTHER)
    ((statement, params),) = asked
    plan = " ".join(str(step) for step in rows(f"EXPLAIN QUERY PLAN {statement}", params))
    assert "SEARCH t USING INDEX tracking_runtag_commit" in plan and "SEARCH r USING INTEGER PRIMARY KEY" in plan
