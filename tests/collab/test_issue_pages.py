"""Pages of issues: the list, one issue, a new one from a template, and what readers may not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.actor import Actor
from accounts.models import User
from collab.models import Kind, Label, PullRequest, Review, Topic
from collab.services.issues import open_issue
from collab.services.labels import add_usual_labels
from collab.services.milestones import create_milestone
from collab.services.sorting import set_assignees, set_labels, set_milestone
from collab.services.topic_state import close_topic, pin_topic
from repos.git.commits import Put
from repos.models import CommitStatus, Repository
from repos.services.edits import commit_changes
from tests.factories.collab import make_topic

Browser = Callable[[User | None], Client]
LIST = "/alice/stones/issues"


def opened(repo: Repository, user: User, title: str, **more: Any) -> Topic:
    return open_issue(actor=Actor(user=user), repository=repo, title=title, **more)


def filled(repo: Repository, alice: User, bob: User, count: int) -> None:
    """Issues with everything that a row can show."""
    actor = Actor(user=alice)
    if not Label.objects.filter(repository=repo).exists():
        add_usual_labels(actor=actor, repository=repo)
        create_milestone(actor=actor, repository=repo, title="v1.0")
    for _ in range(count):
        topic = opened(repo, bob, "Loss is NaN", body="- [x] look\n- [ ] mend")
        set_labels(actor=actor, topic=topic, labels=repo.labels.filter(name__in=["bug", "model"]))
        set_assignees(actor=actor, topic=topic, users=[alice, bob])
        set_milestone(actor=actor, topic=topic, milestone=repo.milestones.get())


def test_list_costs_the_same_for_one_and_for_three(
    repo: Repository, alice: User, bob: User, browser_of: Browser, django_assert_num_queries: Any
) -> None:
    browser = browser_of(alice)
    browser.get(LIST)
    for more in (1, 2):
        filled(repo, alice, bob, more)
        with django_assert_num_queries(15):
            page = browser.get(LIST).content.decode()
    assert page.count("Loss is NaN") == 3
    assert "1 of 2" in page and "v1.0" in page


def proposed(repo: Repository, alice: User, bob: User, count: int) -> None:
    """Pull requests with a review and a check."""
    for number in range(count):
        topic = make_topic(repo, bob, f"Change {number}", kind=Kind.PULL)
        head = f"{topic.number:040x}"
        pull = PullRequest.objects.create(
            topic=topic,
            repository=repo,
            base_branch="main",
            head_branch="topic",
            base_commit="a" * 40,
            head_commit=head,
        )
        Review.objects.create(pull=pull, author=alice, state="approved", is_official=True, commit=head)
        CommitStatus.objects.create(repository=repo, commit=head, context="ci", state="success")


def test_pull_requests_cost_the_same_for_one_and_for_three(
    repo: Repository, alice: User, bob: User, browser_of: Browser, django_assert_num_queries: Any
) -> None:
    browser = browser_of(alice)
    browser.get("/alice/stones/pulls")
    for more in (1, 2):
        proposed(repo, alice, bob, more)
        with django_assert_num_queries(16):
            page = browser.get("/alice/stones/pulls").content.decode()
    assert page.count("1 of 1 check passed") == 3 and page.count(" Approved</span>") == 3
    found = browser.get("/alice/stones/pulls", {"q": "review:changes"}).context["list"]
    assert (found.rows, found.open, found.matching) == ([], 0, 0)


def test_list_counts_both_states_whatever_state_is_shown(repo: Repository, alice: User, browser_of: Browser) -> None:
    for number in range(3):
        topic = opened(repo, alice, f"Stone {number}")
    close_topic(actor=Actor(user=alice), topic=topic)
    browser = browser_of(alice)
    for query in ("is:open", "is:closed", "is:open stone", "stone"):
        found = browser.get(LIST, {"q": query}).context["list"]
        assert (found.open, found.closed) == (2, 1), query
    assert [row.topic.number for row in browser.get(LIST, {"q": "is:closed"}).context["list"].rows] == [3]


def test_a_wrong_query_is_told_and_kept(repo: Repository, alice: User, browser_of: Browser) -> None:
    opened(repo, alice, "Stone")
    answer = browser_of(alice).get(LIST, {"q": "is:flying created:soon"})
    assert answer.status_code == 400
    text = answer.content.decode()
    assert 'value="is:flying created:soon"' in text and "“is:flying” is not known." in text
    assert "opened" not in text  # Nothing is listed as if it were the answer.


def test_the_list_without_any_and_with_pins(repo: Repository, alice: User, carol: User, browser_of: Browser) -> None:
    assert "No issues yet" in browser_of(carol).get(LIST).content.decode()
    topic = opened(repo, alice, "Read this first")
    pin_topic(actor=Actor(user=alice), topic=topic)
    answer = browser_of(carol).get(LIST)
    assert [each.pk for each in answer.context["pinned"]] == [topic.pk]
    assert 'name="topic"' not in answer.content.decode()  # Who may only read has nothing to pick rows for.


def test_an_issue_shows_what_it_is_sorted_by(
    repo: Repository, alice: User, bob: User, carol: User, browser_of: Browser
) -> None:
    filled(repo, alice, bob, 1)
    page = browser_of(alice).get(f"{LIST}/1").content.decode()
    for words in ("Loss is NaN", "v1.0", "Choose labels", "Set milestone", "Delete issue"):
        assert words in page
    seen = browser_of(carol).get(f"{LIST}/1").content.decode()
    assert "v1.0" in seen and "Choose labels" not in seen


def test_the_panel_sorts_for_writers_alone(
    repo: Repository, alice: User, bob: User, carol: User, mallory: User, browser_of: Browser
) -> None:
    add_usual_labels(actor=Actor(user=alice), repository=repo)
    topic, label = opened(repo, carol, "Stone"), repo.labels.get(name="bug")
    here = "/alice/stones/topics/1"
    for user, status in ((carol, 403), (mallory, 404), (None, 404)):
        assert browser_of(user).post(f"{here}/labels", {"label": label.pk}).status_code == status
    assert list(topic.labels.all()) == []
    browser = browser_of(bob)
    assert browser.post(f"{here}/labels", {"label": label.pk}).url == f"{LIST}/1"
    part = browser.post(f"{here}/assignees", {"assignee": [alice.pk, carol.pk]}, headers={"HX-Request": "true"})
    assert b'id="side"' in part.content and part.content.count(b"happened__words") == 1
    assert browser.post(f"{here}/due", {"due_on": "2026-12-24"}).status_code == 302
    topic.refresh_from_db()
    assert str(topic.due_on) == "2026-12-24"
    assert [label.name for label in topic.labels.all()] == ["bug"]
    assert {user.username for user in topic.assignees.all()} == {"alice", "carol"}
    refused = browser.post(f"{here}/assignees", {"assignee": mallory.pk})
    assert refused.status_code == 400 and b"mallory cannot be assigned" in refused.content
    assert browser.post(f"{here}/due", {"due_on": "2026-13-99"}).status_code == 400


FORM = b"""
name: Bug report
description: Something is wrong
title: "[Bug] "
labels: [bug, nowhere]
assignees: alice
body:
  - type: markdown
    attributes: {value: "Thanks **a lot**"}
  - type: input
    id: version
    attributes: {label: Version}
    validations: {required: true}
  - type: textarea
    id: log
    attributes: {label: Log, render: shell}
  - type: dropdown
    id: where
    attributes: {label: Where, options: [GPU, CPU]}
  - type: checkboxes
    attributes:
      label: Before
      options:
        - {label: I searched, required: true}
        - {label: I can help}
"""


@pytest.fixture
def templates(repo: Repository, alice: User) -> Repository:
    """A folder with a form, a template, one that is broken, and a configuration."""
    folder = b".github/ISSUE_TEMPLATE/"
    files = {
        b"bug.yml": FORM,
        b"idea.md": b"---\nname: Idea\nabout: Something new\nlabels: experiment\n---\nWhat and why\n",
        b"broken.yml": b"name: [",
        b"config.yml": b"blank_issues_enabled: false\ncontact_links:\n"
        b"  - {name: Forum, url: 'https://forum.example/', about: Ask}\n  - {name: Bad, url: 'javascript:alert(1)'}\n",
    }
    changes = [Put(folder + name, text) for name, text in files.items()]
    commit_changes(actor=Actor(user=alice), repository=repo, branch="main", changes=changes, message="Ask")
    repo.refresh_from_db()
    add_usual_labels(actor=Actor(user=alice), repository=repo)
    return repo


def test_templates_are_offered(templates: Repository, alice: User, carol: User, browser_of: Browser) -> None:
    seen = browser_of(carol).get(f"{LIST}/new").content.decode()
    assert "Bug report" in seen and "Idea" in seen and "https://forum.example/" in seen
    assert "javascript:" not in seen and "Begin empty" not in seen and "broken.yml" not in seen
    assert "broken.yml" in browser_of(alice).get(f"{LIST}/new").content.decode()
    assert browser_of(carol).get(f"{LIST}/new?blank=1").status_code == 403
    assert browser_of(carol).get(f"{LIST}/new?template=nowhere.md").status_code == 404
    written = browser_of(carol).get(f"{LIST}/new?template=idea.md&title=A+thought").content.decode()
    assert "What and why" in written and 'value="A thought"' in written


def test_a_form_makes_the_text_of_an_issue(
    templates: Repository, alice: User, carol: User, browser_of: Browser
) -> None:
    browser = browser_of(carol)
    sent = {"template": "bug.yml", "title": "[Bug] NaN", "field-log": "a ``` b", "field-where": "GPU"}
    missing = browser.post(f"{LIST}/new", sent)
    assert missing.status_code == 400
    page = missing.content.decode()
    assert "An answer is needed." in page and "Tick what is required" in page and "a ``` b" in page
    assert not Topic.objects.exists()
    answer = browser.post(f"{LIST}/new", {**sent, "field-version": "1.2", "field-q5": ["0"]})
    topic = Topic.objects.get()
    assert answer.url == f"{LIST}/{topic.number}"
    assert topic.body == (
        "### Version\n\n1.2\n\n### Log\n\n````shell\na ``` b\n````\n\n### Where\n\nGPU\n\n"
        "### Before\n\n- [x] I searched\n- [ ] I can help\n"
    )
    # The template's writers sort, so that readers need not.
    assert [label.name for label in topic.labels.all()] == ["bug"]
    assert [user.username for user in topic.assignees.all()] == ["alice"]


def test_addresses_fill_the_form_and_readers_sort_nothing(
    repo: Repository, alice: User, carol: User, browser_of: Browser
) -> None:
    add_usual_labels(actor=Actor(user=alice), repository=repo)
    where = f"{LIST}/new?title=Slow&body=It+is&labels=Bug,model"
    label = repo.labels.get(name="bug")
    assert f'name="label" value="{label.pk}" checked' in browser_of(alice).get(where).content.decode()
    assert 'name="label"' not in browser_of(carol).get(where).content.decode()
    browser_of(carol).post(f"{LIST}/new", {"title": "Slow", "label": label.pk})
    assert list(Topic.objects.get().labels.all()) == []
    refused = browser_of(alice).post(f"{LIST}/new", {"title": " ", "body": "kept text"})
    assert refused.status_code == 400 and b"kept text" in refused.content


def test_other_kinds_lead_to_their_own_page(repo: Repository, alice: User, browser_of: Browser) -> None:
    topic = make_topic(repo, alice, "Talk", kind=Kind.DISCUSSION)
    assert browser_of(alice).get(f"{LIST}/{topic.number}").url == topic.get_absolute_url()
    assert browser_of(alice).get(f"{LIST}/99").status_code == 404
