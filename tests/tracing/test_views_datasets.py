"""Evaluation datasets on their pages: made from traces and by hand, read in pages, changed, deleted."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from repos.models import Repository
from tests.factories.tracing import judge, make_dataset, make_span, make_trace, trace_id
from tests.factories.tracking import make_experiment
from tests.tracing.conftest import Asked, Tracing
from tests.tracing.test_views_traces import XSS
from tests.tracking.test_views_experiments import text_of
from tracing.models import DatasetRecord, EvaluationDataset
from tracing.services.datasets import upsert_records
from tracing.views import datasets as views

LIST = "/alice/stones/experiments/datasets"
PICK = "/alice/stones/experiments/1/tracing/selection/dataset"
BrowserOf = Callable[[User | None], Client]


@pytest.fixture
def bobs(browser_of: BrowserOf, repo: Repository, bob: User) -> Client:
    """The browser of somebody who may write."""
    return browser_of(bob)


def records_as_clients_read(tracing: Tracing, dataset: str) -> list[dict[str, object]]:
    """The records through the door of the protocol."""
    found: list[dict[str, object]] = json.loads(
        tracing.door.ok("GET", f"datasets/{dataset}/records", api="api/3.0/mlflow/")["records"]
    )
    return found


def test_traces_become_records_that_clients_read(repo: Repository, bobs: Client, tracing: Tracing) -> None:
    experiment = make_experiment(repo)
    make_trace(repo, experiment, 1)
    make_trace(repo, experiment, 2)
    make_trace(repo, experiment, 3, spans=(make_span(3, inputs=[1, 2]),), metadata={"mlflow.trace.session": "s"})
    make_trace(repo, experiment, 4, spans=())
    judge(repo, 1, "answer", None, kind="expectation", body={"value": "42"})
    picked = {"trace": [trace_id(number) for number in range(1, 5)]}
    assert "Add 4 traces to a dataset" in bobs.post(PICK, picked).content.decode()
    answer = bobs.post(PICK, {**picked, "name": "hard ones"}, follow=True)
    page = answer.content.decode()
    assert "2 records are new, 1 joined what was there, 1 traces say nothing" in page
    made = EvaluationDataset.objects.get(name="hard ones")
    assert made.created_by == "bob" and f"/traces/{trace_id(1)}" in page
    first, second = sorted(records_as_clients_read(tracing, made.dataset_id), key=lambda each: str(each["inputs"]))
    assert (first["inputs"], first["source"]) == (
        {"input": [1, 2]},
        {"source_type": "TRACE", "source_data": {"trace_id": trace_id(3), "session_id": "s"}},
    )
    assert (second["inputs"], second["outputs"], second["expectations"]) == (
        {"question": "why"}, "because", {"answer": "42"},
    )  # fmt: skip
    again = bobs.post(PICK, {**picked, "dataset": made.dataset_id}, follow=True).content.decode()
    assert "0 records are new, 3 joined" in again
    assert bobs.post(PICK, {**picked, "dataset": "d-unknown"}).status_code == 200
    assert bobs.post(PICK, {**picked, "name": ""}).status_code == 400


def test_datasets_are_listed_and_found_by_name(repo: Repository, bobs: Client) -> None:
    for name in ("questions", "answers", "it's % odd"):
        make_dataset(repo, {"x": 1}, {"x": 2}, name=name)
    page = text_of(bobs, LIST)
    assert page.count("2 records") == 3
    for text, expected in (("quest", ["questions"]), ("it's", ["it&#x27;s % odd"]), ("zzz", [])):
        found = re.findall(r'class="row__link" href="[^"]*">([^<]+)<', text_of(bobs, f"{LIST}?q={text}"))
        assert found == expected
    assert bobs.get(f"{LIST}?q=%00%5C%27").status_code == 200


def test_the_list_asks_as_little_for_three_as_for_one(repo: Repository, bobs: Client, asked: Asked) -> None:
    make_dataset(repo, {"x": 1})
    counts = [asked(lambda: text_of(bobs, LIST))]
    for name in ("two", "three"):
        make_dataset(repo, {"x": 1}, name=name)
    counts.append(asked(lambda: text_of(bobs, LIST)))
    assert counts == [11, 11]


def test_records_are_read_in_pages(repo: Repository, bobs: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    made, _ = make_dataset(repo, *({"x": number} for number in range(5)))
    monkeypatch.setattr(views, "RECORDS_PER_PAGE", 2)
    seen, path = [], f"{LIST}/{made}"
    for _ in range(3):
        page = text_of(bobs, path)
        seen += re.findall(r'Pick record (dr-\w+)"', page)
        following = re.search(r'rel="next" href="(\?after=[^"]+)"', page)
        path = f"{LIST}/{made}{following[1]}" if following else ""
    assert path == "" and len(seen) == len(set(seen)) == 5
    assert text_of(bobs, f"{LIST}/{made}?after=rubbish").count("Pick record") == 2


def test_the_page_asks_as_little_for_three_records_as_for_one(repo: Repository, bobs: Client, asked: Asked) -> None:
    made, _ = make_dataset(repo, {"x": 1})
    counts = [asked(lambda: text_of(bobs, f"{LIST}/{made}"))]
    upsert_records(repository=repo, dataset_id=made, records=[{"inputs": {"x": 2}}, {"inputs": {"x": 3}}])
    counts.append(asked(lambda: text_of(bobs, f"{LIST}/{made}")))
    assert counts == [14, 14]


def test_expectations_are_what_is_written(repo: Repository, bobs: Client, tracing: Tracing) -> None:
    made, record = make_dataset(repo, {"x": 1})
    url = f"{LIST}/{made}/records/{record}"
    assert "&quot;answer&quot;: &quot;yes&quot;" in text_of(bobs, url)
    for wrong in ("[1]", "{", '{"a": NaN}', "x" * 200_001):
        assert bobs.post(url, {"expectations": wrong}).status_code == 400
    assert bobs.post(url, {"expectations": '{"facts": ["a"]}'}).status_code == 302
    assert records_as_clients_read(tracing, made)[0]["expectations"] == {"facts": ["a"]}
    bobs.post(url, {"expectations": ""})
    assert json.loads(DatasetRecord.objects.get().expectations or "") == {}
    assert bobs.get(f"{LIST}/{made}/records/dr-unknown").status_code == 404


def test_records_and_datasets_are_deleted_after_a_look(repo: Repository, bobs: Client) -> None:
    made, record = make_dataset(repo, {"x": 1}, {"x": 2})
    url = f"{LIST}/{made}/records/deletion"
    assert "deleted for ever" in bobs.post(url, {"record": record}).content.decode()
    assert DatasetRecord.objects.count() == 2
    bobs.post(url, {"record": record, "confirm": "yes"})
    assert DatasetRecord.objects.count() == 1 and "1</span>" in text_of(bobs, f"{LIST}/{made}")
    assert bobs.post(url, {}).status_code == 302
    assert bobs.post(f"{LIST}/{made}/deletion", {"confirm": "other"}).status_code == 400
    assert bobs.post(f"{LIST}/{made}/deletion", {"confirm": "questions"})["Location"] == LIST
    assert not EvaluationDataset.objects.exists() and not DatasetRecord.objects.exists()


def test_tags_of_datasets(repo: Repository, bobs: Client) -> None:
    made, _ = make_dataset(repo, {"x": 1})
    bobs.post(f"{LIST}/{made}/tags", {"key": "team", "value": "a"})
    assert "team=a" in text_of(bobs, LIST)
    bobs.post(f"{LIST}/{made}/tags", {"remove": "team"})
    assert "team=a" not in text_of(bobs, LIST)


def test_readers_read_and_strangers_do_not(repo: Repository, browser_of: BrowserOf, carol: User, mallory: User) -> None:
    made, record = make_dataset(repo, {"x": 1})
    reader = browser_of(carol)
    assert "Pick record" not in text_of(reader, f"{LIST}/{made}")
    for part in ("tags", "deletion", "records/deletion", f"records/{record}"):
        assert reader.post(f"{LIST}/{made}/{part}", {"confirm": "questions"}).status_code == 403
    assert browser_of(mallory).get(f"{LIST}/{made}").status_code == 404
    assert reader.get(f"{LIST}/d-unknown").status_code == 404


def test_an_empty_repository_tells_how_to_begin(bobs: Client) -> None:
    assert "merge_records" in text_of(bobs, LIST)
    answer = bobs.post(f"{LIST}/new", {"name": "mine"}, follow=True)
    assert "No records" in answer.content.decode()


def test_nothing_of_a_record_runs_in_the_page(repo: Repository, bobs: Client) -> None:
    made, record = make_dataset(repo, {XSS: XSS}, name=XSS, outputs=XSS, tags={XSS: XSS})
    for path in (LIST, f"{LIST}/{made}", f"{LIST}/{made}/deletion", f"{LIST}/{made}/records/{record}"):
        page = text_of(bobs, path)
        assert "<script>alert" not in page and "<img src=x" not in page
