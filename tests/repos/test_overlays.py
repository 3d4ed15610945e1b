"""What a room above lays over code pages is shown where git has nothing, or less."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import pytest
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.test import Client
from django.utils.safestring import SafeString

from repos import overlays
from repos.git import objects
from repos.git.diffs import FileChange
from repos.git.objects import Place
from repos.git.tree import Entry
from repos.models import Repository
from repos.paths import git_dir


class Paper:
    """Lays a folder `sheets` beside README.md, and shows that file and its changes in its own way."""

    def laid(self, repository: Repository, place: Place, entries: Sequence[Entry]) -> Iterable[overlays.Laid]:
        """One folder and a note on the README, at the root only."""
        if not place.path:
            yield overlays.Laid("sheets", True, 3_000, 12, "PAPER", b"README.md", "not pushed")
            yield overlays.Laid("README.md", False, None, None, "DRAWN", b"README.md")

    def page(
        self, request: HttpRequest, repository: Repository, place: Place, kind: overlays.PageKind
    ) -> HttpResponseBase | None:
        """The folder as one line of text."""
        return HttpResponse(f"{kind} of sheets") if place.path.startswith(b"sheets") else None

    def shown(self, request: HttpRequest, repository: Repository, place: Place, entry: Entry) -> SafeString | None:
        """The README in one line."""
        return SafeString("<p>drawn on paper</p>") if entry.name == "README.md" else None

    def changed(
        self, request: HttpRequest, repository: Repository, old: str, new: str, change: FileChange
    ) -> SafeString | None:
        """A word above every change."""
        return SafeString("<p>torn</p>")


@pytest.fixture(autouse=True)
def paper() -> Iterator[None]:
    """Register the overlay for one test."""
    before = dict(overlays._overlays)
    overlays.register("paper", Paper())
    yield
    overlays._overlays.clear()
    overlays._overlays.update(before)


def text_of(browser: Client, address: str) -> str:
    response = browser.get(address)
    assert response.status_code == 200, address
    return response.content.decode()


def test_folder_shows_what_is_laid_into_it(filled: Repository, reader: Client) -> None:
    page = text_of(reader, "/alice/stones/src/main")
    assert "PAPER" in page and "12 files" in page and "not pushed" in page and "DRAWN" in page
    assert 'href="/alice/stones/src/main/sheets"' in page


def test_path_without_git_is_answered_by_the_overlay(filled: Repository, reader: Client) -> None:
    assert text_of(reader, "/alice/stones/src/main/sheets/1") == "src of sheets"
    assert text_of(reader, "/alice/stones/raw/main/sheets/1") == "raw of sheets"
    assert reader.get("/alice/stones/src/main/other").status_code == 404


def test_file_is_shown_as_the_overlay_has_it_unless_its_source_is_asked_for(filled: Repository, reader: Client) -> None:
    assert "drawn on paper" in text_of(reader, "/alice/stones/src/main/README.md")
    assert "drawn on paper" not in text_of(reader, "/alice/stones/src/main/README.md?view=source")


def test_change_carries_what_the_overlay_says(filled: Repository, reader: Client) -> None:
    commit = objects.resolve(git_dir(filled), "main").commit
    assert "<p>torn</p>" in text_of(reader, f"/alice/stones/commit/{commit}")
