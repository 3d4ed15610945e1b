"""What people write can run, restyle and submit nothing, on any page that shows it."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from django.test import Client

from accounts.actor import Actor
from accounts.models import User
from collab.models import Category, Kind, PollOption
from collab.services.categories import save_category
from collab.services.comments import begin_thread, post_reply
from collab.services.discussions import NewPoll, open_discussion
from collab.services.topic_state import edit_topic
from repos.models import Repository
from tests.factories.collab import make_comment, make_issue, make_topic

pytestmark = pytest.mark.django_db
Browse = Callable[[User | None], Client]

CORPUS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<svg><script>alert(1)</script></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data=javascript:alert(1)>",
    "<form action=https://evil.example><button>Sign in</button></form>",
    "<input autofocus onfocus=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<base href=https://evil.example>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<style>*{display:none}</style>",
    "<p style='position:fixed;inset:0'>over</p>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='jav&#x09;ascript:alert(1)'>x</a>",
    "<a href=' &#1;javascript:alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "[x](javascript:alert(1))",
    "[x](<javascript:alert(1)>)",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "![x](javascript:alert(1))",
    '![x"onerror="alert(1)](y)',
    '[x](https://a.example "onmouseover=alert(1) x=")',
    "`</code><script>alert(1)</script>`",
    "```html\n</pre><script>alert(1)</script>\n```",
    "```\"><script>alert(1)</script>\nx\n```",
    "<!--><script>alert(1)</script>-->",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<div hx-get=/x hx-trigger=load data-hx-post=/y hx-on:load=alert(1)>x</div>",
    "<hub-confirm><form action=/x method=post></form></hub-confirm>",
    "<p class='said__box button menu' id=comment-1>x</p>",
    "@alice<img src=x onerror=alert(1)> #1<script>alert(1)</script> :tada:<b onclick=alert(1)>",
    "\"><script>alert(1)</script>",
    "'-alert(1)-'",
    "{{ 7|add:7 }}{% csrf_token %}${alert(1)}",
    "\u202egnp.exe \x00 <scr\x00ipt>alert(1)</script>",
]  # fmt: skip

_ADDRESSES = {"href", "src", "action", "formaction", "data", "xlink:href", "hx-get", "hx-post", "srcdoc"}


class Watcher(HTMLParser):
    """Takes down what could run, restyle or submit something that the hub did not write."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in {"iframe", "object", "embed", "base", "style", "math", "animate", "noscript"}:
            self.faults.append(f"<{tag}>")
        if tag == "script" and not given.get("src", "").startswith("/static/"):
            self.faults.append(f"<script {given}>")
        if tag in {"meta", "link"} and ("http-equiv" in given or "evil" in str(given)):
            self.faults.append(f"<{tag} {given}>")
        if tag == "form" and not given.get("action", "/").startswith("/"):
            self.faults.append(f"<form {given}>")
        for name, value in given.items():
            bare = "".join(letter for letter in value.lower() if letter > " ")
            if name.startswith("on") or name == "style" or "hx-on" in name:
                self.faults.append(f"{name}={value}")
            if name in _ADDRESSES and bare.startswith(("javascript:", "data:text", "vbscript:")):
                self.faults.append(f"{name}={value}")


def faults(page: bytes) -> list[str]:
    watcher = Watcher()
    watcher.feed(page.decode())
    return watcher.faults


def test_no_text_of_a_conversation_runs(repo: Repository, alice: User, bob: User, browser_of: Browse) -> None:
    """The attack: a comment, a title, an option, a place … that is a script in the page of whoever reads it."""
    actor = Actor(user=bob)
    issue = make_issue(repo, alice, CORPUS[0], "\n\n".join(CORPUS))
    topic = open_discussion(actor=actor, repository=repo, category="general", title=CORPUS[1], body=CORPUS[0])
    for text in CORPUS:
        make_comment(topic, bob, text)
        make_issue(repo, alice, text.replace("\0", ""), f"see #{topic.number} {text}")
    parent = make_comment(topic, bob)
    for text in CORPUS[:8]:
        make_comment(topic, alice, text, parent=parent)
        edit_topic(actor=actor, topic=issue, title=text)
    poll = open_discussion(
        actor=actor, repository=repo, category="polls", title="Poll", body="",
        poll=NewPoll(CORPUS[1], [text[:200] for text in CORPUS[:12]]),
    )  # fmt: skip
    save_category(
        actor=actor, repository=repo, category=None, name=CORPUS[1], description=CORPUS[0], icon="bug",
        format=Category.Format.OPEN,
    )  # fmt: skip
    thread = begin_thread(
        actor=actor, repository=repo, subject="file", key=CORPUS[1], place={"line": "<script>"}, body=CORPUS[1],
        excerpt=[["+", 1, CORPUS[0]]],
    )  # fmt: skip
    post_reply(actor=actor, thread=thread, body="\n\n".join(CORPUS))
    browser = browser_of(alice)
    here = "/alice/stones"
    for address in (
        f"{here}/issues/{issue.number}", f"{here}/discussions/{topic.number}", f"{here}/discussions/{poll.number}",
        f"{here}/discussions", f"{here}/discussions/categories", f"{here}/threads/{thread.pk}",
        f"{here}/topics/{issue.number}/edit", f"{here}/topics/{issue.number}/deletion",
        f"{here}/comments/{parent.pk}/edit", f"{here}/discussions/{topic.number}?quote=comment-{parent.pk}",
    ):  # fmt: skip
        answer = browser.get(address)
        assert answer.status_code == 200, address
        assert b"alert(1)" in answer.content or b"evil" in answer.content or "comment" in address
        assert faults(answer.content) == [], address
    for text in CORPUS:
        preview = browser.post(f"{here}/composer/preview", {"body": text})
        assert (preview.status_code, faults(preview.content)) == (200, []), text
    assert PollOption.objects.count() == 12


def test_what_is_named_by_the_watcher_is_what_it_is_for() -> None:
    """The watcher itself finds the attacks when nothing cleans them."""
    raw = [text for text in CORPUS if text.startswith("<") and faults(text.encode())]
    assert len(raw) >= 15


def test_completion_offers_only_those_who_may_read(repo: Repository, alice: User, carol: User, mallory: User,
    browser_of: Browse) -> None:  # fmt: skip
    """The attack: a box for writing lists everybody who has an account on the hub."""
    here = "/alice/stones/composer/people"
    rows = browser_of(carol).get(here, {"q": ""}).json()["rows"]
    assert [row["text"] for row in rows] == ["@alice", "@bob", "@carol"]
    assert browser_of(carol).get(here, {"q": "mal"}).json()["rows"] == []
    assert browser_of(None).get(here, {"q": "a"}).status_code == 404
    make_topic(repo, alice, "Which?", kind=Kind.ISSUE)
    found = browser_of(carol).get("/alice/stones/composer/topics", {"q": "1"}).json()["rows"]
    assert found == [{"text": "#1", "about": "Which?", "kind": "issue"}]
