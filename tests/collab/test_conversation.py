"""A topic's page: everything said and done in order, long ones folded, at a constant number of queries."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.actor import Actor
from accounts.models import User
from collab.models import Comment
from collab.selectors.conversation import FIRST, LAST, conversation, slice_of
from collab.services.discussions import open_discussion
from collab.services.reactions import react
from collab.services.topic_state import close_topic, edit_topic, lock_topic, reopen_topic
from repos.models import Repository
from tests.factories.collab import make_comment, make_issue

pytestmark = pytest.mark.django_db


def test_conversation_is_in_order_and_costs_the_same_with_one_and_three_comments(
    repo: Repository, alice: User, bob: User, carol: User
) -> None:
    actor = Actor(user=bob)
    other = make_issue(repo, carol, "Other")
    issue = make_issue(repo, alice, body="See @bob")
    make_issue(repo, alice, "A third", f"fixes #{issue.number}")
    first = make_comment(issue, carol, f"Like #{other.number}?")
    react(actor=actor, on=first, sign="heart")
    close_topic(actor=actor, topic=issue, reason="not_planned")
    with CaptureQueriesContext(connection) as one:
        talk = conversation(issue, actor)
        html = render_to_string("collab/_conversation.html", {"talk": talk, "repo": repo})
    assert "I see it too" not in html and "closed this as not planned" in html
    reopen_topic(actor=actor, topic=issue)
    for author in (alice, bob):
        react(
            actor=Actor(user=carol), on=make_comment(issue, author, f"Hello @carol, see #{other.number}"), sign="eyes"
        )
    edit_topic(actor=actor, topic=issue, title="Loss is <NaN>")
    with CaptureQueriesContext(connection) as three:
        talk = conversation(issue, actor)
        html = render_to_string("collab/_conversation.html", {"talk": talk, "repo": repo})
    assert [entry.what for entry in talk.first] == [
        "reference", "comment", "event", "event", "comment", "comment", "event",
    ]  # fmt: skip
    assert "Loss is &lt;NaN&gt;" in html and "A third" in html
    assert (len(one), len(three)) == (10, 10)


def test_a_long_conversation_is_folded_and_unfolds_piece_by_piece(repo: Repository, alice: User) -> None:
    issue = make_issue(repo, alice)
    Comment.objects.bulk_create(
        Comment(repository=repo, topic=issue, author=alice, body=f"n{n}") for n in range(FIRST + LAST + 100)
    )
    talk = conversation(issue, Actor(user=alice))
    assert (len(talk.first), talk.folded, len(talk.last)) == (FIRST, 100, LAST)
    entries, left = slice_of(issue, Actor(user=alice), start=FIRST, stop=FIRST + 60)
    assert [entry.said.on.body for entry in entries if entry.said] == [f"n{n}" for n in range(FIRST, FIRST + 60)]
    assert left == 40
    deep = Comment.objects.get(body=f"n{FIRST + 70}")
    assert deep.pk in {
        entry.said.on.pk for entry in conversation(issue, Actor(user=alice), show=deep.pk).first if entry.said
    }


def test_nothing_is_posted_when_the_topic_may_not_be_closed_with_it(
    repo: Repository, alice: User, carol: User, browser_of: Callable[[User | None], Client]
) -> None:
    issue = make_issue(repo, alice)
    where = f"/alice/stones/topics/{issue.number}/comments"
    refused = browser_of(carol).post(where, {"body": "I close this", "then": "close"})
    assert refused.status_code == 403 and "I close this" in refused.content.decode()
    assert not issue.comments.exists()
    closed = browser_of(alice).post(where, {"body": "Done", "then": "close"}, headers={"HX-Request": "true"})
    issue.refresh_from_db()
    assert closed["HX-Redirect"].endswith(f"/issues/{issue.number}#comment-{issue.comments.get().pk}")
    assert (issue.state, issue.reason, issue.comments_count) == ("closed", "completed", 1)


def test_a_locked_topic_is_for_writers_and_what_a_review_holds_back_is_its_authors_alone(
    repo: Repository, alice: User, bob: User, carol: User, browser_of: Callable[[User | None], Client]
) -> None:
    issue = make_issue(repo, carol)
    comment = make_comment(issue, carol)
    lock_topic(actor=Actor(user=bob), topic=issue, reason="heated")
    here = f"/alice/stones/comments/{comment.pk}"
    for address, data in (
        (f"{here}/edit", {"body": "Changed", "edits": 0}),
        (f"{here}/deletion", {}),
        (f"{here}/reactions", {"sign": "heart"}),
        (f"/alice/stones/topics/{issue.number}/comments", {"body": "More"}),
        (f"/alice/stones/topics/{issue.number}/closure", {}),
    ):
        assert browser_of(carol).post(address, data).status_code == 403, address
    assert browser_of(bob).post(f"{here}/edit", {"body": "Changed", "edits": 0}).status_code == 302
    Comment.objects.update(is_pending=True)
    assert browser_of(bob).get(f"{here}/source").status_code == 404
    assert browser_of(bob).post(f"{here}/deletion").status_code == 404
    assert browser_of(carol).get(f"{here}/source").status_code == 200


def test_replies_of_others_outlive_the_comment_they_are_to(
    repo: Repository, alice: User, bob: User, browser_of: Callable[[User | None], Client]
) -> None:
    topic = open_discussion(actor=Actor(user=alice), repository=repo, category="general", title="Which?", body="Say")
    comment = make_comment(topic, bob, "Adam")
    make_comment(topic, alice, "Agreed", parent=comment)
    browser_of(bob).post(f"/alice/stones/comments/{comment.pk}/deletion")
    page = browser_of(alice).get(f"/alice/stones/discussions/{topic.number}").content.decode()
    assert "This comment was deleted." in page and "Agreed" in page and "Adam" not in page
    topic.refresh_from_db()
    assert topic.comments_count == 1
