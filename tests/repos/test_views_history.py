"""Pages of commits, differences, blame, finding and searching."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from repos.models import Repository
from repos.paths import git_dir
from tests.repos.test_views_code import text_of
from tests.support.sample_repository import Work


def test_history_lists_commits_and_pages_them(filled: Repository, reader: Client, sample: Work) -> None:
    page = text_of(reader, "/alice/stones/commits/main")
    shown = re.findall(r'class="row__link" href="/alice/stones/commit/([0-9a-f]{40})"', page)
    assert shown == sample.git("rev-list", "main").split()
    assert "No older commits" in text_of(reader, "/alice/stones/commits/main?page=7")
    assert 'aria-label="2026-01-01"' in text_of(reader, "/alice/stones/commits/main?page=x")


def test_history_needs_as_many_queries_for_one_commit_as_for_three(
    filled: Repository, reader: Client, own_tabs: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for path in ("LICENSE", "src"):
        with django_assert_num_queries(5):
            reader.get(f"/alice/stones/commits/main/{path}")


def test_history_of_a_renamed_file_leads_to_its_earlier_name(filled: Repository, reader: Client) -> None:
    page = text_of(reader, "/alice/stones/commits/main/src/data/reading.py")
    link = re.search(r'href="(/alice/stones/commits/[0-9a-f]{40}/src/data/loader.py)"', page)
    assert link
    assert "Start with a loader" in text_of(reader, link[1])
    assert reader.get("/alice/stones/commits/main/nothing").status_code == 404


def test_commit_shows_its_change_in_one_column_and_in_two(filled: Repository, reader: Client, sample: Work) -> None:
    commit = sample.git("log", "-1", "--format=%H", "feature/slope~1")
    page = text_of(reader, f"/alice/stones/commit/{commit}")
    assert "Walk more slowly" in page
    assert '<del class="hl-del">' in page and '<ins class="hl-ins">' in page
    assert 'data-n="13"' in page
    split = text_of(reader, f"/alice/stones/commit/{commit}?diff=split")
    assert "diff-table--split" in split
    short = reader.get(f"/alice/stones/commit/{commit[:10]}")
    assert (short.status_code, short["Location"]) == (302, f"/alice/stones/commit/{commit}")


def test_first_and_merge_commits_have_pages(filled: Repository, reader: Client, sample: Work) -> None:
    first = sample.git("rev-list", "--max-parents=0", "main")
    assert "First commit" in text_of(reader, f"/alice/stones/commit/{first}")
    merge = sample.git("rev-parse", "main")
    assert "What the merge brought" in text_of(reader, f"/alice/stones/commit/{merge}")
    assert b"diff --git" in reader.get(f"/alice/stones/commit/{first}/patch").content


def test_markup_in_commits_is_text(filled: Repository, reader: Client, tmp_path: Path) -> None:
    """The attack: a script in a message, an author's name and a file, pushed for others to look at."""
    attack = "<script>alert(1)</script>"
    work = Work(tmp_path / "work")
    work.write("a.html", f"{attack}\n")
    commit = work.commit(f"{attack}\n\n{attack}", author=attack)
    folder = git_dir(filled)
    work.git("push", "-q", str(folder), "main:attack")
    pages = [f"commit/{commit}", "commits/attack", "src/attack", "blame/attack/a.html", "branches", "src/attack/a.html"]
    for page in pages:
        assert attack not in text_of(reader, f"/alice/stones/{page}"), page


def test_big_differences_wait_to_be_asked_for(filled: Repository, reader: Client, tmp_path: Path) -> None:
    work = Work(tmp_path / "work")
    for name in "abcdefgh":
        work.write(f"{name}.txt", f"{name}\n" * 350)
    commit = work.commit("Much")
    work.git("push", "-q", str(git_dir(filled)), "main:big")
    page = text_of(reader, f"/alice/stones/commit/{commit}")
    links = re.findall(r'hx-get="([^"]+)"', page)
    assert links
    part = reader.get(links[-1].replace("&amp;", "&"), headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith('<section class="box diff-file" id="diff-8"')
    assert part.count('data-s="+"') == 350
    assert "<html" in text_of(reader, links[-1].replace("&amp;", "&"))


def test_lines_between_hunks_are_shown_on_demand(filled: Repository, reader: Client, tmp_path: Path) -> None:
    work = Work(tmp_path / "work")
    lines = [f"<line {number}>" for number in range(1, 101)]
    work.write("a <b>.txt", "\n".join(lines) + "\n")
    old = work.commit("Before")
    work.write("a <b>.txt", "\n".join(["first", *lines[:49], "changed", *lines[50:]]) + "\n")
    new = work.commit("After")
    work.git("push", "-q", str(git_dir(filled)), "main:gaps")
    page = text_of(reader, f"/alice/stones/compare/{old}...{new}")
    ways = [link.replace("&amp;", "&") for link in re.findall(r'hx-get="([^"]+/context/[^"]+)"', page)]
    assert [re.search(r"start=(\d+)&end=(\d*)&.*way=(\w+)", way).groups() for way in ways] == [  # type: ignore[union-attr]
        ("5", "47", "up"),
        ("5", "47", "down"),
        ("5", "47", "all"),
        ("55", "", "down"),
        ("55", "", "all"),
    ]
    down = text_of(reader, ways[1])
    assert re.findall(r'data-n="(\d+)"', down)[:4] == ["4", "5", "5", "6"]
    assert "&lt;line 4&gt;" in down and down.count("<tr>") == 20 and "start=25&amp;end=47" in down
    assert text_of(reader, ways[4]).count("<tr>") == 47
    assert "diff-hunk" not in text_of(reader, ways[4])
    assert reader.get(ways[0].replace("path=", "path=nothing")).status_code == 404


def test_changed_spaces_can_be_left_out(filled: Repository, reader: Client, tmp_path: Path) -> None:
    work = Work(tmp_path / "work")
    work.write("a.py", "if x:\n  y\n")
    work.write("b.py", "one\ntwo\n")
    work.commit("Before")
    work.write("a.py", "if x:\n    y\n")
    work.write("b.py", "one\n\ttwo\nthree\n")
    commit = work.commit("After")
    work.git("push", "-q", str(git_dir(filled)), "main:spaces")
    page = text_of(reader, f"/alice/stones/commit/{commit}")
    assert "Only spaces changed" not in page and page.count("diff-del") == 2
    page = text_of(reader, f"/alice/stones/commit/{commit}?w=1")
    assert "Only spaces changed" in page and page.count("diff-del") == 0 and page.count("diff-add") == 1


@pytest.mark.parametrize(
    ("span", "words"),
    [
        ("old...main", "ahead of and"),
        ("main...old", "Nothing new"),
        ("v1.0...feature/slope", "Add the slope"),
        ("main...main", "Nothing new"),
    ],
)
def test_compare_tells_commits_and_changes(filled: Repository, reader: Client, span: str, words: str) -> None:
    assert words in text_of(reader, f"/alice/stones/compare/{span}")


def test_compare_tells_which_ref_it_does_not_know(filled: Repository, reader: Client) -> None:
    page = text_of(reader, "/alice/stones/compare/main...nothing", 404)
    assert "There is no branch, tag or commit <code>nothing</code>" in page
    assert reader.get("/alice/stones/compare/main").status_code == 404
    form = reader.get("/alice/stones/compare", {"base": "old", "head": "main"})
    assert form["Location"] == "/alice/stones/compare/old...main"


def test_unrelated_histories_can_be_compared(filled: Repository, reader: Client, tmp_path: Path) -> None:
    work = Work(tmp_path / "work")
    work.write("alone", "x\n")
    work.commit("Alone")
    work.git("push", "-q", str(git_dir(filled)), "main:alone")
    assert "share no history" in text_of(reader, "/alice/stones/compare/main...alone")


def test_blame_names_the_commit_of_each_line(filled: Repository, reader: Client) -> None:
    page = text_of(reader, "/alice/stones/blame/main/src/train.py")
    assert "Walk more slowly" in page
    assert re.findall(r'id="L(\d+)" data-n="\1"', page) == [str(number) for number in range(1, 23)]
    for path in ("data/blob.bin", "docs", "link.md"):
        assert reader.get(f"/alice/stones/blame/main/{path}").status_code == 404


def test_find_takes_a_few_letters(filled: Repository, reader: Client) -> None:
    page = text_of(reader, "/alice/stones/find/main?q=trainpy")
    assert re.findall(r'row__link mono" href="([^"]+)"', page)[0] == "/alice/stones/src/main/src/train.py"
    part = reader.get("/alice/stones/find/main?q=zzz", headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith('<div id="found-files">')
    assert "No file matches" in part


def test_search_leads_to_lines(filled: Repository, reader: Client) -> None:
    page = text_of(reader, "/alice/stones/search?q=squared+error")
    assert 'href="/alice/stones/src/main/src/train.py#L9"' in page
    assert "<mark>Squared error</mark>" in page
    assert "Nothing holds" in text_of(reader, "/alice/stones/search?q=squared&path=docs")
    assert reader.get("/alice/stones/search?q=x&ref=nothing").status_code == 404


@pytest.mark.parametrize(
    "words", ["", "%00", "%0A", "-e", "--open-files-in-pager=id", "%FF", "(", "a" * 500, "\\", "%F0%9F%98%80"]
)
def test_no_words_break_the_search(filled: Repository, reader: Client, words: str) -> None:
    assert reader.get(f"/alice/stones/search?q={words}").status_code == 200
    assert reader.get(f"/alice/stones/find/main?q={words}").status_code == 200
