"""The query language of lists: what is read, what is refused, and that lists hold just what it says."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.actor import ANONYMOUS, Actor
from accounts.models import User
from collab.models import Kind, Label, Mention, Milestone, PullRequest, Review, Topic
from collab.search_language import LONGEST, MOST_TERMS, SORTS, parse, quoted
from collab.selectors.topic_search import matching, ordered
from collab.services.issues import open_issue
from hub.lib.errors import Invalid
from repos.models import Repository
from tests.factories.collab import make_comment, make_topic

TODAY = dt.date(2026, 11, 20)
CALM = settings(
    deadline=None, max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ('is:open label:"a b",c -label:x', [("is", ("open",)), ("label", ("a b", "c")), ("label", ("x",))]),
        ('"out of memory" -NaN', [("text", ("out of memory",)), ("text", ("NaN",))]),
        ("AUTHOR:@me IS:Open", [("author", ("@me",)), ("is", ("open",))]),
        (
            "RuntimeError: label: http://x",
            [("text", ("RuntimeError:",)), ("text", ("label:",)), ("text", ("http://x",))],
        ),
        (r'label:"say \"hi\""', [("label", ('say "hi"',))]),
        ('label:"never closed', [("label", ("never closed",))]),
        ('- "" -', [("text", ("-",)), ("text", ("-",))]),
        ("review:changes-requested", [("review", ("changes",))]),
    ],
)
def test_what_is_written_is_read(text: str, terms: list[Any]) -> None:
    assert [(term.key, term.values) for term in parse(text).terms] == terms


def test_unknown_filters_are_text_and_said_to_be() -> None:
    assert parse("colour:red is:open").unknown == ("colour",)


@pytest.mark.parametrize(
    "text", ["is:flying", 'label:""', "sort:up", "no:friends", "draft:maybe", "x " * (MOST_TERMS + 1), "x" * 501]
)
def test_what_cannot_be_meant_is_refused_with_the_field(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(text)
    assert refused.value.field == "q" and refused.value.next_step


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=LONGEST))
def test_any_text_is_read_or_refused_and_reads_the_same_again(text: str) -> None:
    try:
        query = parse(text)
        again = parse(query.text)
    except Invalid:
        return
    assert again.terms == query.terms


def test_menus_change_one_thing() -> None:
    query = parse('is:open label:"good first issue" sort:updated-desc')
    assert query.toggled("label", "Good first issue") == "is:open sort:updated-desc"
    assert query.toggled("label", "bug") == f"{query.text} label:bug"
    assert query.with_state("closed") == 'is:closed label:"good first issue" sort:updated-desc'
    assert query.swapped("sort", by="sort:due-asc") == 'is:open label:"good first issue" sort:due-asc'


@given(text=st.text(max_size=120))
@settings(CALM, max_examples=40)
def test_no_text_makes_a_page_fail(text: str, repo: Repository, alice: User, browser_of: Callable[..., Client]) -> None:
    assert browser_of(alice).get("/alice/stones/issues", {"q": text}).status_code in (200, 400)


@dataclass
class Scene:
    """Topics, and what may be asked about them."""

    repo: Repository
    me: User
    topics: list[Topic]


@pytest.fixture
def scene(repo: Repository, alice: User, bob: User, carol: User) -> Scene:
    """Twenty-four topics with attributes by chance, the same chance each time."""
    chance = random.Random(6)
    people = [alice, bob, carol]
    labels = [Label.objects.create(repository=repo, name=name, colour="#112233") for name in ("Bug", "data set", "x")]
    goals = [Milestone.objects.create(repository=repo, number=n, title=f"v{n}") for n in (1, 2)]
    topics = []
    for number in range(24):
        kind = chance.choice([Kind.ISSUE, Kind.ISSUE, Kind.PULL, Kind.DISCUSSION])
        words = " ".join(chance.sample(["loss", "NaN", "50%", "a_b", "basalt"], 2))
        topic = make_topic(repo, chance.choice(people), words, chance.choice(["", "basalt loss"]), kind=kind)
        closed = chance.random() < 0.4
        topic.state = Topic.State.CLOSED if closed else Topic.State.OPEN
        topic.closed_at = timezone.now() if closed else None
        topic.milestone = chance.choice([None, *goals])
        topic.due_on = chance.choice([None, TODAY - dt.timedelta(days=1), TODAY, TODAY + dt.timedelta(days=9)])
        topic.comments_count = chance.randrange(5)
        topic.is_locked = chance.random() < 0.2
        topic.pinned_at = timezone.now() if chance.random() < 0.2 else None
        topic.created_at = dt.datetime(2026, chance.choice([1, 2, 3]), chance.randrange(1, 28), 23, 59, tzinfo=dt.UTC)
        topic.save()
        topic.labels.set(chance.sample(labels, chance.randrange(3)))
        topic.assignees.set(chance.sample(people, chance.randrange(3)))
        if chance.random() < 0.3:
            Mention.objects.get_or_create(topic=topic, user=chance.choice(people))
        if kind == Kind.PULL:
            PullRequest.objects.create(
                topic=topic, repository=repo, base_branch="main", head_branch=f"b{number % 2}", base_commit="a" * 40,
                head_commit="b" * 40, is_draft=chance.random() < 0.5,
                merged_at=timezone.now() if closed and chance.random() < 0.5 else None,
            )  # fmt: skip
        topics.append(topic)
    return Scene(repo, alice, topics)


def names(topic: Topic) -> set[str]:
    return {label.name.lower() for label in topic.labels.all()}


def day(topic: Topic) -> dt.date:
    return topic.created_at.date()


CONDITIONS: dict[str, Callable[[Topic, User], bool]] = {
    "is:open": lambda t, _: t.state == "open",
    "is:closed": lambda t, _: t.state == "closed",
    "is:merged": lambda t, _: t.kind == "pull" and t.pull.merged_at is not None,
    "is:unmerged": lambda t, _: t.kind == "pull" and t.state == "closed" and t.pull.merged_at is None,
    "is:draft": lambda t, _: t.kind == "pull" and t.pull.is_draft,
    "draft:false": lambda t, _: t.kind == "pull" and not t.pull.is_draft,
    "is:locked": lambda t, _: t.is_locked,
    "is:pinned": lambda t, _: t.pinned_at is not None,
    "is:overdue": lambda t, _: t.state == "open" and t.due_on is not None and t.due_on < TODAY,
    "label:bug": lambda t, _: "bug" in names(t),
    'label:"DATA SET",x': lambda t, _: bool(names(t) & {"data set", "x"}),
    "label:nowhere": lambda t, _: False,
    "no:label": lambda t, _: not names(t),
    "has:label": lambda t, _: bool(names(t)),
    "no:milestone": lambda t, _: t.milestone is None,
    "milestone:V1": lambda t, _: t.milestone is not None and t.milestone.title == "v1",
    "author:@me": lambda t, me: t.author == me,
    "author:BOB": lambda t, _: t.author.username == "bob",  # type: ignore[union-attr]
    "assignee:@bob": lambda t, _: "bob" in {user.username for user in t.assignees.all()},
    "no:assignee": lambda t, _: not t.assignees.all(),
    "mentions:carol": lambda t, _: "carol" in {each.user.username for each in t.mentions.all()},
    "comments:>2": lambda t, _: t.comments_count > 2,
    "comments:1..2": lambda t, _: 1 <= t.comments_count <= 2,
    "created:2026-02": lambda t, _: day(t).month == 2,
    "created:>2026-02-10": lambda t, _: day(t) > dt.date(2026, 2, 10),
    "created:2026-01-05..2026-02-10": lambda t, _: dt.date(2026, 1, 5) <= day(t) <= dt.date(2026, 2, 10),
    "due:<=@today": lambda t, _: t.due_on is not None and t.due_on <= TODAY,
    "due:@today+9d": lambda t, _: t.due_on == TODAY + dt.timedelta(days=9),
    "no:due": lambda t, _: t.due_on is None,
    "base:main": lambda t, _: t.kind == "pull",
    "head:b1": lambda t, _: t.kind == "pull" and t.pull.head_branch == "b1",
    "review:none": lambda t, _: t.kind == "pull",
    "LOSS": lambda t, _: "loss" in (t.title + t.body).lower(),
    "50%": lambda t, _: "50%" in t.title,
    "a_b": lambda t, _: "a_b" in t.title,
    '"basalt loss"': lambda t, _: "basalt loss" in f"{t.title}\n{t.body}".lower(),
    "#7": lambda t, _: t.number == 7,
}


@given(
    chosen=st.lists(st.tuples(st.sampled_from(sorted(CONDITIONS)), st.booleans()), max_size=4),
    kind=st.sampled_from([None, "issue", "pr"]),
    sort=st.sampled_from(sorted(SORTS)),
)
@CALM
def test_lists_hold_just_what_the_query_says(
    chosen: list[tuple[str, bool]], kind: str | None, sort: str, scene: Scene
) -> None:
    words = [f"-{text}" if negated else text for text, negated in chosen]
    query = parse(" ".join([*words, f"sort:{sort}", *([f"is:{kind}"] if kind else [])]))
    found = matching(query, repository=scene.repo, actor=Actor(user=scene.me), kind=Kind.ISSUE, today=TODAY)
    kinds = {None: "issue", "issue": "issue", "pr": "pull"}
    expected = [
        topic.number
        for topic in scene.topics
        if topic.kind == kinds[kind]
        and all(CONDITIONS[text](topic, scene.me) is not negated for text, negated in chosen)
    ]
    assert sorted(topic.number for topic in ordered(found, query)) == expected, query.text


def test_other_repositories_are_never_among_them(repo: Repository, other_repo: Repository, alice: User) -> None:
    """The attack: `is:issue author:@me` lists what is in private repositories elsewhere."""
    secret = open_issue(actor=Actor(user=alice), repository=other_repo, title="Secret")
    for text in ("", "secret", f"#{secret.number}", "author:alice", "no:label", "in:comments secret"):
        rows = matching(parse(text), repository=repo, actor=Actor(user=alice), kind=None, today=TODAY)
        assert not rows.exists(), text


def test_words_of_comments_are_found_when_asked_for(repo: Repository, alice: User) -> None:
    topic = open_issue(actor=Actor(user=alice), repository=repo, title="Loss")
    make_comment(topic, alice, "It is the Überlauf again")
    for text, count in (("überlauf", 0), ("in:comments überlauf", 1), ("in:comments commenter:alice", 1)):
        rows = matching(parse(text), repository=repo, actor=ANONYMOUS, kind=Kind.ISSUE, today=TODAY)
        assert rows.count() == count, text


def test_the_last_word_of_each_official_reviewer_counts(scene: Scene, alice: User, bob: User) -> None:
    pull = next(topic.pull for topic in scene.topics if topic.kind == "pull")

    def say(author: User, state: str, official: bool = True) -> None:
        Review.objects.create(pull=pull, author=author, state=state, is_official=official, commit="b" * 40)

    def asked(text: str) -> bool:
        rows = matching(parse(text), repository=scene.repo, actor=ANONYMOUS, kind=Kind.PULL, today=TODAY)
        return rows.filter(pk=pull.pk).exists()

    assert asked("review:required") and asked("review:none")
    say(alice, "changes")
    say(alice, "commented")
    assert asked("review:changes") and not asked("review:approved") and not asked("review:none")
    say(alice, "approved")
    assert asked("review:approved") and not asked("review:changes") and asked("reviewed-by:alice")
    say(bob, "changes", official=False)
    assert asked("review:approved")
    say(bob, "changes")
    assert asked("review:changes") and not asked("review:approved")


def test_values_are_quoted_where_they_must_be() -> None:
    for value in ("bug", "a b", 'say "hi"', "a,b", "back\\slash"):
        assert parse(f"label:{quoted(value)}").terms[0].values == (value,)
