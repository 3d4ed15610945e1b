"""Files changed: what is shown, what waits to be asked for, and what a large change costs."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from accounts.actor import Actor
from accounts.models import User
from collab.models import PullRequest
from collab.services.pulls import open_pull
from collab.services.viewed import mark_viewed
from repos.models import Repository
from repos.paths import git_dir
from tests.factories.pulls import make_pull, put
from tests.support.sample_repository import Work

PAGE = "/alice/stones/pulls/1/files"
BrowserOf = Callable[[User | None], Client]
LINES = [f"line {number}" for number in range(1, 101)]


def text(*lines: str) -> str:
    return "".join(f"{line}\n" for line in lines)


@pytest.fixture
def pull(repo: Repository, alice: User, bob: User) -> PullRequest:
    """bob's change of a long file, with a new one, a lock file and one whose name and lines are markup."""
    put(repo, alice, {"src/train.py": text(*LINES), "gone.txt": "x\n"})
    files = {
        "src/train.py": text("first", *LINES[:49], "changed", *LINES[50:]),
        "gone.txt": None,
        "uv.lock": text(*LINES),
        "<script>alert(1)</script>.py": "<script>alert(2)</script>\n",
    }
    return make_pull(repo, bob, files=files)


def page_of(client: Client, path: str = PAGE, status: int = 200, part: bool = False) -> str:
    answer = client.get(path, headers={"HX-Request": "true"} if part else {})
    assert answer.status_code == status, answer.content[-2000:]
    return answer.content.decode()


def test_files_are_shown_with_their_lines_and_nothing_in_them_is_markup(
    pull: PullRequest, carol: User, browser_of: BrowserOf
) -> None:
    page = page_of(browser_of(carol))
    assert re.findall(r'id="file-(\d+)"', page) == ["1", "2", "3", "4"]
    assert "<script>alert" not in page and page.count("&lt;script&gt;alert(1)&lt;/script&gt;.py") > 3
    assert "Generated files are folded" in page
    split = page_of(browser_of(carol), f"{PAGE}?diff=split")
    assert "diff-table--split" in split
    lock = page_of(browser_of(carol), f"{PAGE}?only=4", part=True)
    assert lock.lstrip().startswith('<section class="box diff-file review-file" id="file-4"')
    assert lock.count('data-s="+"') == 100
    assert page_of(browser_of(carol), f"{PAGE}?only=9", status=404)


def test_one_commit_and_what_came_since_can_be_looked_at(
    pull: PullRequest, repo: Repository, bob: User, carol: User, browser_of: BrowserOf
) -> None:
    later = put(repo, bob, {"later.txt": "later\n"}, branch="feature")
    reader = browser_of(carol)
    one = page_of(reader, f"{PAGE}?commit={later}")
    assert "Change later.txt" in one and re.findall(r'id="file-(\d+)"', one) == ["1"]
    since = page_of(reader, f"{PAGE}?since={pull.head_commit}&until={later}")
    assert re.findall(r'<section class="box diff-file review-file"[^>]*aria-label="([^"]+)"', since) == ["later.txt"]
    for query in ("commit=--output=x", "since=zzz", f"until={'0' * 40}", f"commit={'a' * 40}"):
        page_of(reader, f"{PAGE}?{query}", status=404)


def test_a_mark_holds_until_the_file_changes(
    pull: PullRequest, repo: Repository, bob: User, carol: User, browser_of: BrowserOf
) -> None:
    reader = browser_of(carol)
    page = page_of(reader)
    path = "src/train.py"
    (change,) = re.findall(rf'value="{path}"><input type="hidden" name="change" value="([^"]+)"', page)
    assert reader.post(f"{PAGE}/viewed", {"path": path, "change": change, "viewed": "1"}).status_code == 302
    page = page_of(reader)
    assert "You have viewed this file" in page and '<span class="number">1</span> of' in page
    assert reader.post(f"{PAGE}/viewed", {"path": path, "change": "x:y", "viewed": "1"}).status_code == 409
    assert reader.post(f"{PAGE}/viewed", {"path": "nothing", "change": change, "viewed": "1"}).status_code == 409
    head = put(repo, bob, {path: "new\n"}, branch="feature")
    PullRequest.objects.filter(pk=pull.pk).update(head_commit=head)
    page = page_of(reader)
    assert "You have viewed this file" not in page and '<span class="number">0</span> of' in page


def test_lines_between_can_be_read_and_talked_about(pull: PullRequest, carol: User, browser_of: BrowserOf) -> None:
    page = page_of(browser_of(carol))
    way = next(link for link in re.findall(r'hx-get="([^"]+/context[^"]+)"', page) if "way=down" in link)
    rows = page_of(browser_of(carol), way.replace("&amp;", "&"))
    assert rows.count("<tr>") == 20 and 'href="?comment=3R5#say"' in rows
    page_of(browser_of(carol), f"{PAGE}/context?path=gone.txt", 404)


@pytest.fixture
def large(repo: Repository, bob: User, tmp_path: Path) -> PullRequest:
    """A change of 5,000 files, pushed by git."""
    work = Work(tmp_path / "large")
    for branch, letter in (("main", "b"), ("feature", "c")):
        if branch == "feature":
            work.git("checkout", "-q", "-b", branch)
        for number in range(5_000):
            work.write(f"d{number % 50:02}/f{number:04}.py", f"a\n{letter}{number}\n")
        work.commit(branch)
    work.git("push", "-q", str(git_dir(repo)), "main", "feature")
    return open_pull(
        actor=Actor(user=bob),
        repository=repo,
        head_repository=repo,
        head_branch="feature",
        base_branch="main",
        title="Everything",
    )


def test_five_thousand_files_are_loaded_as_they_are_read(
    large: PullRequest,
    bob: User,
    carol: User,
    browser_of: BrowserOf,
    django_assert_num_queries: DjangoAssertNumQueries,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As many queries and git processes as for a few files, a bounded page, and ways to all the rest."""
    from repos.git import child

    ran: list[str] = []
    begin = child.GitProcess.__init__

    def counted(self: Any, folder: Path, args: tuple[str, ...], **rest: Any) -> None:
        ran.append(args[0])
        begin(self, folder, args, **rest)

    monkeypatch.setattr(child.GitProcess, "__init__", counted)
    reader = browser_of(carol)
    mark_viewed(actor=Actor(user=carol), pull=large, path="d00/f0000.py", change="x", viewed=True)
    reader.get(PAGE)
    ran.clear()
    with CaptureQueriesContext(connection) as queries:
        page = page_of(reader)
    assert sorted(ran) == ["diff-tree", "diff-tree", "diff-tree", "log"]
    few = make_pull(large.repository, bob, branch="few")
    with django_assert_num_queries(len(queries)):
        page_of(reader, f"/alice/stones/pulls/{few.topic.number}/files")
    assert len(page) < 600_000
    assert len(re.findall(r'id="file-\d+"', page)) == 20
    assert len(re.findall(r'data-file="\d+"', page)) == 300
    assert 'hx-get="?page=2" hx-trigger="intersect once"' in page and 'href="?page=2"' in page
    part = page_of(reader, f"{PAGE}?page=2", part=True)
    assert re.findall(r'id="file-(\d+)"', part)[0] == "21" and 'hx-get="?page=3"' in part
    last = page_of(reader, f"{PAGE}?page=250")
    assert re.findall(r'id="file-(\d+)"', last)[-1] == "5000" and 'hx-trigger="intersect once" hx-swap' not in last
    assert "No files on this page" in page_of(reader, f"{PAGE}?page=251")
    found = page_of(reader, f"{PAGE}/list?q=d49+f4999", part=True)
    assert re.findall(r'<a [^>]*href="([^"]+)"', found) == ["/alice/stones/pulls/1/files?page=250#file-5000"]
