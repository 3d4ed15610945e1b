"""The files of a run as a tree: opening, paging, finding, downloads of whole folders, and what a file is shown as."""

from __future__ import annotations

import base64
import io
import json
import re
import tracemalloc
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from repos.models import Repository
from storage.services import put_object
from tests.factories.tracking import make_artifact, make_experiment, make_run
from tests.tracking.test_views_experiments import text_of
from tracking.models import Experiment, Run
from tracking.selectors import run_files
from tracking.selectors.run_logged_table import as_lines
from tracking.services.logged_models import create_model
from tracking.views import run_shelf

BrowserOf = Callable[[User | None], Client]
PART = {"HX-Request": "true"}
MIB = 1024 * 1024


@pytest.fixture
def run(repo: Repository) -> Run:
    """A finished run without files."""
    return make_run(repo, make_experiment(repo), "calm-otter")


@pytest.fixture
def here(run: Run) -> str:
    """The address of the run's page."""
    return f"/alice/stones/experiments/1/runs/{run.uuid}"


@pytest.fixture
def bobs(browser_of: BrowserOf, run: Run, bob: User) -> Client:
    """The browser of somebody who may read."""
    return browser_of(bob)


def entries(page: str) -> list[str]:
    """The names in the trees of a page, in order."""
    return re.findall(r'<span class="clip" title="[^"]*">([^<]*)</span>', page)


def archive_of(client: Client, address: str) -> zipfile.ZipFile:
    """The zip archive at an address, proven whole."""
    answer = client.get(address)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/zip")
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    assert archive.testzip() is None
    return archive


def test_the_tree_is_open_down_to_the_file(bobs: Client, repo: Repository, run: Run, here: str) -> None:
    for path in ("a/b/c.txt", "a/b/d.txt", "a/z.txt", "e/f.txt", "g.txt"):
        make_artifact(repo, run, path, b"x" * 1000)
    page = text_of(bobs, f"{here}/artifacts/a/b/c.txt")
    assert entries(page) == ["a", "b", "c.txt", "d.txt", "z.txt", "e", "g.txt"]
    assert f'href="{here}/artifacts/a/b/c.txt" aria-current="true"' in page
    assert 'title="3 files">2.9\u202fKiB' in page  # the folder a
    assert f"runs:/{run.uuid}/a/b/c.txt" in page
    assert entries(text_of(bobs, f"{here}/artifacts")) == ["a", "e", "g.txt"]


def test_a_folder_is_opened_by_itself(bobs: Client, repo: Repository, run: Run, here: str) -> None:
    for path in ("a/b/c.txt", "a/z.txt", "g.txt"):
        make_artifact(repo, run, path, b"x")
    part = text_of(bobs, f"{here}/artifacts/a?level=1", headers=PART)
    assert entries(part) == ["b", "z.txt"] and "<html" not in part
    assert "<html" in text_of(bobs, f"{here}/artifacts/a?level=1")


def test_a_huge_folder_comes_by_the_page(bobs: Client, repo: Repository, run: Run, here: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(run_files, "PER_LEVEL", 3)
    names = ["a1", "a10", "a2", "b", "c/x", "d & e?.txt", "f", "g"]
    for name in names:
        make_artifact(repo, run, f"many/{name}", b"x")
    seen: list[str] = []
    address = f"{here}/artifacts/many"
    for _ in range(5):
        page = text_of(bobs, address)
        seen += [each for each in entries(page) if each != "many"]
        more = re.search(r'data-more href="([^"]+)"', page)
        if more is None:
            break
        address = more[1].replace("&amp;", "&")
    assert sorted(seen) == ["a1", "a10", "a2", "b", "c", "d &amp; e?.txt", "f", "g"]
    assert 'aria-current="true"' in text_of(bobs, f"{here}/artifacts/many/g")


def test_a_file_far_down_is_reached(bobs: Client, repo: Repository, run: Run, here: str) -> None:
    deep = "/".join(f"d{n}" for n in range(120)) + "/file.txt"
    make_artifact(repo, run, deep, b"deep words")
    page = text_of(bobs, f"{here}/artifacts/{deep}")
    assert "deep words" in page
    assert entries(page)[-1] == "file.txt" and len(entries(page)) == run_files.MOST_OPEN + 1


def test_files_are_found_by_name(bobs: Client, repo: Repository, run: Run, here: str) -> None:
    for path in ("plots/Loss.png", "plots/acc.png", "model/loss.pkl", "a.txt"):
        make_artifact(repo, run, path, b"x")
    page = text_of(bobs, f"{here}/artifacts?find=loss")
    assert "2 files." in page and "plots/Loss.png" in page and "model/loss.pkl" in page and "acc.png" not in page
    part = text_of(bobs, f"{here}/artifacts?find=PLOTS+loss", headers=PART)
    assert "1 file." in part and "<html" not in part
    # The folder of a run has its id in the keys: nobody looks for that.
    assert "No file is called so" in text_of(bobs, f"{here}/artifacts?find={run.uuid[:6]}")
    assert entries(text_of(bobs, f"{here}/artifacts?find=", headers=PART)) == ["model", "plots", "a.txt"]


def test_finding_says_when_it_stopped(bobs: Client, repo: Repository, run: Run, here: str, monkeypatch: Any) -> None:
    for number in range(4):
        make_artifact(repo, run, f"{number}.txt", b"x")
    monkeypatch.setattr(run_files, "MOST_FOUND", 2)
    assert "2 files: the first that were found." in text_of(bobs, f"{here}/artifacts?find=txt")
    monkeypatch.setattr(run_files, "MOST_SEARCHED", 3)
    assert "among the first that were looked through" in text_of(bobs, f"{here}/artifacts?find=nothing")


def test_folders_too_large_to_add_up_have_no_size(
    bobs: Client, repo: Repository, run: Run, here: str, monkeypatch: Any
) -> None:
    monkeypatch.setattr(run_files, "MOST_SUMMED", 2)
    for path in ("a/1", "a/2", "b/3"):
        make_artifact(repo, run, path, b"x" * 100)
    assert 'title="2 files"' not in text_of(bobs, f"{here}/artifacts")
    assert "2 files, 200" in text_of(bobs, f"{here}/artifacts/a")


def test_a_folder_is_one_archive(bobs: Client, repo: Repository, run: Run, here: str) -> None:
    files = {"m/MLmodel": b"flavors", "m/data/w.bin": bytes(range(256)) * 3000, "m/empty": b"", "m/ü ß.txt": b"x"}
    for path, content in {**files, "other.txt": b"y"}.items():
        make_artifact(repo, run, path, content)
    archive = archive_of(bobs, f"{here}/zip/m")
    assert {name: archive.read(name) for name in archive.namelist()} == files
    whole = archive_of(bobs, f"{here}/zip")
    assert sorted(whole.namelist())[-1] == f"calm-otter {run.uuid[:8]}/other.txt"
    assert bobs.get(f"{here}/zip/m")["Content-Disposition"] == 'attachment; filename="m.zip"'


@pytest.mark.parametrize("name", ["../../etc/cron.d/x", "..", "/abs", "C:\\x", 'a\x1bb"c'])
def test_a_name_of_a_run_cannot_lead_out_of_an_archive(
    bobs: Client, repo: Repository, run: Run, here: str, name: str
) -> None:
    # The attack: a run called `../../x`, whose archive unpacks over other files of whoever fetched it.
    make_artifact(repo, run, "a.txt", b"x")
    Run.objects.update(name=name)
    (path,) = archive_of(bobs, f"{here}/zip").namelist()
    assert re.fullmatch(r"[\w .-]+/a\.txt", path) and not path.startswith((".", "/"))


def test_an_archive_is_sent_in_little_memory(bobs: Client, repo: Repository, run: Run, here: str) -> None:
    for number in range(3):
        blocks = (bytes([number]) * MIB for _ in range(12))
        key = f"1/{run.uuid}/artifacts/big/{number}.bin"
        put_object(repository=repo, space="artifacts", key=key, chunks=blocks)
    answer = bobs.get(f"{here}/zip/big")
    tracemalloc.start()
    sent = sum(len(block) for block in answer.streaming_content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sent > 36 * MIB
    assert peak < 4 * MIB


def test_an_archive_of_more_files_than_it_takes_is_refused(
    bobs: Client, repo: Repository, run: Run, here: str, monkeypatch: Any
) -> None:
    monkeypatch.setattr(run_shelf, "MOST_ZIPPED", 2)
    monkeypatch.setattr(run_files, "BLOCK", 1)
    for number in range(3):
        make_artifact(repo, run, f"a/{number}", b"x")
    make_artifact(repo, run, "b/1", b"x")
    make_artifact(repo, run, "b/2", b"x")
    answer = bobs.get(f"{here}/zip/a")
    assert answer.status_code == 413 and "mlflow artifacts download" in answer.content.decode()
    assert sorted(archive_of(bobs, f"{here}/zip/b").namelist()) == ["b/1", "b/2"]


@pytest.mark.parametrize(
    "path", ["/zip/nothing", "/zip/a.txt", "/zip/..", "/zip/%00", "/artifacts/nothing", "/artifacts/a/../b",
             "/artifacts/%0a"]
)  # fmt: skip
def test_what_is_not_there_is_told_clearly(bobs: Client, repo: Repository, run: Run, here: str, path: str) -> None:
    make_artifact(repo, run, "a.txt", b"x")
    assert bobs.get(here + path).status_code == 404


@pytest.mark.parametrize("after", ["a/b", "%00", "x" * 2000])
def test_an_odd_place_to_go_on_from_is_refused(bobs: Client, repo: Repository, run: Run, here: str, after: str) -> None:
    make_artifact(repo, run, "a.txt", b"x")
    assert bobs.get(f"{here}/artifacts?after={after}").status_code == 400


@pytest.mark.parametrize("path", ["/zip", "/zip/a", "/artifacts?find=a", "/artifacts/a?level=1"])
def test_strangers_get_no_files(
    browser_of: BrowserOf, repo: Repository, run: Run, here: str, carol: User, mallory: User, path: str
) -> None:
    make_artifact(repo, run, "a/b.txt", b"x")
    for who, status in ((carol, 200), (mallory, 404), (None, 404)):
        answer = browser_of(who).get(here + path, headers=PART)
        assert answer.status_code == status
        if answer.streaming:
            assert b"".join(answer.streaming_content)


def test_files_of_a_model_have_their_own_tree_and_archive(bobs: Client, repo: Repository, run: Run, here: str) -> None:
    model = create_model(repository=repo, number=1, name="classifier", source_run_id=run.uuid)
    for path in ("code/MLmodel", "w.bin"):
        key = f"1/models/{model.uuid}/artifacts/{path}"
        put_object(repository=repo, space="artifacts", key=key, chunks=[b"x"])
    top = f"{here}/models/{model.uuid}"
    assert entries(text_of(bobs, f"{top}/artifacts/code")) == ["code", "MLmodel", "w.bin"]
    assert f"models:/{model.uuid}/code/MLmodel" in text_of(bobs, f"{top}/artifacts/code/MLmodel")
    assert sorted(archive_of(bobs, f"{top}/zip").namelist()) == ["classifier/code/MLmodel", "classifier/w.bin"]
    assert bobs.get(f"{here}/models/m-{'0' * 32}/zip").status_code == 404


def test_a_logged_table_is_shown_as_a_table(bobs: Client, repo: Repository, run: Run, here: str) -> None:
    table = {"columns": ["question", "score", "score"], "data": [["why", 1, 2.5], ["<b>how</b>", None, 3]]}
    make_artifact(repo, run, "eval.json", json.dumps(table).encode())
    page = text_of(bobs, f"{here}/artifacts/eval.json")
    assert "<table" in page and "score (2)" in page and "&lt;b&gt;how" in page
    make_artifact(repo, run, "plain.json", b'{"columns": ["a"], "data": [[1, 2]]}')
    assert "viewer__tree" in text_of(bobs, f"{here}/artifacts/plain.json")


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b'{"columns": [], "data": []}', b'{"columns": ["a"], "data": [[1], []]}', b"[" * 100_000,
     b'{"columns": ["a"], "data": [[1]], "index": [0]}', b'{"columns": "a", "data": 1}', b'\xff"columns""data"'],
)  # fmt: skip
def test_what_is_no_logged_table_is_left_alone(content: bytes) -> None:
    assert as_lines(content) is None


def test_pictures_of_a_series_are_called_by_their_step_and_shown_once(
    bobs: Client, repo: Repository, run: Run, here: str
) -> None:
    picture = base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    )
    stem = "val#faces+step+7+timestamp+1790000000000+0a1b2c3d-0000-4000-8000-000000000000"
    for name in (f"{stem}.png", f"{stem}+compressed.webp", "step.png"):
        make_artifact(repo, run, f"images/{name}", picture)
    page = text_of(bobs, f"{here}/artifacts/images")
    assert page.count('?small"') == 2 and ">val/faces, step 7<" in page and ">step.png<" in page


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_takes_the_same_queries_for_one_and_for_three(
    bobs: Client, repo: Repository, run: Run, here: str, count: int
) -> None:
    for number in range(count):
        make_artifact(repo, run, f"folder/{number}.txt", b"x")
        make_artifact(repo, run, f"{number}/x.txt", b"x")
    for address, expected in ((f"{here}/artifacts", 16), (f"{here}/artifacts/folder/0.txt", 19)):
        bobs.get(address)
        with CaptureQueriesContext(connection) as queries:
            bobs.get(address)
        assert len(queries) == expected


def test_an_experiment_kept_elsewhere_has_no_archive(bobs: Client, run: Run, here: str) -> None:
    Experiment.objects.update(artifact_location="s3://bucket/path")
    assert bobs.get(f"{here}/zip").status_code == 404
    assert "Kept elsewhere." in text_of(bobs, f"{here}/artifacts")
