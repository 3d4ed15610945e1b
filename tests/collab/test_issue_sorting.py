"""Labels, assignees, milestones and due dates of topics: what becomes true, what is told, and what is refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client

from accounts.actor import Actor
from accounts.levels import Level
from accounts.models import User
from collab.models import Event, Kind, Label, Subscription
from collab.services import sorting
from collab.services.issues import open_issue
from collab.services.labels import USUAL, add_usual_labels, create_label, delete_label, edit_label
from collab.services.milestones import close_milestone, create_milestone, delete_milestone, edit_milestone
from collab.services.topic_state import close_topic
from hub.lib.errors import Conflict, Forbidden, Invalid
from repos.models import Activity, Repository
from tests.factories.accounts import make_user
from tests.factories.collab import make_topic
from tests.factories.repos import let_in

Browser = Callable[[User | None], Client]


def made(repo: Repository, alice: User, *names: str, exclusive: bool = True) -> list[Label]:
    actor = Actor(user=alice)
    return [
        create_label(actor=actor, repository=repo, name=name, colour="#AABBCC", is_exclusive=exclusive and "/" in name)
        for name in names
    ]


def test_of_an_exclusive_scope_the_new_label_stays(repo: Repository, alice: User) -> None:
    actor = Actor(user=alice)
    low, high, free = made(repo, alice, "priority/low", "Priority/high", "bug")
    topic = open_issue(actor=actor, repository=repo, title="Stone", labels=[low, free])
    sorting.add_labels(actor=actor, topic=topic, labels=[high])
    assert {label.name for label in topic.labels.all()} == {"Priority/high", "bug"}
    event = Event.objects.get(topic=topic, verb="labelled")
    assert event.data["removed"] == [{"name": "priority/low", "colour": "#aabbcc"}]
    with pytest.raises(Invalid, match="exclude each other"):
        open_issue(actor=actor, repository=repo, title="Both", labels=[low, high])


def test_sorting_is_told_once_and_only_when_something_changed(repo: Repository, alice: User, bob: User) -> None:
    actor = Actor(user=alice)
    topic = make_topic(repo, alice, "Stone")
    (label,) = made(repo, alice, "bug")
    goal = create_milestone(actor=actor, repository=repo, title="v1")
    for _ in range(2):
        sorting.set_labels(actor=actor, topic=topic, labels=[label])
        sorting.set_assignees(actor=actor, topic=topic, users=[bob])
        sorting.set_milestone(actor=actor, topic=topic, milestone=goal)
        sorting.set_due(actor=actor, topic=topic, due_on=dt.date(2026, 12, 1))
    assert list(topic.events.values_list("verb", flat=True)) == ["labelled", "assigned", "milestoned", "due"]
    told = Activity.objects.filter(data__topic=topic.pk).order_by("pk").values_list("verb", flat=True)
    assert list(told) == ["labelled issue", "assigned issue", "milestoned issue", "edited issue"]
    assert Activity.objects.get(verb="assigned issue").data["users"] == [bob.pk]
    assert Subscription.objects.get(user=bob, topic=topic).reason == "assigned"


def test_discussions_are_sorted_too(repo: Repository, alice: User) -> None:
    topic = make_topic(repo, alice, "Talk", kind=Kind.DISCUSSION)
    sorting.set_labels(actor=Actor(user=alice), topic=topic, labels=made(repo, alice, "data"))
    assert topic.events.get().verb == "labelled"


def test_readers_sort_nothing(repo: Repository, carol: User, alice: User) -> None:
    actor, topic = Actor(user=carol), make_topic(repo, carol, "Mine")
    labels = made(repo, alice, "bug")
    for act in (
        lambda: sorting.set_labels(actor=actor, topic=topic, labels=labels),
        lambda: sorting.set_assignees(actor=actor, topic=topic, users=[carol]),
        lambda: sorting.set_milestone(actor=actor, topic=topic, milestone=None),
        lambda: sorting.set_due(actor=actor, topic=topic, due_on=None),
        lambda: open_issue(actor=actor, repository=repo, title="Mine", labels=labels),
        lambda: create_label(actor=actor, repository=repo, name="a", colour="#000000"),
        lambda: create_milestone(actor=actor, repository=repo, title="a"),
        lambda: add_usual_labels(actor=actor, repository=repo),
    ):
        with pytest.raises(Forbidden):
            act()


def test_only_people_of_the_repository_are_assigned(repo: Repository, alice: User, mallory: User, root: User) -> None:
    """The attack: somebody is assigned to an issue of a private repository, and reads its title in a mail."""
    topic, actor = make_topic(repo, alice, "Stone"), Actor(user=alice)
    with pytest.raises(Invalid, match="mallory cannot be assigned"):
        sorting.set_assignees(actor=actor, topic=topic, users=[mallory])
    sorting.set_assignees(actor=Actor(user=root), topic=topic, users=[root])  # Who may act may take it on.
    assert list(topic.assignees.all()) == [root]
    many = [make_user(f"worker{n}") for n in range(21)]
    for user in many:
        let_in(repo, user, Level.READ)
    with pytest.raises(Invalid, match="At most 20"):
        sorting.set_assignees(actor=actor, topic=topic, users=many)


def test_what_is_of_another_repository_is_refused(repo: Repository, other_repo: Repository, alice: User) -> None:
    actor, topic = Actor(user=alice), make_topic(repo, alice, "Stone")
    with pytest.raises(Invalid):
        sorting.set_labels(actor=actor, topic=topic, labels=made(other_repo, alice, "bug"))
    goal = create_milestone(actor=actor, repository=other_repo, title="v1")
    with pytest.raises(Invalid):
        sorting.set_milestone(actor=actor, topic=topic, milestone=goal)


def test_labels_are_cleaned_and_their_names_kept_apart(repo: Repository, alice: User) -> None:
    actor = Actor(user=alice)
    (bug,) = made(repo, alice, "  Bug  report ")
    assert (bug.name, bug.colour) == ("Bug report", "#aabbcc")
    with pytest.raises(Conflict, match="BUG REPORT already"):
        create_label(actor=actor, repository=repo, name="BUG REPORT", colour="#000000")
    for name, colour, field in (("", "#000000", "name"), ("a" * 61, "#000000", "name"), ("a", "red", "colour")):
        with pytest.raises(Invalid) as refused:
            create_label(actor=actor, repository=repo, name=name, colour=colour)
        assert refused.value.field == field
    with pytest.raises(Invalid, match="Only labels with a scope"):
        edit_label(actor=actor, label=bug, name="plain", colour="#000000", is_exclusive=True)
    assert len(add_usual_labels(actor=actor, repository=repo)) == len(USUAL)
    assert add_usual_labels(actor=actor, repository=repo) == []
    assert {"data", "model", "experiment"} <= set(repo.labels.values_list("name", flat=True))


def test_deleting_a_label_or_a_milestone_says_what_loses_it_and_keeps_that(repo: Repository, alice: User) -> None:
    actor = Actor(user=alice)
    (label,) = made(repo, alice, "bug")
    goal = create_milestone(actor=actor, repository=repo, title="v1")
    topics = [
        open_issue(actor=actor, repository=repo, title=f"Stone {n}", labels=[label], milestone=goal) for n in (1, 2)
    ]
    assert delete_label(actor=actor, label=label) == 2
    assert delete_milestone(actor=actor, milestone=goal) == 2
    for topic in topics:
        topic.refresh_from_db()
        assert topic.milestone is None and not topic.labels.exists()


def test_milestones_have_numbers_of_their_own_and_show_progress(
    repo: Repository, alice: User, carol: User, browser_of: Browser
) -> None:
    actor = Actor(user=alice)
    first = create_milestone(actor=actor, repository=repo, title="v1", due_on=dt.date(2026, 1, 1))
    second = create_milestone(actor=actor, repository=repo, title="v2", description="**Later**")
    assert (first.number, second.number) == (1, 2)
    with pytest.raises(Conflict):
        edit_milestone(actor=actor, milestone=second, title="V1")
    with pytest.raises(Invalid) as refused:
        create_milestone(actor=actor, repository=repo, title="x", due_on=dt.date(1, 1, 1))
    assert refused.value.field == "due_on"
    topics = [open_issue(actor=actor, repository=repo, title=f"{n}", milestone=first) for n in range(3)]
    close_topic(actor=actor, topic=topics[0])
    page = browser_of(carol).get("/alice/stones/milestones/1")
    line = page.context["line"]
    assert (line.open, line.closed, line.percent, line.is_overdue) == (2, 1, 33, True)
    assert len(page.context["list"].rows) == 2
    assert b"<strong>Later</strong>" in browser_of(carol).get("/alice/stones/milestones/2").content
    close_milestone(actor=actor, milestone=first)
    listed = browser_of(carol).get("/alice/stones/milestones?state=closed").context
    assert [each.milestone.title for each in listed["lines"]] == ["v1"]
    assert (listed["open_count"], listed["closed_count"]) == (1, 1)


def test_pages_of_labels_keep_what_was_refused(repo: Repository, alice: User, browser_of: Browser) -> None:
    browser = browser_of(alice)
    browser.post("/alice/stones/labels", {"name": "bug", "colour": "#d1453b"})
    refused = browser.post("/alice/stones/labels", {"name": "BUG", "colour": "#000000", "description": "kept"})
    assert refused.status_code == 400
    assert b"There is a label BUG already." in refused.content and b'value="kept"' in refused.content
    label = repo.labels.get()
    here = f"/alice/stones/labels/{label.pk}"
    browser.post(here, {"name": "error", "colour": "#112233"})
    label.refresh_from_db()
    assert (label.name, label.colour) == ("error", "#112233")
    open_issue(actor=Actor(user=alice), repository=repo, title="Stone", labels=[label])
    assert b"1</strong> issue" in browser.get(f"{here}/deletion").content
    assert browser.post(f"{here}/deletion", {"confirm": "wrong"}).status_code == 400
    browser.post(f"{here}/deletion", {"confirm": "error"})
    assert not repo.labels.exists()
