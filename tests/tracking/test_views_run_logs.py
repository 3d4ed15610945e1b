"""Logs of a run: which files are logs, their lines as safe HTML, and following one that grows."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from repos.models import Repository
from tests.factories.tracking import make_artifact, make_experiment, make_run
from tests.tracking.test_views_experiments import text_of
from tracking.models import Run
from tracking.selectors import run_log_parts
from tracking.selectors.run_logs import is_log

BrowserOf = Callable[[User | None], Client]


@pytest.fixture
def run(repo: Repository) -> Run:
    """A run that goes on."""
    return make_run(repo, make_experiment(repo), "going", status="RUNNING")


@pytest.fixture
def here(run: Run) -> str:
    """The address of the run's logs."""
    return f"/alice/stones/experiments/1/runs/{run.uuid}/logs"


@pytest.fixture
def bobs(browser_of: BrowserOf, run: Run, bob: User) -> Client:
    """The browser of somebody who may read."""
    return browser_of(bob)


def lines_of(page: str) -> list[str]:
    """The text of the lines that a page shows."""
    code = re.search(r"<code data-next[^>]*>(.*?)</code>", page, re.DOTALL)
    assert code
    found = re.findall(r'<span(?: id="L\d+" data-n="\d+")?>(.*?)\n</span>', code[1], re.DOTALL)
    return [html.unescape(re.sub(r"<[^>]+>", "", line)) for line in found]


def state_of(page: str) -> dict[str, str]:
    """What the reader sends to go on."""
    return dict(re.findall(r'data-(next|seen|line)="(\d*)"', page))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("train.log", True), ("deep/er/train.log.1", True), ("stdout.txt", True), ("stderr", True), ("job.out", True),
        ("logs/anything.txt", True), ("a/log/0", True), ("logs/worker", True), ("Logs/x.txt", False),
        ("logs/plot.png", False), ("catalog/x.txt", False), ("logistic.txt", False), ("model.pkl", False),
        ("report.md", False), ("layout.txt", False),
    ],
)  # fmt: skip
def test_what_is_called_like_a_log_is_one(path: str, expected: bool) -> None:
    assert is_log(path) is expected


def test_the_tab_is_there_only_when_there_is_a_log(bobs: Client, repo: Repository, run: Run, here: str) -> None:
    overview = here.removesuffix("/logs")
    make_artifact(repo, run, "report.md", b"x")
    assert f'href="{here}"' not in text_of(bobs, overview)
    assert "No logs" in text_of(bobs, here)
    make_artifact(repo, run, "logs/train.log", b"begun\n")
    assert f'href="{here}"' in text_of(bobs, overview)


def test_lines_are_numbered_and_a_log_is_chosen(bobs: Client, repo: Repository, run: Run, here: str) -> None:
    make_artifact(repo, run, "a.log", b"one\ntwo\nopen")
    make_artifact(repo, run, "logs/b.txt", b"other\n")
    page = text_of(bobs, here)
    assert lines_of(page) == ["one", "two", "open"]
    assert 'id="L3" data-n="3"' in page
    assert f'href="{here}/logs/b.txt"' in page
    assert lines_of(text_of(bobs, f"{here}/logs/b.txt")) == ["other"]


def test_a_long_log_shows_its_end_and_what_stands_before(bobs: Client, repo: Repository, run: Run, here: str) -> None:
    count = 12_000
    make_artifact(repo, run, "a.log", b"".join(b"line %06d of it\n" % n for n in range(1, count + 1)))
    answer = bobs.get(here)
    assert len(answer.content) < 1024 * 1024
    page, seen = answer.content.decode(), 0
    assert lines_of(page)[-1] == f"line {count:06} of it"
    for _ in range(10):
        shown = lines_of(page)
        first = int(shown[0].split()[1])
        assert shown == [f"line {n:06} of it" for n in range(first, first + len(shown))]
        assert f'id="L{first}" data-n="{first}"' in page
        seen += len(shown)
        earlier = re.search(r'href="(\?before=\d+)"', page)
        if earlier is None:
            break
        page = text_of(bobs, here + "/a.log" + earlier[1])
    assert (first, seen) == (1, count)


def test_lines_past_what_is_counted_have_no_numbers(
    bobs: Client, repo: Repository, run: Run, here: str, monkeypatch: Any
) -> None:
    monkeypatch.setattr(run_log_parts, "COUNTED", 1000)
    make_artifact(repo, run, "a.log", b"0123456789\n" * 20_000)
    page = text_of(bobs, here)
    assert "data-n=" not in page and len(lines_of(page)) > 5000


def test_a_line_that_never_ends_is_cut(bobs: Client, repo: Repository, run: Run, here: str) -> None:
    make_artifact(repo, run, "a.log", b"x" * 5_000_000)
    answer = bobs.get(here)
    assert len(answer.content) < 200_000
    assert b"more bytes in this line" in answer.content


def test_following_takes_only_what_is_new(bobs: Client, repo: Repository, run: Run, here: str) -> None:
    make_artifact(repo, run, "a.log", b"one\ntw")
    state = state_of(text_of(bobs, here))
    assert state["next"] == "4" and state["line"] == "2"
    make_artifact(repo, run, "a.log", b"one\ntwo\nthree\n")
    address = f"{here}/a.log?after={state['next']}&seen={state['seen']}&line={state['line']}"
    part = text_of(bobs, address)
    assert lines_of(part) == ["two", "three"]
    assert 'id="L2"' in part and "data-again" not in part and "data-done" not in part and "<html" not in part
    assert lines_of(text_of(bobs, f"{here}/a.log?after=14&seen={state_of(part)['seen']}&line=4")) == []


@pytest.mark.parametrize("content", [b"uno\ndue\ntre\n", b"x\n"])
def test_a_log_that_begins_anew_is_shown_anew(
    bobs: Client, repo: Repository, run: Run, here: str, content: bytes
) -> None:
    make_artifact(repo, run, "a.log", b"one\ntwo\n")
    state = state_of(text_of(bobs, here))
    make_artifact(repo, run, "a.log", content)
    part = text_of(bobs, f"{here}/a.log?after={state['next']}&seen={state['seen']}&line={state['line']}")
    assert lines_of(part) == content.decode().splitlines()
    assert "data-again" in part


def test_the_end_of_the_run_ends_the_following(bobs: Client, repo: Repository, run: Run, here: str) -> None:
    make_artifact(repo, run, "a.log", b"one\n")
    assert "data-follows" in text_of(bobs, here)
    Run.objects.update(status="FINISHED")
    page = text_of(bobs, here)
    state = state_of(page)
    assert "data-follows" not in page
    assert "data-done" in text_of(bobs, f"{here}/a.log?after=4&seen={state['seen']}&line=2")


@pytest.mark.parametrize(
    "attack",
    [
        b"<script>alert(1)</script>",
        b"\x1b[31m<img src=x onerror=alert(1)>\x1b[0m",
        b"\x1b]8;;javascript:alert(1)\x07click\x1b]8;;\x07",
        b'\x1b[31"><script>alert(1)</script>m',
        b"\x1b[38;5;99999999999999999999m<b onclick=alert(1)>",
        b"</span></code></pre><script>alert(1)</script>",
        b"\x00<svg/onload=alert(1)>\xff\xfe",
        b"\x1b]0;<script>alert(1)</script>\x07",
        b"\r<iframe src=javascript:alert(1)>",
        "\u202e<script>".encode(),
    ],
)
def test_a_log_can_only_be_text(bobs: Client, repo: Repository, run: Run, here: str, attack: bytes) -> None:
    # The attack: what a program prints is written by whoever it talks to; it must not become part of the page.
    make_artifact(repo, run, "a.log", attack + b"\nplain\n")
    code = re.search(r"<code data-next.*</code>", text_of(bobs, here), re.DOTALL)
    assert code
    assert set(re.findall(r"<\s*/?\s*([a-zA-Z]+)", code[0])) == {"code", "span"}
    tags = re.findall(r"<span([^>]*)>", code[0])
    assert all(re.fullmatch(r'( id="L\d+" data-n="\d+")?|( class="[a-z0-9 -]+")', tag) for tag in tags), tags


def test_colours_go_on_until_they_are_switched_off(bobs: Client, repo: Repository, run: Run, here: str) -> None:
    make_artifact(repo, run, "a.log", b"\x1b[31mred\nstill\x1b[0m\nplain\n10%\r50%\r100%\n")
    page = text_of(bobs, here)
    assert '<span class="nb-fg-1">red</span>' in page and '<span class="nb-fg-1">still</span>' in page
    assert lines_of(page) == ["red", "still", "plain", "100%"]


@pytest.mark.parametrize(
    ("path", "status"),
    [("/a.log?after=x", 400), ("/a.log?before=-1", 400), ("/a.log?before=0", 200), ("/nothing.log", 404),
     ("/report.md", 404), ("/../a.log", 404), ("/a.log?after=99999&seen=1", 200), ("/%00.log", 404)],
)  # fmt: skip
def test_odd_questions_get_a_clear_answer(
    bobs: Client, repo: Repository, run: Run, here: str, path: str, status: int
) -> None:
    make_artifact(repo, run, "a.log", b"one\n")
    make_artifact(repo, run, "report.md", b"one\n")
    assert bobs.get(here + path).status_code == status


def test_strangers_see_no_log(browser_of: BrowserOf, repo: Repository, run: Run, here: str, mallory: User) -> None:
    make_artifact(repo, run, "a.log", b"one\n")
    for who in (mallory, None):
        assert browser_of(who).get(here).status_code == 404
        assert browser_of(who).get(f"{here}/a.log?after=0&seen=0").status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_takes_the_same_queries_for_one_and_for_three(
    bobs: Client, repo: Repository, run: Run, here: str, count: int
) -> None:
    for number in range(count):
        make_artifact(repo, run, f"{number}.log", b"one\n" * count)
    bobs.get(here)
    with CaptureQueriesContext(connection) as queries:
        bobs.get(here)
    assert len(queries) == 12
