"""Pages that lay files of runs side by side: images, tables, texts, code and environments, and what they ask for."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from repos.git.history import log
from repos.git.refs import snapshot
from repos.models import Repository
from repos.paths import git_dir
from storage.services import put_object
from tests.factories.tracking import make_artifact, make_experiment, make_run
from tests.support.sample_repository import bare_copy, build, picture
from tests.tracking.test_views_compare import COMPARE, query
from tests.tracking.test_views_experiments import text_of
from tracking.locations import SPACE
from tracking.models import Experiment, LoggedModel, Run
from tracking.selectors import compare_artifacts
from tracking.selectors.compare_artifacts import MOST_FILES, files_of_runs, shared_paths
from tracking.services.logged_models import create_model

BrowserOf = Callable[[User | None], Client]
ID = "0a1b2c3d-0000-4000-8000-000000000000"


@pytest.fixture
def pair(repo: Repository) -> list[Run]:
    """Two runs without files."""
    experiment = make_experiment(repo)
    return [make_run(repo, experiment, f"run-{number}") for number in range(2)]


@pytest.fixture
def bobs(browser_of: BrowserOf, pair: list[Run], bob: User) -> Client:
    return browser_of(bob)


def words(page: str) -> str:
    """What a reader sees, in one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", page[page.index("<main") :]).split())


def test_files_are_listed_for_all_runs_at_once(repo: Repository, pair: list[Run]) -> None:
    for path, contents in {
        "a.txt": (b"1", b"1"),
        "b.txt": (b"1", b"2"),
        "only.txt": (b"x",),
        "pic/c.PNG": (b"p", b"q"),
    }.items():
        for run, content in zip(pair, contents, strict=False):
            make_artifact(repo, run, path, content)
    with CaptureQueriesContext(connection) as queries:
        listings = files_of_runs(repo, pair)
    assert len(queries) == 1
    found = [(each.path, each.count, each.differs, each.contents, each.variants) for each in shared_paths(listings)]
    assert found == [
        ("b.txt", 2, True, 2, (1, 2)), ("pic/c.PNG", 2, True, 2, (1, 2)),
        ("a.txt", 2, False, 1, (1, 1)), ("only.txt", 1, True, 1, (1, 0)),
    ]  # fmt: skip
    assert [list(each.files) for each in files_of_runs(repo, pair, ends=(".png",))] == [["pic/c.PNG"]] * 2
    assert [list(each.files) for each in files_of_runs(repo, pair, without="pic/%")] == [
        ["a.txt", "b.txt", "only.txt"],
        ["a.txt", "b.txt"],
    ]


def test_a_folder_that_is_too_large_is_cut_and_said(
    repo: Repository, pair: list[Run], bobs: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        make_artifact(repo, pair[0], f"{number}.txt", b"x")
        make_artifact(repo, pair[1], f"{number}.txt", b"y")
    assert [listing.cut for listing in files_of_runs(repo, pair)] == [False, False]
    monkeypatch.setattr(compare_artifacts, "MOST_FILES", 3)
    assert [(len(listing.files), listing.cut) for listing in files_of_runs(repo, pair)] == [(3, True), (3, True)]
    assert "more files than are looked at" in words(text_of(bobs, f"{COMPARE}/files?{query('run-0', 'run-1')}"))
    monkeypatch.setattr(compare_artifacts, "MOST_FILES", MOST_FILES)
    monkeypatch.setattr(compare_artifacts, "MOST_LOOKED_AT", 4)
    assert [listing.cut for listing in files_of_runs(repo, pair, ends=("0.txt",))] == [False, False]
    monkeypatch.setattr(compare_artifacts, "MOST_LOOKED_AT", 2)
    assert [(len(listing.files), listing.cut) for listing in files_of_runs(repo, pair, ends=("0.txt",))] == [
        (1, True)
    ] * 2


def test_files_kept_elsewhere_are_none(repo: Repository, pair: list[Run], bobs: Client) -> None:
    Experiment.objects.update(artifact_location="s3://elsewhere/here")
    assert "No files in common" in text_of(bobs, f"{COMPARE}/files?{query('run-0', 'run-1')}")
    assert "No images" in text_of(bobs, f"{COMPARE}/images?{query('run-0', 'run-1')}")


def test_images_stand_in_a_grid_through_the_addresses_of_artifacts(
    repo: Repository, pair: list[Run], bobs: Client
) -> None:
    for run in pair:
        for step in range(7):
            make_artifact(repo, run, f"images/k%step%{step}%timestamp%1%{ID}.png", picture(8, 8))
    page = text_of(bobs, f"{COMPARE}/images?{query('run-0', 'run-1', at='5')}")
    assert re.findall(r"step (\d)</th>", page) == ["2", "3", "4", "5", "6"]
    assert page.count("<img ") == 10 == page.count('loading="lazy"') and "?small" in page
    source = re.findall(r'<img src="([^"]+)"', page)[0]
    assert f"/runs/{pair[0].uuid}/files/images/k%25step%252%25" in source
    answer = bobs.get(source)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/webp")
    moved = text_of(bobs, f"{COMPARE}/images?{query('run-0', 'run-1', at='5', to='0')}")
    assert re.findall(r"step (\d)</th>", moved) == ["0", "1", "2", "3", "4"]


def test_a_table_is_joined_and_its_page_is_bounded(repo: Repository, pair: list[Run], bobs: Client) -> None:
    for number, run in enumerate(pair):
        rows = [[f"question {n}", f"answer {n * number}"] for n in range(30)]
        table = {"columns": ["inputs", "outputs"], "data": rows}
        make_artifact(repo, run, "eval.json", json.dumps(table, separators=(",", ":")).encode())
    address = f"{COMPARE}/files?{query('run-0', 'run-1', file='eval.json')}"
    page = text_of(bobs, address)
    assert page.count('<td class="is-apart"') == 24
    assert "Rows by inputs" in words(page) and "Page 1 of 2" in words(page)
    assert "question 29" in text_of(bobs, f"{address}&row=2")
    assert "No row differs." not in text_of(bobs, f"{address}&only=1")


def test_a_damaged_table_says_why(repo: Repository, pair: list[Run], bobs: Client) -> None:
    make_artifact(repo, pair[0], "t.parquet", b"PAR1 not really")
    make_artifact(repo, pair[1], "t.parquet", b"PAR1 neither")
    page = words(text_of(bobs, f"{COMPARE}/files?{query('run-0', 'run-1', file='t.parquet')}"))
    assert "These tables cannot be joined" in page


def test_texts_are_compared_line_by_line(repo: Repository, pair: list[Run], bobs: Client) -> None:
    make_artifact(repo, pair[0], "notes.md", b"one\n<b>two</b>\n")
    make_artifact(repo, pair[1], "notes.md", b"one\n<b>three</b>\n")
    page = text_of(bobs, f"{COMPARE}/files?{query('run-0', 'run-1', file='notes.md')}")
    assert 'class="diff-del"' in page and 'class="diff-add"' in page and "<b>two" not in page
    assert bobs.get(f"{COMPARE}/files?{query('run-0', 'run-1', file='none.md')}").status_code == 404


def test_what_is_no_text_is_linked(repo: Repository, pair: list[Run], bobs: Client) -> None:
    for number, run in enumerate(pair):
        make_artifact(repo, run, "weights.bin", bytes([0, 1, 2, number]))
    page = words(text_of(bobs, f"{COMPARE}/files?{query('run-0', 'run-1', file='weights.bin')}"))
    assert "This is no text, or too long" in page


def test_packages_of_artifacts_and_logged_models_are_laid_side_by_side(
    repo: Repository, pair: list[Run], bobs: Client
) -> None:
    make_artifact(repo, pair[0], "requirements.txt", b"numpy==1.0\n")
    make_artifact(repo, pair[1], "requirements.txt", b"numpy==2.0\n")
    for run in pair:
        made = create_model(repository=repo, number=1, name="forest", source_run_id=run.uuid)
        stored = LoggedModel.objects.get(uuid=made.uuid)
        content = f"flavors: {{sklearn: {{sklearn_version: 1.{run.pk % 2}}}}}\n".encode()
        _put(repo, f"1/models/{stored.uuid}/artifacts/MLmodel", content)
    page = text_of(bobs, f"{COMPARE}/environment?{query('run-0', 'run-1')}")
    seen = words(page)
    assert "Artifacts 1 from requirements.txt" in seen and "forest 1 from MLmodel" in seen
    assert "numpy 1.0 2.0" in seen


def _put(repo: Repository, key: str, content: bytes) -> None:
    put_object(repository=repo, space=SPACE, key=key, chunks=[content])


@pytest.fixture
def with_history(repo: Repository, tmp_path: Path) -> list[str]:
    """Commits of a history in alice/stones, newest first."""
    folder = git_dir(repo)
    shutil.rmtree(folder)
    bare_copy(build(tmp_path / "work"), folder)
    Repository.objects.filter(pk=repo.pk).update(is_empty=False)
    main = snapshot(folder)["refs/heads/main"]
    return [commit.id for commit in log(folder, main, limit=3)]


def test_commits_are_held_against_the_baselines(
    repo: Repository, browser_of: BrowserOf, bob: User, with_history: list[str]
) -> None:
    experiment = make_experiment(repo)
    newest, older = with_history[0], with_history[1]
    for name, commit in (("run-0", newest), ("run-1", older), ("lost", "e" * 40), ("evil", "--output=/tmp/x")):
        make_run(repo, experiment, name, tags={"mlflow.source.git.commit": commit})
    make_run(repo, experiment, "none")
    page = text_of(browser_of(bob), f"{COMPARE}/code?{query('run-0', 'run-1', 'lost', 'evil', 'none')}")
    assert f"/alice/stones/compare/{newest}...{older}" in page
    seen = words(page)
    assert "0 commits ahead of the baseline's, 2 behind it." in seen.replace("&#x27;", "'")
    assert seen.count("This commit is not in the repository") == 2
    assert "This run names no commit." in seen


@pytest.mark.parametrize("part", ["images", "files", "code", "environment", "charts"])
def test_pages_take_the_same_queries_for_one_file_and_for_three(
    repo: Repository, pair: list[Run], bobs: Client, part: str
) -> None:
    def fill(number: int) -> None:
        for run in pair:
            make_artifact(repo, run, f"{number}/requirements.txt", f"numpy=={run.pk}".encode())
            make_artifact(repo, run, f"{number}/train.py", f"x = {run.pk}".encode())
            make_artifact(repo, run, f"{number}.png", f"{run.pk}".encode())

    counts = []
    for number in range(3):
        fill(number)
        with CaptureQueriesContext(connection) as queries:
            bobs.get(f"{COMPARE}/{part}?{query('run-0', 'run-1')}")
        counts.append(len(queries))
    expected = {"images": 12, "files": 12, "code": 14, "environment": 17, "charts": 11}[part]
    assert counts == [expected] * 3
