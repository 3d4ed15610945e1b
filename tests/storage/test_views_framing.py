"""Frames of files: which policy each carries, that nobody sees one who may not see the file, and what is no frame."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from django.http.response import HttpResponseBase
from django.test import Client

from accounts.models import User
from repos.models import Repository
from storage.spaces import DATA
from tests.factories.tracking import make_artifact, make_experiment, make_run
from tests.storage.conftest import Put

BrowserOf = Callable[[User | None], Client]
FIGURE = json.dumps({"data": [{"x": ["</script><script>alert(1)</script>&"]}], "layout": {}}).encode()
PAGE = b"<h1>Page</h1><script>document.title = 1</script>"
FROM_PLOTLY = (
    b'<script charset="utf-8" src="https://cdn.plot.ly/plotly-3.1.0.min.js" integrity="x" crossorigin="anonymous">'
    b"</script><script>Plotly.newPlot()</script>"
)


@pytest.fixture
def places(repo: Repository, put: Put) -> list[str]:
    """Where frames of the same files are: of a run, and of the data bucket; each with a sign for more of the query."""
    run = make_run(repo, make_experiment(repo), "calm-otter")
    for name, content in (("f.json", FIGURE), ("p.html", PAGE), ("plotly.html", FROM_PLOTLY), ("t.json", b"[1]")):
        make_artifact(repo, run, name, content)
        put(name, content, space=DATA)
    return [f"/alice/stones/experiments/1/runs/{run.uuid}/frame/%s?", "/alice/stones/data/raw/%s?frame&"]


def body_of(answer: HttpResponseBase) -> bytes:
    """All of its bytes, read to the end so that nothing stays open."""
    return b"".join(answer)  # type: ignore[arg-type]


def directives(policy: str) -> dict[str, str]:
    return {name: value for name, _, value in (each.strip().partition(" ") for each in policy.split(";"))}


def test_a_figure_travels_as_data_under_a_policy_that_runs_two_scripts(
    browser_of: BrowserOf, bob: User, places: list[str]
) -> None:
    for place in places:
        answer = browser_of(bob).get(place % "f.json" + "figure")
        assert answer.status_code == 200 and answer["Cache-Control"] == "no-store"
        policy, page = directives(answer["Content-Security-Policy"]), answer.content.decode()
        nonce = re.findall(r'nonce="([\w-]+)"', page)
        assert len(nonce) == 2 and len(set(nonce)) == 1 and page.count("<script") == 3
        assert policy["sandbox"] == "allow-scripts" and policy["script-src"] == f"'nonce-{nonce[0]}' 'unsafe-eval'"
        assert {policy[name] for name in ("default-src", "connect-src", "frame-src", "form-action", "base-uri")} == {
            "'none'"
        }
        text = re.search(r'<script type="application/json" id="json">(.*?)</script>', page, re.DOTALL)
        assert text is not None and json.loads(text[1]) == json.loads(FIGURE)
        again = browser_of(bob).get(place % "f.json" + "figure")
        assert nonce[0] not in again.content.decode()


def test_html_runs_scripts_only_where_asked_and_without_network(
    browser_of: BrowserOf, bob: User, places: list[str]
) -> None:
    client = browser_of(bob)
    for place in places:
        still = client.get(place % "p.html")
        assert body_of(still) == PAGE and still["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
        running = client.get(place % "p.html" + "scripts", headers={"Sec-Fetch-Dest": "iframe"})
        assert running["Content-Type"] == "text/html; charset=utf-8" and body_of(running) == PAGE
        policy = directives(running["Content-Security-Policy"])
        assert policy["sandbox"] == "allow-scripts" and policy["frame-ancestors"] == "'self'"
        assert {policy[name] for name in ("default-src", "connect-src", "frame-src", "form-action", "base-uri")} == {
            "'none'"
        }
        reached = {word for name in policy for word in policy[name].split() if "//" in word}
        assert {word.rpartition("/")[2] for word in reached} == {"plotly.min.js"}
        # The attack: a link to the frame's address, opened where no page around it keeps the file from leading away.
        alone = client.get(place % "p.html" + "scripts", headers={"Sec-Fetch-Dest": "document"})
        assert body_of(alone) == PAGE and alone["Content-Security-Policy"] == still["Content-Security-Policy"]


def test_a_page_taken_from_the_cache_keeps_its_policy(browser_of: BrowserOf, bob: User, places: list[str]) -> None:
    client = browser_of(bob)
    for place in places:
        first = client.get(place % "p.html")
        assert body_of(first) == PAGE
        again = client.get(place % "p.html", headers={"If-None-Match": first["ETag"]})
        assert again.status_code == 304
        assert again["Content-Security-Policy"] == first["Content-Security-Policy"]


def test_plotly_comes_from_this_hub_where_a_page_names_it_elsewhere(
    browser_of: BrowserOf, bob: User, places: list[str]
) -> None:
    client = browser_of(bob)
    for place in places:
        content = client.get(place % "plotly.html" + "scripts").content
        assert b"cdn.plot.ly" not in content and content.count(b"vendor/plotly/plotly.min.js") == 1
        assert content.endswith(b"<script>Plotly.newPlot()</script>")
        # The file itself stays what it is.
        assert body_of(client.get(place % "plotly.html")) == FROM_PLOTLY


def test_what_is_no_figure_has_no_frame_of_one(browser_of: BrowserOf, bob: User, places: list[str]) -> None:
    for place in places:
        for name in ("t.json", "p.html", "none.json"):
            assert browser_of(bob).get(place % name + "figure").status_code == 404
        # Other files are as safe in a frame as anywhere.
        plain = browser_of(bob).get(place % "t.json" + "scripts")
        assert body_of(plain) == b"[1]" and plain["Content-Security-Policy"].startswith("sandbox; default-src 'none'")


def test_strangers_see_no_frame(browser_of: BrowserOf, mallory: User, places: list[str]) -> None:
    for place in places:
        for who in (mallory, None):
            for name, query in (("f.json", "figure"), ("p.html", "scripts"), ("p.html", "")):
                assert browser_of(who).get(place % name + query).status_code == 404
