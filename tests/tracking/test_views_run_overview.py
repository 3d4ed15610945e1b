"""The overview of a run: where it comes from, what data it had, its family, its pace, and what it can be loaded with."""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.actor import Actor
from accounts.models import User
from hub.lib.errors import Conflict
from repos.git.process import run as git
from repos.models import Repository
from repos.paths import git_dir
from repos.services.branches import create_tag
from tests.factories.tracking import START, make_experiment, make_run
from tests.support.data_tree import fill, pointer
from tests.tracking.test_views_experiments import text_of
from tracking import sql
from tracking.models import Experiment, Run
from tracking.rules import Point
from tracking.selectors import run_progress, run_ranges
from tracking.selectors.run_family import family_of
from tracking.selectors.run_page import latest_metrics, params_of, tags_of
from tracking.selectors.run_progress import progress_of
from tracking.selectors.run_ranges import ranges_of
from tracking.selectors.run_source import longest_end, source_of, without_secrets
from tracking.services.inputs import DatasetGiven, log_inputs
from tracking.services.metrics import log_metrics
from tracking.services.notes import digest_of, write_notes
from tracking.services.runs import delete_run

BrowserOf = Callable[[User | None], Client]
COMMIT = "mlflow.source.git.commit"


@pytest.fixture
def experiment(repo: Repository) -> Experiment:
    """Experiment 1 of alice/stones."""
    return make_experiment(repo)


@pytest.fixture
def bobs(browser_of: BrowserOf, repo: Repository, bob: User) -> Client:
    """The browser of somebody who may write."""
    return browser_of(bob)


@pytest.fixture
def commit(repo: Repository, alice: User, tmp_path: Path) -> str:
    """A commit of alice/stones with a program, a table that DVC keeps, and a tag."""
    data = fill(repo, Actor(user=alice), tmp_path / "work")
    data.work.write("src/train.py", "print(1)\n")
    table = b"a,b\n1,2\n"
    data.work.write("data/stones.csv.dvc", pointer(data.keep(table), "stones.csv", size=len(table)))
    made = data.push("Train on stones")
    repo.refresh_from_db()
    create_tag(actor=Actor(user=alice), repository=repo, name="v1.0", start=made)
    return made


def address(run: Run) -> str:
    """The page of a run."""
    return f"/alice/stones/experiments/{run.experiment.number}/runs/{run.uuid}"


# Source


def test_a_commit_leads_to_its_tree_its_change_and_its_file(
    bobs: Client, repo: Repository, experiment: Experiment, commit: str
) -> None:
    tags = {COMMIT: commit, "mlflow.source.name": "/home/ada/stones/src/train.py"}
    page = text_of(bobs, address(make_run(repo, experiment, tags=tags)))
    for link in (f"src/{commit}", f"commit/{commit}", f"src/{commit}/src/train.py", "src/main", "src/v1.0"):
        assert f'href="/alice/stones/{link}"' in page, link
        assert bobs.get(f"/alice/stones/{link}").status_code == 200
    assert "Train on stones" in page
    assert f"git checkout {commit}" in page and "dvc pull" in page


def test_a_commit_that_was_not_pushed_is_said_to_be_so(
    bobs: Client, repo: Repository, experiment: Experiment, commit: str
) -> None:
    tags = {COMMIT: "f" * 40, "mlflow.source.git.repoURL": "https://ada:secret@example.org/ada/stones.git"}
    page = text_of(bobs, address(make_run(repo, experiment, tags=tags)))
    assert "Not in this repository" in page and "https://example.org/ada/stones.git" in page
    assert "secret" not in page and "git checkout" not in page


@pytest.mark.parametrize(
    "claimed", ["--output=config", "main", "HEAD", "../../x", "a" * 5000, "\u202e", "refs/heads/main"]
)
def test_a_claimed_commit_never_reaches_git(
    bobs: Client, repo: Repository, experiment: Experiment, commit: str, claimed: str
) -> None:
    # The attack: the tag is free text; as an argument it would be an option of git.
    run = make_run(repo, experiment, tags={COMMIT: claimed})
    assert "Not in this repository" in text_of(bobs, address(run))
    assert source_of(repo, tags_of(run)).shown is None


def test_a_commit_that_no_branch_holds_is_told(repo: Repository, commit: str, experiment: Experiment) -> None:
    tree = git(git_dir(repo), "rev-parse", f"{commit}^{{tree}}").decode().strip()
    who = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@x", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@x"}
    loose = git(git_dir(repo), "commit-tree", tree, "-m", "Loose", env=who).decode().strip()
    source = source_of(repo, {COMMIT: loose, "mlflow.source.name": "gone.py"})
    assert source.shown is not None and source.holders is not None
    assert (source.holders.branches, source.holders.tags, source.file) == ((), (), "")


def test_the_longest_end_of_a_path_is_taken() -> None:
    held = {"src/train.py", "train.py"}
    assert longest_end("/home/ada/src/train.py", held.__contains__) == "src/train.py"
    assert longest_end("C:\\work\\train.py", held.__contains__) == "train.py"
    assert longest_end("../../etc/passwd", held.__contains__) == ""
    assert longest_end("x/" * 500 + "train.py", held.__contains__) == "train.py"
    assert longest_end("", held.__contains__) == ""


@pytest.mark.parametrize(
    ("address", "shown"),
    [("https://u:p@host/x.git?token=1", "https://host/x.git"), ("git@host:x.git", "git@host:x.git"),
     ("https://[broken", ""), ("", "")],
)  # fmt: skip
def test_addresses_lose_their_secrets(address: str, shown: str) -> None:
    assert without_secrets(address) == shown


# Data


def test_the_data_of_the_commit_and_of_the_run_are_linked_at_that_commit(
    bobs: Client, repo: Repository, experiment: Experiment, commit: str
) -> None:
    run = make_run(repo, experiment, tags={COMMIT: commit})
    source = json.dumps({"uri": "/home/ada/stones/data/stones.csv"})
    dataset = {
        "name": "stones", "digest": "abc123", "source_type": "local", "source": source,
        "profile": '{"num_rows": 120}', "schema": '{"mlflow_colspec": [{"name": "a"}, {"name": "b"}]}',
    }  # fmt: skip
    use_dataset(repo, run, dataset)
    page = text_of(bobs, address(run))
    assert page.count(f'href="/alice/stones/src/{commit}/data/stones.csv"') == 2
    for words in ("abc123", "120 rows", "2 columns", "MD5"):
        assert words in page, words
    assert bobs.get(f"/alice/stones/src/{commit}/data/stones.csv").status_code == 200


@pytest.mark.parametrize(
    "fields",
    [{"source": "[" * 5000}, {"source": '{"uri": 5}', "profile": '{"num_rows": "many"}', "schema": "[]"},
     {"source": '{"uri": "https://u:hush@x.org/d.csv?key=hush"}', "profile": '{"features_shape": []}'},
     {"profile": '{"features_shape": 5}'}, {"profile": '{"num_rows": true}', "schema": '{"mlflow_colspec": 3}'}],
)  # fmt: skip
def test_datasets_that_describe_themselves_oddly_are_still_listed(
    bobs: Client, repo: Repository, experiment: Experiment, commit: str, fields: dict[str, str]
) -> None:
    run = make_run(repo, experiment, tags={COMMIT: commit})
    use_dataset(repo, run, {"name": "odd", "digest": "d1", "source_type": "x", "source": "{}", **fields})
    page = text_of(bobs, address(run))
    assert ">odd<" in page and "hush" not in page


def test_many_datasets_are_cut_and_said_to_be(bobs: Client, repo: Repository, experiment: Experiment) -> None:
    run = make_run(repo, experiment)
    many = [DatasetGiven(name=f"d{n:03}", digest="x", source_type="x", source="{}") for n in range(43)]
    log_inputs(repository=repo, run_id=run.uuid, datasets=many)
    page = text_of(bobs, address(run))
    assert ">d039<" in page and ">d040<" not in page and "3 more were logged" in page


def use_dataset(repo: Repository, run: Run, dataset: dict[str, str]) -> None:
    """Log a dataset as an input of a run."""
    log_inputs(repository=repo, run_id=run.uuid, datasets=[DatasetGiven(**dataset)])


# Family


def nested(repo: Repository, experiment: Experiment, parent: Run, name: str, **more: Any) -> Run:
    """A run nested in another."""
    return make_run(repo, experiment, name, tags={"mlflow.parentRunId": parent.uuid}, **more)


def test_a_family_is_a_tree_both_ways(bobs: Client, repo: Repository, experiment: Experiment) -> None:
    top = make_run(repo, experiment, "top")
    one = nested(repo, experiment, top, "one", start=START + 2)
    two = nested(repo, experiment, top, "two", start=START + 1)
    deep = nested(repo, experiment, one, "deep")
    delete_run(repository=repo, run_id=nested(repo, experiment, top, "thrown-away").uuid)
    below = [(each.run.name, each.depth) for each in family_of(repo, top, {}).below]
    assert below == [("one", 1), ("deep", 2), ("two", 1)]
    assert [run.name for run in family_of(repo, deep, tags_of(deep)).above] == ["top", "one"]
    page = text_of(bobs, address(deep))
    assert f'href="{address(top)}"' in page and f'href="{address(one)}"' in page and address(two) not in page


def test_a_family_in_a_circle_ends(bobs: Client, repo: Repository, experiment: Experiment) -> None:
    one = make_run(repo, experiment, "one")
    two = nested(repo, experiment, one, "two")
    one.tags.create(run=one, key="mlflow.parentRunId", value=two.uuid)
    two.tags.create(run=two, key="x", value="y")
    for run in (one, two):
        assert bobs.get(address(run)).status_code == 200
    own = make_run(repo, experiment, "own")
    own.tags.create(run=own, key="mlflow.parentRunId", value=own.uuid)
    assert family_of(repo, own, tags_of(own)) == family_of(repo, make_run(repo, experiment), {})


def test_a_parent_elsewhere_is_not_named(
    bobs: Client, repo: Repository, other_repo: Repository, experiment: Experiment
) -> None:
    # The attack: naming a run of a private repository as parent, to read its name.
    secret = make_run(other_repo, make_experiment(other_repo), "top-secret")
    child = nested(repo, experiment, secret, "child")
    assert "top-secret" not in text_of(bobs, address(child))
    assert family_of(other_repo, secret, {}).below == []


def test_a_large_family_is_cut_and_said_to_be(bobs: Client, repo: Repository, experiment: Experiment) -> None:
    top = make_run(repo, experiment, "top")
    for number in range(102):
        nested(repo, experiment, top, f"n{number}")
    family = family_of(repo, top, {})
    assert (len(family.below), family.more) == (100, True)
    assert "All runs nested in this one" in text_of(bobs, address(top))


def test_children_are_found_by_the_index_of_parents(repo: Repository, experiment: Experiment, monkeypatch: Any) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL chooses by what the tables hold.")
    asked: list[tuple[str, Any]] = []
    rows = sql.rows
    monkeypatch.setattr(
        sql, "rows", lambda statement, params=(): asked.append((statement, params)) or rows(statement, params)
    )
    family_of(repo, make_run(repo, experiment), {})
    ((statement, params),) = asked
    plan = " ".join(str(step) for step in rows(f"EXPLAIN QUERY PLAN {statement}", params))
    assert "SEARCH t USING INDEX tracking_runtag_parent" in plan and "SEARCH r USING INTEGER PRIMARY KEY" in plan


# Ranges and pace


def test_least_most_and_curve_are_those_of_all_points(repo: Repository, experiment: Experiment) -> None:
    run = make_run(repo, experiment, metrics={"loss": [0.5, 9.0, 0.25, 0.75], "once": [3.0]})
    log_metrics(repository=repo, run_id=run.uuid, points=[Point("loss", float("nan"), START, 9)])
    log_metrics(repository=repo, run_id=run.uuid, points=[Point("far", value, START, n) for n, value in
                                                          enumerate((float("inf"), float("-inf"), 1.0))])  # fmt: skip
    found = ranges_of(run, latest_metrics(run))
    assert (found["loss"].least, found["loss"].most) == ("0.25", "9")
    assert found["loss"].path.startswith("M1.0 ") and found["loss"].path.count("L") == 3
    assert (found["once"].least, found["once"].most, found["once"].path) == ("3", "3", "")
    assert "nan" not in found["far"].path and "inf" not in found["far"].path and found["far"].path.count("L") == 2


def test_a_spike_is_in_the_range_of_a_long_curve(repo: Repository, experiment: Experiment) -> None:
    values = [1.0] * 2000
    values[777] = 50.0
    run = make_run(repo, experiment, metrics={"loss": values})
    assert ranges_of(run, latest_metrics(run))["loss"].most == "50"


def test_steps_of_any_size_have_a_range(repo: Repository, experiment: Experiment) -> None:
    run = make_run(repo, experiment)
    points = [Point("a", 1.0, START, -(2**63)), Point("a", 2.0, START, 2**63 - 1), Point("b", 1.0, START, -5)]
    log_metrics(repository=repo, run_id=run.uuid, points=points)
    found = ranges_of(run, latest_metrics(run))
    assert (found["a"].least, found["a"].most, found["b"].most) == ("1", "2", "1")


def test_runs_with_more_points_than_a_page_reads_have_no_ranges(
    repo: Repository, experiment: Experiment, monkeypatch: Any
) -> None:
    monkeypatch.setattr(run_ranges, "MOST_LIVE", 5)
    live = make_run(repo, experiment, metrics={"loss": [1.0] * 6}, status="RUNNING")
    ended = make_run(repo, experiment, metrics={"loss": [1.0] * 6})
    assert ranges_of(live, latest_metrics(live)) == {}
    assert ranges_of(ended, latest_metrics(ended)) != {}


def test_the_pace_of_a_running_run(bobs: Client, repo: Repository, experiment: Experiment, monkeypatch: Any) -> None:
    run = make_run(
        repo, experiment, params={"trainer/max_steps": "400"}, metrics={"loss": [1.0] * 101}, status="RUNNING"
    )
    monkeypatch.setattr(run_progress, "now_ms", lambda: START + 120_000)
    found = progress_of(run, latest_metrics(run), params_of(run))
    # A hundred steps in as many seconds: three hundred more take three hundred, of which twenty have gone by.
    assert (found.step, found.rate, found.percent) == (100, 1.0, 25)
    assert found.left is not None and found.left.total_seconds() == 280
    page = text_of(bobs, address(run))
    assert "Last heard of" in page and "about 4\u202fm 40\u202fs" in page and "by trainer/max_steps" in page


@pytest.mark.parametrize("total", ["", "-1", "0", "many", "nan", "inf", "1e400", "50", "1" * 400])
def test_a_total_that_says_nothing_gives_no_guess(repo: Repository, experiment: Experiment, total: str) -> None:
    run = make_run(repo, experiment, params={"max_steps": total}, metrics={"loss": [1.0] * 101}, status="RUNNING")
    found = progress_of(run, latest_metrics(run), params_of(run))
    assert found.left is None and found.percent is None


def test_epochs_are_counted_by_the_metric_of_that_name_only(repo: Repository, experiment: Experiment) -> None:
    told = {"num_train_epochs": "4"}
    steps = make_run(repo, experiment, params=told, metrics={"loss": [1.0] * 3}, status="RUNNING")
    assert progress_of(steps, latest_metrics(steps), params_of(steps)).total is None
    epochs = make_run(repo, experiment, params=told, metrics={"epoch": [0.5, 1.0]}, status="RUNNING")
    found = progress_of(epochs, latest_metrics(epochs), params_of(epochs))
    assert (found.done, found.total, found.unit, found.percent) == (1.0, 4.0, "epochs", 25)


# Notes, tags, ending


def test_who_was_overtaken_loses_nothing(bobs: Client, repo: Repository, experiment: Experiment) -> None:
    run = make_run(repo, experiment, tags={"mlflow.note.content": "first"})
    here = f"{address(run)}/notes"
    old = digest_of("first")
    assert bobs.post(here, {"text": "theirs <b>", "seen": old}).status_code == 302
    answer = bobs.post(here, {"text": "mine\r\nof two lines", "seen": old})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "mine\nof two lines" in page and "theirs &lt;b&gt;" in page and "data-unsaved" in page
    assert tags_of(run)["mlflow.note.content"] == "theirs <b>"
    assert f'value="{digest_of("theirs <b>")}"' in page
    bobs.post(here, {"text": "both", "seen": digest_of("theirs <b>")})
    assert tags_of(run)["mlflow.note.content"] == "both"


def test_notes_are_removed_by_emptying_them(bobs: Client, repo: Repository, experiment: Experiment) -> None:
    run = make_run(repo, experiment, tags={"mlflow.note.content": "first"})
    bobs.post(f"{address(run)}/notes", {"text": "", "seen": digest_of("first")})
    assert "mlflow.note.content" not in tags_of(run)
    with pytest.raises(Conflict):
        write_notes(repository=repo, run_id=run.uuid, text="x", seen=digest_of("first"))


def test_a_preview_saves_nothing_and_runs_nothing(bobs: Client, repo: Repository, experiment: Experiment) -> None:
    run = make_run(repo, experiment)
    here = f"{address(run)}/notes"
    data = {"text": "**bold** <script>alert(1)</script>", "seen": digest_of(""), "preview": "1"}
    page = bobs.post(here, data).content.decode()
    assert "<strong>bold</strong>" in page and "<script>alert" not in page and "<html" in page
    part = bobs.post(here, data, headers={"HX-Request": "true"}).content.decode()
    assert "<strong>bold</strong>" in part and "<html" not in part
    assert tags_of(run).get("mlflow.note.content") is None


def test_notes_too_long_stay_in_the_form(bobs: Client, repo: Repository, experiment: Experiment) -> None:
    run = make_run(repo, experiment)
    answer = bobs.post(f"{address(run)}/notes", {"text": "é" * 8001, "seen": digest_of("")})
    assert answer.status_code == 400 and "é" * 8001 in answer.content.decode()
    lines = "x\r\n" * 4000  # 8,000 characters as clients count them
    assert bobs.post(f"{address(run)}/notes", {"text": lines, "seen": digest_of("")}).status_code == 302


def test_a_tag_is_edited_in_its_place(bobs: Client, repo: Repository, experiment: Experiment) -> None:
    run = make_run(repo, experiment, tags={"team": "vision"})
    assert 'aria-label="Edit team"' in text_of(bobs, address(run))
    bobs.post(f"{address(run)}/tags", {"key": "team", "value": "speech"})
    assert tags_of(run)["team"] == "speech"


def test_a_run_whose_program_is_gone_is_ended_by_hand(bobs: Client, repo: Repository, experiment: Experiment) -> None:
    run = make_run(repo, experiment, status="RUNNING")
    assert "is not stopped" in text_of(bobs, f"{address(run)}/ending")
    assert bobs.post(f"{address(run)}/ending", {"status": "RUNNING"}).status_code == 400
    bobs.post(f"{address(run)}/ending", {"status": "FAILED"})
    run.refresh_from_db()
    assert run.status == "FAILED" and run.end_time
    assert bobs.post(f"{address(run)}/ending", {"status": "FINISHED"}).status_code == 409


@pytest.mark.parametrize("path", ["/notes", "/ending", "/tags"])
def test_readers_and_strangers_change_nothing(
    browser_of: BrowserOf, repo: Repository, experiment: Experiment, carol: User, mallory: User, path: str
) -> None:
    run = make_run(repo, experiment, status="RUNNING")
    for who, status in ((carol, 403), (mallory, 404), (None, 404)):
        data = {"text": "x", "seen": digest_of(""), "status": "FAILED", "key": "a", "value": "b"}
        assert browser_of(who).post(address(run) + path, data).status_code == status
    run.refresh_from_db()
    assert run.status == "RUNNING" and tags_of(run) == {"mlflow.runName": run.name}
    page = text_of(browser_of(carol), address(run))
    assert "Edit" not in page and "/ending" not in page


# Snippets and cost


def test_snippets_ask_for_a_token_only_where_one_is_needed(
    bobs: Client, repo: Repository, experiment: Experiment
) -> None:
    run = make_run(repo, experiment)
    page = html.unescape(text_of(bobs, address(run)))
    assert 'os.environ["MLFLOW_TRACKING_USERNAME"] = "bob"' in page and "curl -u bob 'http" in page
    Repository.objects.update(visibility="public")
    page = html.unescape(text_of(bobs, address(run)))
    assert "getpass" not in page and "curl 'http" in page and f'mlflow.get_run("{run.uuid}")' in page


@pytest.mark.parametrize("count", [1, 3])
def test_the_overview_with_all_there_is_takes_the_same_queries_for_one_and_for_three(
    bobs: Client, repo: Repository, experiment: Experiment, commit: str, count: int
) -> None:
    run = make_run(
        repo, experiment, tags={COMMIT: commit, **{f"t{n}": "1" for n in range(count)}},
        metrics={f"m{n}": [1.0, 2.0] for n in range(count)},
    )  # fmt: skip
    for number in range(count):
        use_dataset(repo, run, {"name": f"d{number}", "digest": "d", "source_type": "x", "source": "{}"})
        nested(repo, experiment, run, f"child{number}")
    text_of(bobs, address(run))
    with CaptureQueriesContext(connection) as queries:
        text_of(bobs, address(run))
    assert len(queries) == 18
