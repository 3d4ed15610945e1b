"""Notebooks are drawn by a worker: asked for once, kept by blob, and never able to hold up or break a page."""

from __future__ import annotations

import re

import pytest
from django.core.cache import cache
from django.test import Client

from jobs.models import Job
from repos.git import tree
from repos.models import Rendering, Repository
from repos.paths import git_dir
from repos.selectors.renderings import cache_key, drawing
from repos.services.renderings import draw_notebook, request_drawing

PAGE = "/alice/stones/src/main/notebooks/explore.ipynb"
PART = "/alice/stones/rendering/main/notebooks/explore.ipynb"


def blob(repo: Repository, path: str = "main/notebooks/explore.ipynb") -> str:
    return tree.locate(git_dir(repo), path)[1].id


@pytest.fixture
def no_workers(settings: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages go nowhere: jobs stay waiting."""
    monkeypatch.setattr("jobs.services.send", lambda *args, **kwargs: None)


def test_page_waits_asks_once_and_shows_what_was_drawn(filled: Repository, reader: Client, no_workers: None) -> None:
    page = reader.get(PAGE).content.decode()
    assert f'hx-post="{PART}"' in page
    assert not Rendering.objects.exists()
    asked = reader.post(PART, headers={"HX-Request": "true"}).content.decode()
    assert f'hx-get="{PART}?asked=1"' in asked
    reader.post(PART)
    row = Rendering.objects.get()
    assert Job.objects.filter(task="repos.draw_notebook", object_id=row.pk, queue="render").count() == 1
    draw_notebook(row.pk)
    drawn = reader.get(f"{PART}?asked=3", headers={"HX-Request": "true"}).content.decode()
    assert "Look at the data" in drawn and "hx-get" not in drawn
    assert "Look at the data" in reader.get(PAGE).content.decode()


def test_the_same_notebook_is_drawn_once_for_all(filled: Repository, no_workers: None) -> None:
    cache.set(cache_key(blob(filled)), "<p>kept</p>")
    assert request_drawing(repository=filled, blob_id=blob(filled)).html == "<p>kept</p>"
    assert not Rendering.objects.exists()


def test_a_broken_notebook_says_so(filled: Repository, writer: Client, no_workers: None) -> None:
    writer.post("/alice/stones/new/main", {"path": "broken.ipynb", "content": "{not json", "target": "branch"})
    request_drawing(repository=filled, blob_id=blob(filled, "main/broken.ipynb"))
    draw_notebook(Rendering.objects.get().pk)
    assert drawing(filled, blob(filled, "main/broken.ipynb")).error
    page = writer.get("/alice/stones/src/main/broken.ipynb").content.decode()
    assert "cannot be drawn" in page
    assert "hx-post" not in re.sub(r"<body[^>]*>", "", page)


def test_a_page_stops_asking_in_the_end(filled: Repository, reader: Client, no_workers: None) -> None:
    late = reader.get(f"{PART}?asked=99", headers={"HX-Request": "true"}).content.decode()
    assert "longer than usual" in late and "hx-get" not in late
    for word in ("-1", "x", "9" * 50):
        assert reader.get(f"{PART}?asked={word}").status_code == 200


def test_only_notebooks_can_be_asked_for(filled: Repository, reader: Client) -> None:
    assert reader.post("/alice/stones/rendering/main/README.md").status_code == 404
    assert Client().post(PART).status_code == 404
    assert not Rendering.objects.exists()
