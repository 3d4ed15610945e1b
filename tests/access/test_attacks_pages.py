"""Attacks on pages: markup in every name and text, ways out to other hosts, names that must not be told, bad paths."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from accounts.actor import Actor
from accounts.models import Organization, Team, User
from repos.git import listing
from repos.git.commits import Put
from repos.models import Repository
from repos.paths import git_dir
from repos.services.branches import create_branch, create_tag
from repos.services.edits import commit_changes
from repos.services.people import protect_branch
from repos.services.repositories import change_repository, move_repository
from tests.access.conftest import World
from tests.access.rules import IN, Row
from tests.access.table import PAGES
from tests.factories.tracking import make_artifact
from tracking.models import Run
from tracking.services.experiments import rename_experiment
from tracking.services.params import log_params
from tracking.services.runs import update_run
from tracking.services.tags import set_tags

EVIL = "\"'><img src=x onerror=alert(1)><script>alert(2)</script><a href='javascript:alert(3)'>x</a>{{ 7|add:7 }}"
SHORT = "\"'><img src=x onerror=alert(1)>"  # Where there is no room for more.
ELSEWHERE = (
    "https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)", "\t//evil.example",
    "http:evil.example", "///evil.example", "https:///evil.example", "data:text/html,x", " //evil.example",
)  # fmt: skip


class Markup(HTMLParser):
    """Reads a page as a browser does, and notes what would run something."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.found += [f"<{tag} {name}>" for name in values if name.startswith("on") or name == "style"]
        for name in ("href", "src", "action", "formaction", "data"):
            if values.get(name, "").strip().lower().startswith(("javascript:", "data:text")):
                self.found.append(f"<{tag} {name}={values[name]}>")
        if (
            tag == "script"
            and not values.get("src", "").startswith("/static/")
            and values.get("type") != "application/json"
        ):
            self.found.append("<script>")


@pytest.fixture
def evil(people: World, stones: Repository, alice: User) -> dict[str, str]:
    """Markup in everything that people name or write, as far as the services take it."""
    actor, run = Actor(user=alice), Run.objects.get(uuid=people.words["run"])
    User.objects.update(full_name=EVIL[:150], bio=EVIL)
    Organization.objects.update(display_name=EVIL[:150], description=EVIL)
    Team.objects.update(name=SHORT, description=EVIL)
    alice.refresh_from_db()
    alice.tokens.update(name=SHORT)
    change_repository(actor=actor, repository=stones, description=EVIL)
    files = [Put(f"<img src=x onerror=alert(1)>{n}.txt".encode(), EVIL.encode() * n) for n in (1, 2)]
    text = f"# {EVIL}\n\n[x](javascript:alert(1)) ![y](javascript:alert(2))\n\n<svg onload=alert(3)>\n\n`{EVIL}`\n"
    commit_changes(
        actor=actor, repository=stones, branch="main", changes=[*files, Put(b"README.md", text.encode())], message=EVIL
    )
    create_branch(actor=actor, repository=stones, name="\"'><img/src=x/onerror=alert(1)>", start="main")
    create_tag(actor=actor, repository=stones, name="\"'><svg/onload=alert(1)>", start="main", message=EVIL)
    protect_branch(actor=actor, repository=stones, pattern="\"'><img/src=x/onerror=alert(1)>")
    rename_experiment(repository=stones, number=run.experiment.number, name=EVIL)
    update_run(repository=stones, run_id=run.uuid, name=EVIL)
    tags = [("x", EVIL), ("mlflow.source.name", EVIL), ("mlflow.user", EVIL), ("mlflow.source.git.commit", EVIL)]
    tags.append(("mlflow.note.content", text))
    set_tags(repository=stones, run_id=run.uuid, tags=tags)
    log_params(repository=stones, run_id=run.uuid, params=[("p", EVIL)])
    make_artifact(stones, run, "<img src=x onerror=alert(1)>.txt", EVIL.encode())
    return {**people.words, "sha": listing.branches(git_dir(stones))[0].commit}


def test_no_page_takes_words_for_markup(people: World, evil: dict[str, str]) -> None:
    """The attack: a script in a name, a message, a description, a file, a branch, a run: on every page there is."""
    faults, drawn = [], 0
    named = "main/%3Cimg%20src=x%20onerror=alert(1)%3E1.txt"
    extra = [
        Row("GET", f"/alice/stones/{page}/{named}", PAGES["hub"][0].rule)
        for page in ("src", "blame", "edit", "commits")
    ]
    extra += [
        Row("GET", "/alice/stones/search?q=img", PAGES["hub"][0].rule),
        Row("GET", "/-/search?q=img", PAGES["hub"][0].rule),
    ]
    for row in (row for row in [*itertools.chain(*PAGES.values()), *extra] if row.verb == "GET"):
        who = next((name for name in ("owner", "root") if row.rule[name] == IN), "nobody")
        answer = people.visitors[who].get(row.path(evil))
        if answer.streaming:
            assert b"".join(answer.streaming_content)  # type: ignore[attr-defined]
            continue
        if not answer.headers.get("Content-Type", "").startswith("text/html") or answer.status_code != 200:
            continue
        drawn += "onerror" in answer.content.decode()
        page = Markup()
        page.feed(answer.content.decode())
        if "sandbox" not in answer.headers["Content-Security-Policy"]:
            faults += [f"{row}: {found}" for found in page.found]
    assert not faults, "\n".join(faults)
    assert drawn > 30, f"only {drawn} pages show the words at all"


@pytest.mark.parametrize("target", ELSEWHERE)
def test_no_way_out_to_another_host(people: World, target: str) -> None:
    """The attack: a link to the sign-in page that leads on to a copy of it elsewhere."""
    answer = people.visitors["owner"].post("/-/theme", {"theme": "dark", "next": target})
    assert answer.headers["Location"] == "/"
    sign_in = {"login": "alice", "password": "correct horse battery", "next": target}
    answer = Client().get("/-/login", {"next": target})
    assert "evil.example" not in answer.headers.get("Location", "")
    alice = User.objects.get(username="alice")
    alice.set_password("correct horse battery")
    alice.save()
    answer = Client().post("/-/login", sign_in)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")


def without_token(answer: HttpResponse) -> str:
    """The page without what differs each time."""
    return answer.content.decode().replace(str(answer.context["csrf_token"]), "")


def test_private_names_are_told_to_nobody(people: World, stones: Repository, alice: User) -> None:
    """The attack: a stranger reads the name of a private repository from lists, feeds, old names or refusals."""
    move_repository(actor=Actor(user=alice), repository=stones, name="secret-plan")
    for who in ("stranger", "nobody"):
        visitor = people.visitors[who]
        for page in ("/", "/-/explore", "/-/search?q=secret", "/alice/", "/alice/?q=secret", "/northwind/"):
            assert "secret-plan" not in visitor.get(page).content.decode(), (who, page)
        old, never = visitor.get("/alice/stones"), visitor.get("/alice/pebbles")
        assert (old.status_code, never.status_code) == (404, 404)
        assert without_token(old).replace("stones", "pebbles") == without_token(never)
        assert visitor.get("/alice/secret-plan/settings").status_code == 404


def test_who_belongs_where_is_told_to_people_only(people: World) -> None:
    """The attack: somebody who has not signed in reads the members of an organisation from the pages of each."""
    assert "/northwind/" in people.visitors["stranger"].get("/bob/").content.decode()
    for page in ("/bob/", "/northwind/"):
        told = people.visitors["nobody"].get(page).content.decode()
        assert 'href="/northwind/"' not in told or page == "/northwind/"
        assert 'href="/bob/"' not in told or page == "/bob/"


def test_tokens_open_no_page(people: World, alice: User, token_for: Callable[..., str]) -> None:
    """The attack: a token for reading is sent to a page, which acts with all that its owner may."""
    program = Client(headers={"Authorization": f"Bearer {token_for(alice, 'admin')}"})
    assert program.get("/alice/stones").status_code == 404
    assert program.get("/-/settings/tokens").headers["Location"].startswith("/-/login")
    assert program.post("/alice/stones/settings/deletion", {"confirm": "alice/stones"}).status_code == 404


def test_signing_in_does_not_tell_who_is_here(people: World) -> None:
    """The attack: names are guessed, and the answers differ for those that exist."""
    answers = [Client().post("/-/login", {"login": name, "password": "wrong words"}) for name in ("alice", "aline")]
    assert {answer.status_code for answer in answers} == {400}
    assert without_token(answers[0]) == without_token(answers[1]).replace("aline", "alice")


BAD_PATHS = (
    "../x", "a/../../x", ".git/config", ".GIT/config", "a/.git/hooks/x", "git~1/config", ".g\u200cit/config", "a//b", "./a",
    ".git.../config", ".git::$INDEX_ALLOCATION/config", ".git\\config", "a/.git", ".. /x", "a/..",
)  # fmt: skip


def test_no_path_leads_out_of_a_work_tree(people: World, stones: Repository) -> None:
    """The attack: a file made in the browser lands in the `.git` folder of whoever clones, and runs there."""
    before = listing.branches(git_dir(stones))
    visitor = people.visitors["writer"]
    given: dict[str, Any] = {"content": "x", "message": "m", "target": "branch"}
    for path in BAD_PATHS:
        for address in ("new/main", "edit/main/README.md"):
            answer = visitor.post(f"/alice/stones/{address}", {**given, "path": path})
            assert answer.status_code == 400, (address, path, answer.status_code)
    assert listing.branches(git_dir(stones)) == before


def test_names_never_end_a_header(people: World, stones: Repository, alice: User) -> None:
    """The attack: a file name with line ends or quotes adds headers to the answer, or another file name."""
    name = b'a"; filename="b.html\r\nX-Evil: 1\n.txt'
    commit_changes(actor=Actor(user=alice), repository=stones, branch="main", changes=[Put(name, b"x")], message="m")
    answer = people.visitors["reader"].get("/alice/stones/raw/main/a%22;%20filename=%22b.html%0D%0AX-Evil:%201%0A.txt")
    assert answer.status_code == 200
    assert "X-Evil" not in answer.headers
    assert answer.headers["Content-Disposition"].count('"') == 2


@pytest.mark.parametrize(
    "name", ["a.html", "a.svg", "a.xml", "a.xhtml", "a.js", "a.htm", "a.svgz", "a.mht", "a.swf", "a.pdf"]
)
def test_files_of_others_run_nothing(people: World, stones: Repository, alice: User, name: str) -> None:
    """The attack: a page, picture or document with a script in it, opened at its raw address or as an artifact."""
    body = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    commit_changes(
        actor=Actor(user=alice), repository=stones, branch="main", changes=[Put(name.encode(), body)], message="m"
    )
    run, experiment = people.words["run"], people.words["experiment"]
    make_artifact(stones, Run.objects.get(uuid=run), name, body)
    place = f"/alice/stones/experiments/{experiment}/runs/{run}"
    for address in (f"/alice/stones/raw/main/{name}", f"{place}/files/{name}", f"{place}/frame/{name}"):
        answer = people.visitors["reader"].get(address)
        assert b"".join(answer.streaming_content) == body  # type: ignore[attr-defined]
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("sandbox;")
        assert "allow-scripts" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        shown = not answer.headers["Content-Disposition"].startswith("attachment")
        plain = answer.headers["Content-Type"].startswith(("text/plain", "application/pdf"))
        assert not shown or plain or "/frame/" in address
