"""The pages of one run: overview, charts and their numbers, changes, artifacts."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from hub.lib.http import UNTRUSTED_POLICY
from repos.models import Repository
from storage.services import put_object
from tests.factories.tracking import START, make_artifact, make_experiment, make_run
from tests.tracking.test_views_experiments import text_of
from tracking.models import Experiment, Run
from tracking.rules import Point
from tracking.services.logged_models import create_model
from tracking.services.metrics import log_metrics
from tracking.services.runs import delete_run, update_run

BrowserOf = Callable[[User | None], Client]
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


def headers_of(client: Client, address: str) -> Any:
    """The headers of an answer; its bytes are read, which lets the file go."""
    answer = client.get(address)
    assert b"".join(answer.streaming_content)
    return answer.headers


@pytest.fixture
def experiment(repo: Repository) -> Experiment:
    """Experiment 1 of alice/stones."""
    return make_experiment(repo)


@pytest.fixture
def run(repo: Repository, experiment: Experiment) -> Run:
    """A finished run with everything the overview shows."""
    return make_run(
        repo, experiment, "calm-otter",
        params={"lr": "0.1", "note": ""},
        metrics={"loss": [1.0, 0.5, 0.25], "val/acc": [0.5, 0.75], "once": [7.0], "system/cpu": [10.0, 20.0]},
        tags={"team": "vision", "mlflow.source.name": "train.py", "mlflow.source.git.commit": "a" * 40,
              "mlflow.note.content": "# Learnt\n\n**much** <script>alert(1)</script>"},
    )  # fmt: skip


@pytest.fixture
def here(run: Run) -> str:
    """The address of the run's page."""
    return f"/alice/stones/experiments/1/runs/{run.uuid}"


@pytest.fixture
def bobs(browser_of: BrowserOf, run: Run, bob: User) -> Client:
    """The browser of somebody who may write."""
    return browser_of(bob)


def test_the_overview_tells_what_the_run_was_and_did(bobs: Client, here: str) -> None:
    page = text_of(bobs, here)
    for words in (
        "calm-otter",
        "Finished",
        "train.py",
        "aaaaaaaaaa",
        "bob",
        "1\u202fm 05\u202fs",
        ">lr<",
        "0.25",
        ">team<",
    ):
        assert words in page, words
    assert "<strong>much</strong>" in page
    assert "alert(1)" not in page
    assert "system/cpu" not in page
    assert "<run-live>" not in page


def test_a_running_run_renews_its_facts_until_it_ends(
    bobs: Client, repo: Repository, experiment: Experiment, bob: User
) -> None:
    going = make_run(repo, experiment, "going", status="RUNNING", metrics={"loss": [0.5]})
    here = f"/alice/stones/experiments/1/runs/{going.uuid}"
    page = text_of(bobs, here)
    assert "<run-live>" in page and f'data-src="{here}?live=1"' in page
    asked = {"HX-Request": "true"}
    answer = bobs.get(f"{here}?live=1", headers=asked)
    part = answer.content.decode()
    assert "<html" not in part and all(
        f'id="run-{word}"' in part for word in ("list-metric", "badge", "facts", "count")
    )
    assert "Running" in part and "0.5" in part
    known = {**asked, "If-None-Match": answer.headers["ETag"]}
    again = bobs.get(f"{here}?live=1", headers=known)
    assert (again.status_code, again.content) == (304, b"")
    log_metrics(repository=repo, run_id=going.uuid, points=[Point("loss", 0.125, START + 1000, 1)])
    assert "0.125" in text_of(bobs, f"{here}?live=1", headers=known)
    update_run(repository=repo, run_id=going.uuid, status="FINISHED", end_time=START + 2000)
    ended = text_of(bobs, f"{here}?live=1", headers=known)
    assert "Finished" in ended and "data-src" not in ended and "<run-live>" not in text_of(bobs, here)


def test_the_family_of_a_run_is_linked_both_ways(
    bobs: Client, repo: Repository, experiment: Experiment, run: Run, here: str
) -> None:
    child = make_run(repo, experiment, "child-run", tags={"mlflow.parentRunId": run.uuid})
    assert "child-run" in text_of(bobs, here)
    assert "calm-otter" in text_of(bobs, f"/alice/stones/experiments/1/runs/{child.uuid}")


@pytest.mark.parametrize(
    "path", ["", "/metrics", "/system", "/artifacts", "/series?key=loss", "/latest", "/files/x", "/name"]
)
def test_a_run_is_found_only_where_it_belongs(
    bobs: Client,
    browser_of: BrowserOf,
    run: Run,
    here: str,
    other_repo: Repository,
    alice: User,
    mallory: User,
    path: str,
) -> None:
    # The attack: reaching a run of a private repository through the address of a repository that one may read.
    elsewhere = here.replace("/stones/", "/pebbles/") + path
    make_experiment(other_repo)
    assert browser_of(alice).get(elsewhere).status_code == 404
    led = bobs.get(here.replace("experiments/1", "experiments/2") + path)
    assert (led.status_code, led.headers["Location"]) == (302, here + path)
    assert browser_of(mallory).get(here.replace("experiments/1", "experiments/2") + path).status_code == 404
    assert browser_of(mallory).get(here + path).status_code == 404
    assert browser_of(None).get(here + path).status_code == 404


@pytest.mark.parametrize("path", ["/name", "/notes", "/tags", "/deletion", "/restoration"])
def test_readers_may_change_nothing(browser_of: BrowserOf, run: Run, here: str, carol: User, path: str) -> None:
    answer = browser_of(carol).post(here + path, {"name": "x", "text": "x", "key": "x", "remove": "team"})
    assert answer.status_code == 403
    assert not Run.objects.get(pk=run.pk).is_deleted
    page = text_of(browser_of(carol), here)
    assert "Add a tag" not in page and "/deletion" not in page


def test_rename_and_notes(bobs: Client, run: Run, here: str) -> None:
    assert bobs.post(f"{here}/name", {"name": "second try"})["Location"] == here
    assert Run.objects.get(pk=run.pk).name == "second try"
    page = text_of(bobs, f"{here}/notes")
    assert "# Learnt" in page
    seen = re.findall(r'name="seen" value="(\w+)"', page)[0]
    bobs.post(f"{here}/notes", {"text": "Less is *more*.", "seen": seen})
    assert "Less is <em>more</em>." in text_of(bobs, here)


def test_a_name_that_is_blank_is_told_beside_its_field(bobs: Client, here: str) -> None:
    answer = bobs.post(f"{here}/name", {"name": " "})
    assert answer.status_code == 400
    assert "field__error" in answer.content.decode()


def test_tags_are_set_and_removed(bobs: Client, run: Run, here: str) -> None:
    bobs.post(f"{here}/tags", {"key": "stage", "value": "prod"})
    bobs.post(f"{here}/tags", {"remove": "team"})
    mine = dict(run.tags.exclude(key__startswith="mlflow.").values_list("key", "value"))
    assert mine == {"stage": "prod"}


@pytest.mark.parametrize("data", [{"remove": "nothing"}, {"key": "a\0b", "value": "x"}, {"key": "..", "value": "x"}])
def test_tags_that_cannot_be_are_refused(bobs: Client, here: str, data: dict[str, str]) -> None:
    assert bobs.post(f"{here}/tags", data).status_code in (302, 400, 404)


def test_deletion_can_be_taken_back(bobs: Client, run: Run, here: str) -> None:
    assert "goes to the trash" in text_of(bobs, f"{here}/deletion")
    assert not Run.objects.get(pk=run.pk).is_deleted
    bobs.post(f"{here}/deletion")
    assert Run.objects.get(pk=run.pk).is_deleted
    assert "This run is in the trash" in text_of(bobs, here)
    bobs.post(f"{here}/restoration")
    assert not Run.objects.get(pk=run.pk).is_deleted


def test_a_run_in_the_trash_can_be_read_and_not_changed(bobs: Client, repo: Repository, run: Run, here: str) -> None:
    delete_run(repository=repo, run_id=run.uuid)
    assert "Add a tag" not in text_of(bobs, here)
    assert bobs.post(f"{here}/notes", {"text": "late"}).status_code == 400


def test_metrics_with_a_curve_get_a_chart_and_others_a_line(bobs: Client, here: str) -> None:
    page = text_of(bobs, f"{here}/metrics")
    assert f'data-src="{here}/series?key=loss"' in page
    assert f'data-src="{here}/series?key=val%2Facc"' in page
    assert "key=once" not in page and ">once<" in page
    assert "system/cpu" not in page
    assert "Latest value 0.25 at step 2." in page


def test_system_metrics_have_their_own_page(bobs: Client, here: str) -> None:
    page = text_of(bobs, f"{here}/system")
    assert "key=system%2Fcpu" in page and "key=loss" not in page


def test_many_charts_are_in_sections(bobs: Client, repo: Repository, experiment: Experiment) -> None:
    many = make_run(
        repo, experiment, metrics={f"{part}/m{n}": [1.0, 2.0] for part in ("train", "val") for n in range(7)}
    )
    page = text_of(bobs, f"/alice/stones/experiments/1/runs/{many.uuid}/metrics")
    assert "<h2>train</h2>" in page and "<h2>val</h2>" in page


def test_a_page_without_metrics_says_how_to_log_one(bobs: Client, repo: Repository, experiment: Experiment) -> None:
    bare = make_run(repo, experiment)
    page = text_of(bobs, f"/alice/stones/experiments/1/runs/{bare.uuid}/metrics")
    assert "mlflow.log_metric" in page


def test_series_are_json_that_a_chart_can_draw(bobs: Client, run: Run, here: str) -> None:
    found = bobs.get(f"{here}/series?key=loss").json()
    assert found == {
        "x": "step",
        "series": [{"name": "calm-otter", "color": run.pk % 8 + 1, "points": [[0, 1.0], [1, 0.5], [2, 0.25]]}],
        "last": 2,
        "done": True,
    }


def test_a_live_chart_gets_only_new_points(bobs: Client, repo: Repository, experiment: Experiment) -> None:
    going = make_run(repo, experiment, "going", status="RUNNING", metrics={"loss": [3.0, 2.0]})
    here = f"/alice/stones/experiments/1/runs/{going.uuid}"
    first = bobs.get(f"{here}/series?key=loss").json()
    assert (first["last"], first["done"]) == (1, False)
    log_metrics(repository=repo, run_id=going.uuid, points=[Point("loss", 1.0, START + 9000, 2)])
    counts = {"curves": 1, "system": 0, "done": False}
    assert bobs.get(f"{here}/latest?key=loss&key=nothing").json() == {"latest": {"loss": [2, "1"]}, **counts}
    assert bobs.get(f"{here}/latest").json() == {"latest": {}, **counts}
    more = bobs.get(f"{here}/series?key=loss&after=1").json()
    assert (more["series"][0]["points"], more["last"]) == ([[2, 1.0]], 2)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 200),
        ("key=nothing", 200),
        ("key=loss&after=x", 400),
        ("key=loss&after=" + "9" * 40, 400),
        ("key=loss&after=-5", 200),
    ],
)
def test_odd_questions_for_series_get_a_clear_answer(bobs: Client, here: str, query: str, status: int) -> None:
    assert bobs.get(f"{here}/series?{query}").status_code == status


def test_compared_series_lie_over_one_another(bobs: Client, repo: Repository, experiment: Experiment, run: Run) -> None:
    other = make_run(repo, experiment, "other", metrics={"loss": [4.0, 2.0]})
    found = bobs.get(f"/alice/stones/experiments/1/series?key=loss&run={run.uuid}&run={other.uuid}&run=nobody").json()
    assert [each["name"] for each in found["series"]] == ["calm-otter", "other"]
    assert found["done"] is True


def test_compared_series_of_which_one_has_no_steps_all_run_over_time(
    bobs: Client, repo: Repository, experiment: Experiment, run: Run
) -> None:
    timed = make_run(repo, experiment, "timed")
    points = [Point("loss", value, START + at, 0) for at, value in ((0, 1.0), (10, 0.5))]
    log_metrics(repository=repo, run_id=timed.uuid, points=points)
    found = bobs.get(f"/alice/stones/experiments/1/series?key=loss&run={run.uuid}&run={timed.uuid}").json()
    assert found["x"] == "time"
    assert all(x >= START for each in found["series"] for x, _ in each["points"])


@pytest.mark.parametrize("count", [1, 3])
def test_the_overview_takes_the_same_queries_for_one_and_for_three(
    bobs: Client, repo: Repository, experiment: Experiment, count: int
) -> None:
    several = make_run(
        repo, experiment, params={f"p{n}": "1" for n in range(count)}, metrics={f"m{n}": [1.0] for n in range(count)}
    )
    for number in range(count):
        make_run(repo, experiment, f"child{number}", tags={"mlflow.parentRunId": several.uuid})
    here = f"/alice/stones/experiments/1/runs/{several.uuid}"
    bobs.get(here)
    with CaptureQueriesContext(connection) as queries:
        bobs.get(here)
    assert len(queries) == 18


def test_artifacts_are_listed_by_folder_with_a_preview(bobs: Client, repo: Repository, run: Run, here: str) -> None:
    make_artifact(repo, run, "model/MLmodel", b"flavors: {}\n")
    make_artifact(repo, run, "report.md", b"# Report\n\nfine")
    top = text_of(bobs, f"{here}/artifacts")
    assert f'href="{here}/artifacts/model"' in top and "report.md" in top and "MLmodel" not in top
    assert f'href="{here}/artifacts/model/MLmodel"' in text_of(bobs, f"{here}/artifacts/model")
    shown = text_of(bobs, f"{here}/artifacts/report.md")
    assert ">Report" in shown and "fine</p>" in shown and ">model<" in shown


@pytest.mark.parametrize(
    ("path", "content", "expected"),
    [
        ("plot.png", PNG, "<img src="),
        ("t.csv", b"a,b\n1,2\n", "<table"),
        ("c.json", b'{"a":[1]}', '<span class="viewer__key">a</span>'),
        ("train.py", b"import os\n", "viewer__code"),
        ("page.html", b"<h1>x</h1>", "<iframe"),
        ("model.pkl", b"\x80\x04N.", "trust where it comes from"),
        ("model.bin", b"\x01\x02\x00", "has no preview"),
        ("empty.txt", b"", "viewer__code"),
        ("weird #?%.txt", b"ok", "weird%20%23%3F%25.txt"),
    ],
)
def test_each_kind_of_artifact_has_its_preview(
    bobs: Client, repo: Repository, run: Run, here: str, path: str, content: bytes, expected: str
) -> None:
    make_artifact(repo, run, path, content)
    assert expected in text_of(bobs, f"{here}/artifacts/{quote(path)}")


def test_a_long_file_is_shown_by_the_page(bobs: Client, repo: Repository, run: Run, here: str) -> None:
    make_artifact(repo, run, "long.log", b"line\n" * 300_000)
    answer = bobs.get(f"{here}/artifacts/long.log")
    assert b"Page 1 of 31" in answer.content
    assert len(answer.content) < 256 * 1024


def test_downloads_are_whole_and_cannot_run_here(bobs: Client, repo: Repository, run: Run, here: str) -> None:
    # The attack: an artifact that is a page with a script, opened in the hub's own origin.
    content = b"<script>alert(document.cookie)</script>"
    make_artifact(repo, run, "evil.html", content)
    for address in (f"{here}/files/evil.html", f"{here}/frame/evil.html", f"{here}/files/evil.html?download"):
        answer = bobs.get(address)
        assert b"".join(answer.streaming_content) == content
        assert answer["Content-Security-Policy"] == UNTRUSTED_POLICY
        assert (
            "sandbox" in answer["Content-Security-Policy"] and "allow-scripts" not in answer["Content-Security-Policy"]
        )
        assert answer["X-Content-Type-Options"] == "nosniff"
    assert headers_of(bobs, f"{here}/files/evil.html")["Content-Type"].startswith("text/plain")
    assert headers_of(bobs, f"{here}/frame/evil.html")["Content-Type"].startswith("text/html")
    assert headers_of(bobs, f"{here}/files/evil.html?download")["Content-Disposition"].startswith("attachment")


def test_only_html_is_framed_as_html(bobs: Client, repo: Repository, run: Run, here: str) -> None:
    make_artifact(repo, run, "x.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>")
    assert not headers_of(bobs, f"{here}/frame/x.svg")["Content-Type"].startswith("text/html")


def test_ranges_of_a_download(bobs: Client, repo: Repository, run: Run, here: str) -> None:
    make_artifact(repo, run, "x.bin", b"0123456789")
    answer = bobs.get(f"{here}/files/x.bin", headers={"Range": "bytes=2-4"})
    assert (answer.status_code, b"".join(answer.streaming_content)) == (206, b"234")


@pytest.mark.parametrize("path", ["nothing", "a/../b", "..%2f..%2fsecret", "a//b", "%00", "model"])
def test_artifacts_that_are_not_there_are_told_clearly(
    bobs: Client, repo: Repository, run: Run, here: str, path: str
) -> None:
    make_artifact(repo, run, "model/x", b"1")
    assert bobs.get(f"{here}/files/{path}").status_code in (400, 404)


def test_artifacts_of_another_run_are_not_reachable_by_climbing(
    bobs: Client, repo: Repository, run: Run, experiment: Experiment, here: str
) -> None:
    other = make_run(repo, experiment)
    make_artifact(repo, other, "secret", b"1")
    for path in (f"../../{other.uuid}/artifacts/secret", f"%2e%2e/%2e%2e/{other.uuid}/artifacts/secret"):
        assert bobs.get(f"{here}/files/{path}").status_code in (400, 404)


def test_artifacts_kept_elsewhere_are_named(bobs: Client, repo: Repository, run: Run, here: str) -> None:
    Experiment.objects.update(artifact_location="s3://bucket/path")
    page = text_of(bobs, f"{here}/artifacts")
    assert "s3://bucket/path" in page and "outside of this hub" in page
    assert bobs.get(f"{here}/files/x").status_code == 404


def test_files_of_a_logged_model_are_shown_with_its_run(bobs: Client, repo: Repository, run: Run, here: str) -> None:
    model = create_model(repository=repo, number=1, name="classifier", source_run_id=run.uuid)
    key = f"1/models/{model.uuid}/artifacts/code/MLmodel"
    put_object(repository=repo, space="artifacts", key=key, chunks=[b"flavors: {}\n"])
    top = f"{here}/models/{model.uuid}"
    assert f'href="{top}"' in text_of(bobs, here)
    assert f'href="{top}"' in text_of(bobs, f"{here}/artifacts")
    assert f'href="{top}/artifacts/code"' in text_of(bobs, top)
    assert f'href="{top}/files/code/MLmodel?download"' in text_of(bobs, f"{top}/artifacts/code/MLmodel")
    assert b"".join(bobs.get(f"{top}/files/code/MLmodel").streaming_content) == b"flavors: {}\n"


def test_a_model_of_another_run_is_not_found_under_this_one(
    bobs: Client, repo: Repository, experiment: Experiment, run: Run, here: str
) -> None:
    other = make_run(repo, experiment)
    model = create_model(repository=repo, number=1, name="classifier", source_run_id=other.uuid)
    for path in ("", "/files/x", "/frame/x.html", "/artifacts/x"):
        assert bobs.get(f"{here}/models/{model.uuid}{path}").status_code == 404


def test_the_address_that_mlflow_prints_leads_here(bobs: Client, repo: Repository) -> None:
    answer = bobs.get("/alice/stones.mlflow/")
    assert (answer.status_code, answer["Location"]) == (302, "/alice/stones/experiments")
    assert '<runs-links data-base="/alice/stones/experiments">' in text_of(bobs, "/alice/stones/experiments")
