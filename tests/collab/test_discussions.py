"""Discussions: categories and who may begin where, answers, votes, polls, issues that become one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import User
from collab.models import Poll, PollOption, PollVote, Topic
from collab.services.discussions import NewPoll, choose_answer, make_discussion, open_discussion, upvote
from collab.services.polls import vote
from hub.lib.errors import Conflict, Forbidden, Invalid
from repos.models import Repository
from tests.factories.collab import make_comment, make_issue

pytestmark = pytest.mark.django_db
Browse = Callable[[User | None], Client]


def begin(repo: Repository, author: User, category: str = "general", title: str = "Which loss?") -> Topic:
    return open_discussion(
        actor=Actor(user=author), repository=repo, category=category, title=title, body="What do you think?"
    )


def test_readers_begin_discussions_but_announce_nothing(repo: Repository, bob: User, carol: User) -> None:
    assert begin(repo, carol).number == 1
    with pytest.raises(Forbidden):
        begin(repo, carol, "announcements")
    assert begin(repo, bob, "announcements").number == 2


def test_who_asks_marks_the_answer_and_others_may_not(
    repo: Repository, alice: User, carol: User, browser_of: Browse
) -> None:
    topic = begin(repo, alice, "q-a")
    comment = make_comment(topic, carol, "Focal loss.")
    reply = make_comment(topic, alice, "Why?", parent=comment)
    nested = make_comment(topic, carol, "Imbalance.", parent=reply)
    assert (reply.parent_id, nested.parent_id) == (comment.pk, comment.pk)
    with pytest.raises(Forbidden):
        choose_answer(actor=Actor(user=carol), topic=topic, comment=comment)
    here = f"/alice/stones/discussions/{topic.number}"
    answer = browser_of(alice).post(f"{here}/answer", {"comment": comment.pk})
    assert answer.status_code == 302
    page = browser_of(carol).get(here).content.decode()
    assert "Answered by <strong>carol</strong>" in page and page.count("Focal loss.") == 2
    listed = browser_of(carol).get("/alice/stones/discussions?answered=no").content.decode()
    assert "Nothing matches" in listed


def test_a_vote_is_one_a_person_and_polls_keep_their_results_until_one_has_voted(
    repo: Repository, alice: User, bob: User, carol: User, browser_of: Browse
) -> None:
    topic = open_discussion(
        actor=Actor(user=alice), repository=repo, category="polls", title="Poll", body="",
        poll=NewPoll("Which?", ["Adam", "SGD", "Lion"], ends_at=timezone.now() + dt.timedelta(days=1)),
    )  # fmt: skip
    adam, sgd, lion = PollOption.objects.order_by("position")
    vote(actor=Actor(user=bob), topic=topic, options=[adam.pk])
    vote(actor=Actor(user=bob), topic=topic, options=[sgd.pk])
    here = f"/alice/stones/discussions/{topic.number}"
    assert "100 %" not in browser_of(carol).get(here).content.decode()
    assert "100 %" in browser_of(bob).get(here).content.decode()
    with pytest.raises(Invalid):
        vote(actor=Actor(user=carol), topic=topic, options=[adam.pk, lion.pk])
    assert list(PollVote.objects.values_list("option_id", "user_id")) == [(sgd.pk, bob.pk)]
    assert list(PollOption.objects.order_by("position").values_list("votes_count", flat=True)) == [0, 1, 0]
    Poll.objects.update(ends_at=timezone.now())
    with pytest.raises(Conflict):
        vote(actor=Actor(user=carol), topic=topic, options=[adam.pk])
    assert "100 %" in browser_of(carol).get(here).content.decode()


def test_upvotes_are_given_once_and_sort_the_list(repo: Repository, alice: User, bob: User, browser_of: Browse) -> None:
    first, second = begin(repo, alice, title="Less"), begin(repo, alice, title="More")
    for user in (alice, bob):
        assert upvote(actor=Actor(user=user), on=second)
    assert upvote(actor=Actor(user=bob), on=first)
    assert not upvote(actor=Actor(user=bob), on=first)
    page = browser_of(alice).get("/alice/stones/discussions?sort=top").content.decode()
    assert page.index("More") < page.index("Less")
    second.discussion.refresh_from_db()
    assert second.discussion.votes_count == 2


def test_an_issue_becomes_a_discussion_with_all_that_was_said(
    repo: Repository, alice: User, carol: User, browser_of: Browse
) -> None:
    issue = make_issue(repo, carol, "How do I resume?", "See above")
    make_comment(issue, alice, "From the last checkpoint.")
    with pytest.raises(Forbidden):
        make_discussion(actor=Actor(user=carol), topic=issue, category="q-a")
    make_discussion(actor=Actor(user=alice), topic=issue, category="q-a")
    page = browser_of(carol).get(f"/alice/stones/discussions/{issue.number}").content.decode()
    assert "From the last checkpoint." in page and "made this a discussion" in page


def test_the_list_and_a_page_cost_the_same_with_one_and_three(
    repo: Repository, alice: User, bob: User, browser_of: Browse
) -> None:
    browser = browser_of(bob)
    topic = begin(repo, alice, "q-a")
    comment = make_comment(topic, bob)
    make_comment(topic, alice, "Sure?", parent=comment)
    upvote(actor=Actor(user=bob), on=comment)
    here = f"/alice/stones/discussions/{topic.number}"
    for address in (here, "/alice/stones/discussions"):
        browser.get(address)
    counts = []
    for _ in range(2):
        for address in ("/alice/stones/discussions", here):
            with CaptureQueriesContext(connection) as queries:
                assert browser.get(address).status_code == 200
            counts.append(len(queries))
        for n in range(2):
            begin(repo, alice, "ideas", f"More {n}")
            make_comment(topic, bob, "More", parent=make_comment(topic, alice, f"And {n}"))
    assert counts[:2] == counts[2:]
