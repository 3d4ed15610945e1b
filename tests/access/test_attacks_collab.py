"""Attacks on pages of the room where a team works: markup in every text that it takes, on every page that shows one."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from django.core import mail
from django.utils import timezone
from django.utils.html import escape

from accounts.actor import Actor
from accounts.models import User
from collab.models import BoardColumn, Category, Comment, IssueBoard, Label, MetricGate, Milestone, Notification, Topic
from collab.services.categories import save_category
from collab.services.comments import post_reply
from collab.services.discussions import NewPoll, open_discussion
from collab.services.gates import save_gate
from collab.services.issue_boards import edit_board, edit_column
from collab.services.labels import edit_label
from collab.services.mailing import send_due_mail
from collab.services.milestones import edit_milestone
from collab.services.notifying import notify
from collab.services.places import begin_on_change
from collab.services.pull_state import look_at
from collab.services.reviews import dismiss_review, send_review
from collab.services.sorting import set_milestone
from collab.services.subscribing import watch
from collab.services.talk_places import begin_talk
from collab.services.topic_state import edit_topic
from repos.models import Activity, Repository, Webhook, WebhookDelivery
from repos.services.people import protect_branch
from repos.services.repositories import change_repository
from repos.services.statuses import set_status
from search import services as search
from tests.access.conftest import World
from tests.access.rules import IN, Row
from tests.access.table import PAGES
from tests.access.test_attacks_pages import Markup
from tests.factories.collab import make_comment, make_issue
from tests.factories.pulls import make_pull, put
from tests.factories.tracking import make_run
from tracking.models import Experiment

# Each gets out of another place: a text, an element whose text is raw, the value of an attribute.
SHAPES = {
    "tag": "\"'><img src=x onerror=alert({})>",
    "end": "</script></title></textarea><svg onload=alert({})>",
    "value": "'\" onfocus=alert({}) autofocus",
}
AREAS = ("hub", "repository settings", "code", "issues", "pulls", "reviews", "ml", "notices", "talk")
FRONT = "---\nname: {}\nabout: {}\ntitle: {}\n---\n{}\n"


class Corpus:
    """The attack in one of its shapes, with the name of the field it is in, so that what shows it can be told."""

    def __init__(self, shape: str) -> None:
        self.shape = shape
        self.fields: set[str] = set()

    def line(self, field: str) -> str:
        """For a field of one line, at most 60 letters."""
        self.fields.add(field)
        return self.shape.format(field)

    def name(self, field: str) -> str:
        """For names that take no spaces."""
        return self.line(field).replace(" ", "/")

    def text(self, field: str) -> str:
        """For Markdown: as it is, in code, in a link, in a suggestion."""
        line = self.line(field)
        return f'# {line}\n\n{line} `{line}` [x](javascript:alert(1) "{line}") @{line}\n\n```suggestion\n{line}\n```\n'

    def raw(self, page: str) -> set[str]:
        """The fields that stand on a page as they were written, where that is markup."""
        return {field for field in self.fields if "<" in self.shape and self.shape.format(field) in page}

    def shown(self, page: str) -> set[str]:
        """The fields that a page shows in any form."""
        return {field for field in self.fields if f"alert({field})" in page}


@pytest.fixture(params=SHAPES)
def corpus(request: pytest.FixtureRequest) -> Corpus:
    return Corpus(SHAPES[request.param])


@pytest.fixture
def sorted_things(corpus: Corpus, people: World, stones: Repository, alice: User, bob: User) -> None:
    """The attack in issues, discussions, polls, labels, milestones, boards, categories and webhooks."""
    actor, words = Actor(user=alice), people.words
    here: dict[str, Any] = {"actor": actor, "repository": stones}
    User.objects.update(full_name=corpus.line("fullname"), bio=corpus.line("bio"))
    change_repository(actor=actor, repository=stones, description=corpus.line("repoabout"))
    issue, discussion = (Topic.objects.get(repository=stones, number=words[key]) for key in ("issue", "discussion"))
    edit_topic(actor=actor, topic=issue, title=corpus.line("issue"), body=corpus.text("issuebody"))
    edit_topic(actor=actor, topic=discussion, title=corpus.line("discussion"), body=corpus.text("discbody"))
    make_comment(issue, bob, corpus.text("comment"))
    make_comment(discussion, bob, corpus.text("answer"), parent=Comment.objects.get(pk=words["remark"]))
    edit_label(
        actor=actor, label=Label.objects.get(pk=words["label"]), name=corpus.line("label"), colour="#d1453b",
        description=corpus.line("labelabout"),
    )  # fmt: skip
    goal = edit_milestone(
        actor=actor, milestone=Milestone.objects.get(repository=stones), title=corpus.line("milestone"),
        description=corpus.text("goal"),
    )  # fmt: skip
    set_milestone(actor=actor, topic=issue, milestone=goal)
    wall, column = IssueBoard.objects.get(pk=words["wall"]), BoardColumn.objects.get(pk=words["column"])
    edit_board(actor=actor, board=wall, name=corpus.line("wall"), description=corpus.line("wallabout"))
    edit_column(actor=actor, column=column, name=corpus.line("column"), label=None, closes=False, limit=None)
    save_category(
        **here, category=Category.objects.get(repository=stones, slug="ideas"), name=corpus.line("category"),
        description=corpus.line("catabout"), icon="bug", format=Category.Format.OPEN,
    )  # fmt: skip
    poll = NewPoll(corpus.line("question"), [corpus.line("option"), corpus.line("otheroption")])
    topic = open_discussion(
        **here, category="polls", title=corpus.line("poll"), body=corpus.text("pollbody"), poll=poll
    )
    words["poll"] = str(topic.number)
    thread = begin_talk(**here, kind="file", key="README.md", where="line 1", body=corpus.text("talk"), ref="main")
    post_reply(actor=Actor(user=bob), thread=thread, body=corpus.text("reply"))
    Webhook.objects.filter(pk=words["hook"]).update(url=f"https://evil.example/{corpus.line('hook')}")
    WebhookDelivery.objects.filter(pk=words["delivery"]).update(
        error=corpus.line("hookerror"), body=json.dumps({"ref": corpus.line("hookbody")}), response_status=500,
        response_body=corpus.line("hookanswer"), request_headers={"X-Cairn-Event": corpus.line("hookhead")},
    )  # fmt: skip


@pytest.fixture
def proposed(corpus: Corpus, people: World, stones: Repository, alice: User, bob: User, carol: User) -> None:
    """The attack in branches, files and texts of a pull request, its reviews, checks, gates and runs; in templates."""
    actor, words = Actor(user=alice), people.words
    name, about, title, body = (
        json.dumps(corpus.line(field)) for field in ("tplname", "tplabout", "tpltitle", "tplbody")
    )
    label = json.dumps(corpus.line("formlabel"))
    form = f'name: Form\ndescription: A form\nbody:\n- type: input\n  id: a\n  attributes: {{"label": {label}}}\n'
    files = {".cairn/ISSUE_TEMPLATE/a.md": FRONT.format(name, about, title, body), ".cairn/ISSUE_TEMPLATE/b.yml": form}
    put(stones, alice, files)
    protect_branch(
        actor=actor, repository=stones, pattern="*", required_checks=[corpus.line("required")], required_approvals=1
    )
    branch, path = corpus.name("branch"), corpus.name("path")
    stones.protected_branches.filter(pattern="*").update(push_level=20)
    pull = make_pull(
        stones, bob, branch=branch, title=corpus.line("pull"), body=corpus.text("pullbody"),
        files={path: f"{corpus.line('code')}\n", "b.py": f"{corpus.line('more')}\n"},
    )  # fmt: skip
    put(stones, bob, {"c.py": "c\n"}, branch=branch, message=f"{corpus.line('subject')}\n\n{corpus.line('message')}")
    found = look_at(pull.pk)
    assert found is not None
    words["pull"], words["branch"], words["head"] = str(pull.topic.number), quote(branch, safe=""), found.head_commit
    begin_on_change(
        actor=actor, pull=found, old=found.merge_base, new=found.head_commit, path=path, side="new", start=1, line=1,
        body=corpus.text("lineremark"),
    )  # fmt: skip
    seen = send_review(actor=Actor(user=carol), pull=found, state="approved", body=corpus.text("approval"))
    dismiss_review(actor=actor, review=seen, reason=corpus.line("dismissal"))
    words["review"] = str(send_review(actor=actor, pull=found, state="changes", body=corpus.text("review")).pk)
    set_status(
        actor=actor, repository=stones, commit=found.head_commit, context=corpus.line("check"), state="failure",
        description=corpus.line("checkwords"), target_url=f"https://evil.example/{corpus.line('checkurl')}",
    )  # fmt: skip
    save_gate(
        actor=actor, repository=stones, name="accuracy", rule=f"`{corpus.line('gate')}` >= 0.5",
        branches="*", experiment=corpus.line("gateof"), gate=MetricGate.objects.get(pk=words["gate"]),
    )  # fmt: skip
    experiment = Experiment.objects.filter(repository=stones).earliest("pk")
    make_run(stones, experiment, corpus.line("run"), tags={"mlflow.source.git.commit": found.head_commit})


@pytest.fixture
def told(sorted_things: None, proposed: None, stones: Repository, alice: User, bob: User, settings: Any) -> None:
    """All of it in inboxes, mails and the index of the search."""
    settings.MAIL_URL, settings.HUB_URL = "smtp://localhost", "https://hub.example.org/"
    for user in (alice, bob):
        watch(actor=Actor(user=user), repository=stones, level="all")
    make_issue(stones, bob, "Plain", "See the others, @alice")
    for activity in Activity.objects.filter(repository=stones).order_by("pk"):
        notify(activity_id=activity.pk)
    Notification.objects.update(mail_due_at=timezone.now() - dt.timedelta(seconds=1))
    search.catch_up()
    search.index_code(stones.pk)


def rows() -> list[Row]:
    """Every page of the room, and others that show what is written in it."""
    rule, repo = PAGES["hub"][0].rule, "/alice/stones"
    extra = [
        "/-/search?q=alert", "/-/search?q=onerror&kind=issue", "/-/palette?q=alert", "/-/notifications?group=repository",
        f"{repo}/discussions/<poll>", f"{repo}/issues?q=is:open+alert", f"{repo}/pulls?q=is:open",
        f"{repo}/issues/new?template=a.md", f"{repo}/issues/new?template=b.yml", f"{repo}/pulls/new/main...<branch>",
        f"{repo}/src/main/README.md", f"{repo}/compare/main...<branch>", f"{repo}/commits/<branch>",
        f"{repo}/pulls/<pull>/files?diff=split", f"{repo}/pulls/<pull>/marks?path=b.py", f"{repo}/composer/topics?q=alert",
        f"{repo}/discussions/new?category=polls",
        f"{repo}/commit/<head>",
    ]  # fmt: skip
    known = itertools.chain(*(PAGES[area] for area in AREAS))
    return [row for row in known if row.verb == "GET"] + [Row("GET", route, rule) for route in extra]


def faults_of(corpus: Corpus, text: str, parser: type[HTMLParser] = Markup) -> list[str]:
    page: Any = parser()
    page.feed(text)
    return [*page.found, *(f"raw {field}" for field in sorted(corpus.raw(text)))]


def test_no_text_of_the_room_becomes_markup(corpus: Corpus, people: World, told: None) -> None:
    """The attack: a script in a label, a board's column, a check's address, a branch, a poll …: on every page there is."""
    faults: list[str] = []
    seen: set[str] = set()
    feeds = 0
    for row in rows():
        who = next((name for name in ("owner", "root") if row.rule[name] == IN), "nobody")
        answer = people.visitors[who].get(row.path(people.words))
        kind, policy = (answer.headers.get(name, "") for name in ("Content-Type", "Content-Security-Policy"))
        if answer.streaming:
            assert b"".join(answer.streaming_content)  # type: ignore[attr-defined]
            continue
        if answer.status_code != 200 or "sandbox" in policy:
            continue
        text = answer.content.decode()
        seen |= corpus.shown(text)
        if kind.startswith("text/html"):
            faults += [f"{row}: {fault}" for fault in faults_of(corpus, text)]
        elif "atom" in kind:
            feeds += bool(corpus.shown(text))  # A feed is XML, and holds HTML as text.
            for part in ElementTree.fromstring(text).iter():
                if part.get("type") == "html":
                    faults += [f"{row}: {fault}" for fault in faults_of(corpus, part.text or "")]
        else:
            assert kind.startswith(("application/json", "text/plain")), (row, kind)
            assert answer.headers["X-Content-Type-Options"] == "nosniff", row
    assert not faults, "\n".join(faults)
    assert corpus.fields - seen == set(), "no page shows these"
    assert feeds == 5


def test_no_text_of_the_room_becomes_markup_in_mail(corpus: Corpus, told: None) -> None:
    """The attack: a title that ends a header of the mail, or a script in its HTML."""
    assert send_due_mail() > 2
    seen: set[str] = set()
    for message in mail.outbox:
        assert isinstance(message, mail.EmailMultiAlternatives)
        head = [message.subject, *map(str, message.extra_headers.values())]
        assert not [value for value in head if "\n" in value or "\r" in value]
        html = str(message.alternatives[0][0])
        assert faults_of(corpus, html) == []
        seen |= corpus.shown(html)
    assert seen >= {"issue", "pull", "comment"}


@pytest.mark.parametrize(
    ("shape", "place"),
    [("tag", "<p>{}</p>"), ("end", "<title>{}</title>"), ("value", '<a title="{}">'), ("value", "<a title='{}'>")],
)
def test_what_is_looked_for_is_found_where_nothing_escapes_it(shape: str, place: str) -> None:
    corpus = Corpus(SHAPES[shape])
    assert faults_of(corpus, place.format(corpus.line("issue")))
    assert faults_of(corpus, place.format(escape(corpus.line("issue")))) == []
