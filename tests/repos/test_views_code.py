"""Pages of folders, files and their bytes."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import quote

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from repos.git.objects import resolve
from repos.models import Repository
from repos.paths import git_dir
from tests.repos.conftest import BrowserOf
from tests.support.sample_repository import NOT_UTF8, ODD, Work


def text_of(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, address
    return answer.content.decode()


def test_overview_shows_files_readme_and_clone_address(filled: Repository, reader: Client) -> None:
    page = text_of(reader, "/alice/stones")
    assert "http://testserver/alice/stones.git" in page
    assert '<a href="/alice/stones/src/main/docs">docs</a>' in page
    assert "Start with a loader and a loss" in page
    assert 'src="/alice/stones/raw/main/docs/picture.png"' in page
    assert 'href="/alice/stones/src/main/src/train.py"' in page
    assert len(page) < 60_000


def test_overview_needs_as_many_queries_whatever_the_activity(
    filled: Repository, reader: Client, own_tabs: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    reader.get("/alice/stones")
    filled.activities.exclude(pk=filled.activities.latest("pk").pk).delete()
    with django_assert_num_queries(6):
        reader.get("/alice/stones")
    filled.activities.all().delete()
    for number in range(3):
        filled.activities.create(user=filled.owner.user, verb="pushed", subject=str(number))
    with django_assert_num_queries(6):
        reader.get("/alice/stones")


@pytest.mark.parametrize(
    "page", ["", "/src/main", "/raw/main/README.md", "/commits/main", "/settings", "/edit/main/LICENSE"]
)
def test_strangers_see_nothing(filled: Repository, mallory: User, browser_of: BrowserOf, page: str) -> None:
    assert browser_of(mallory).get(f"/alice/stones{page}").status_code == 404
    assert browser_of(None).get(f"/alice/stones{page}").status_code == 404


def test_other_spellings_lead_to_the_one_address(filled: Repository, reader: Client) -> None:
    answer = reader.get("/Alice/STONES/src/main/docs?x=1")
    assert (answer.status_code, answer["Location"]) == (302, "/alice/stones/src/main/docs?x=1")


def test_folder_shows_last_commits_and_its_part_is_the_table_alone(filled: Repository, reader: Client) -> None:
    page = text_of(reader, "/alice/stones/src/main/src")
    assert "Walk more slowly" in page
    part = reader.get("/alice/stones/entries/main/src", headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith("<table")
    assert "Walk more slowly" in part
    assert "<html" in text_of(reader, "/alice/stones/entries/main/src")
    assert reader.get("/alice/stones/entries/main/LICENSE").status_code == 404


@pytest.mark.parametrize(
    "raw", [NOT_UTF8, ODD.encode(), b"link.md", b"data/blob.bin", b"docs/drawing.svg", b"docs/page.html"]
)
def test_every_kind_of_file_has_a_page(filled: Repository, reader: Client, raw: bytes) -> None:
    assert reader.get(f"/alice/stones/src/main/{quote(raw)}").status_code == 200


def test_links_of_a_folder_lead_to_what_they_name(filled: Repository, reader: Client) -> None:
    for folder in ("", "/odd%20names"):
        page = text_of(reader, f"/alice/stones/src/main{folder}")
        links = re.findall(r'<th scope="row" class="files__name[^>]*>.*?<a href="([^"]+)"', page)
        assert links
        for link in links:
            assert reader.get(unescape(link)).status_code == 200, link


def test_source_has_an_anchor_a_line(filled: Repository, reader: Client) -> None:
    page = text_of(reader, "/alice/stones/src/main/src/train.py")
    assert re.findall(r'<span id="L(\d+)">', page) == [str(number) for number in range(1, 23)]
    assert "22 lines" in page


def test_markdown_tables_and_pictures_are_drawn_and_their_source_shown(filled: Repository, reader: Client) -> None:
    assert "<em>guide</em>" in text_of(reader, "/alice/stones/src/main/docs/guide.md")
    assert "*guide*" in text_of(reader, "/alice/stones/src/main/docs/guide.md?view=source")
    assert "<td>granite</td>" in text_of(reader, "/alice/stones/src/main/data/stones.csv")
    assert 'src="/alice/stones/raw/main/docs/drawing.svg"' in text_of(reader, "/alice/stones/src/main/docs/drawing.svg")
    assert "alert(1)" not in text_of(reader, "/alice/stones/src/main/docs/drawing.svg")
    assert "&lt;script&gt;" in text_of(reader, "/alice/stones/src/main/docs/page.html").replace(
        '<span class="hl-k">script</span>', "script"
    )


def test_raw_html_and_svg_can_run_nothing(filled: Repository, reader: Client) -> None:
    """The attack: a script in a file, opened from the hub's own origin with the reader's session."""
    for path in ("docs/page.html", "docs/drawing.svg"):
        answer = reader.get(f"/alice/stones/raw/main/{path}")
        assert "sandbox" in answer["Content-Security-Policy"]
        assert "script-src" not in answer["Content-Security-Policy"]
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Type"].startswith("text/plain") or answer["Content-Disposition"].startswith("attachment")


def test_raw_gives_ranges_and_answers_conditions(filled: Repository, reader: Client) -> None:
    address = "/alice/stones/raw/main/data/blob.bin"
    whole = b"".join(reader.get(address).streaming_content)
    part = reader.get(address, headers={"Range": "bytes=10-19"})
    assert (part.status_code, b"".join(part.streaming_content)) == (206, whole[10:20])
    assert reader.get(address, headers={"Range": "bytes=99999-"}).status_code == 416
    assert reader.get(address, headers={"If-None-Match": part["ETag"]}).status_code == 304
    assert reader.get("/alice/stones/raw/main/docs").status_code == 404


def test_archives_come_whole_and_known_ones_are_not_sent_again(filled: Repository, reader: Client) -> None:
    answer = reader.get("/alice/stones/archive/feature/slope.zip")
    assert b"".join(answer.streaming_content)[:2] == b"PK"
    assert answer["Content-Disposition"] == 'attachment; filename="stones-feature-slope.zip"'
    again = reader.get("/alice/stones/archive/feature/slope.zip", headers={"If-None-Match": answer["ETag"]})
    assert again.status_code == 304
    assert reader.get("/alice/stones/archive/main.rar").status_code == 404
    assert reader.get("/alice/stones/archive/nothing.zip").status_code == 404


WEIRD = [
    "nothing", "main/nothing", "main%00", "main/%00", "..", "main/../../x", "main/..", "%FF", "main/%FF", "-x",
    "--output=x", "main..old", "@%7Bu%7D", "refs/heads/main", "%0A", "main/%0A", "a" * 3000,
    "main/" + "a/" * 1500, "%F0%9F%98%80",
    "main/README.md/x", "0" * 40, "%E2%80%AE", "main%20", "main/docs%2F..%2FREADME.md", "main:README.md", "main^",
    "HEAD~1",
]  # fmt: skip


@pytest.mark.parametrize(
    "page", ["src", "raw", "blame", "commits", "entries", "archive", "find", "edit", "new", "upload", "delete",
             "branches/delete", "tags/delete", "rendering", "compare", "commit"]
)  # fmt: skip
def test_weird_places_are_not_found(filled: Repository, writer: Client, page: str) -> None:
    answers = {place: writer.get(f"/alice/stones/{page}/{place}").status_code for place in WEIRD}
    assert {place: status for place, status in answers.items() if status not in {400, 404}} == {}


def test_missing_pages_help(filled: Repository, reader: Client) -> None:
    page = text_of(reader, "/alice/stones/src/main/nothing/here.py", 404)
    assert "main/nothing/here.py" in page
    assert 'href="/alice/stones/find/main"' in page


def test_a_commit_id_is_a_place_too(filled: Repository, reader: Client, sample: Work) -> None:
    commit = sample.git("rev-parse", "v1.0^{commit}")
    page = text_of(reader, f"/alice/stones/src/{commit}/src/data")
    assert "loader.py" in page
    assert resolve(git_dir(filled), commit[:8]).commit == commit


def test_empty_repository_shows_first_steps_and_turns_itself_over(
    repo: Repository, writer: Client, reader: Client, alice: User, stones: object, request: pytest.FixtureRequest
) -> None:
    page = text_of(writer, "/alice/stones")
    assert "git remote add origin http://testserver/alice/stones.git" in page
    assert "http://testserver/alice/stones.mlflow" in page
    assert "git remote add" not in text_of(reader, "/alice/stones")
    poll = re.search(r'hx-get="([^"]+)"', page)
    assert poll
    assert writer.get(poll[1]).status_code == 204
    request.getfixturevalue("filled")
    answer = writer.get(poll[1])
    assert (answer.status_code, answer["HX-Refresh"]) == (200, "true")


@pytest.mark.parametrize("page", ["src", "commits", "compare", "search"])
def test_pages_of_an_empty_repository_lead_to_its_first_steps(repo: Repository, reader: Client, page: str) -> None:
    answer = reader.get(f"/alice/stones/{page}")
    assert (answer.status_code, answer["Location"]) == (302, "/alice/stones")


@pytest.mark.parametrize("page", ["branches", "tags", "src/main", "find/main", "commits/main", "compare/a...b"])
def test_no_page_of_an_empty_repository_breaks(repo: Repository, reader: Client, page: str) -> None:
    assert reader.get(f"/alice/stones/{page}").status_code in {200, 404}
