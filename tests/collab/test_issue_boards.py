"""Boards: what columns do to the cards that come in, the order of cards, limits, and what is refused."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.actor import Actor
from accounts.models import User
from collab.models import BoardCard, BoardColumn, IssueBoard, Kind, Topic
from collab.services import board_cards
from collab.services.board_cards import add_card, follow_state, move_card
from collab.services.issue_boards import add_column, create_board, delete_column, edit_column, move_column
from collab.services.issues import open_issue
from collab.services.labels import create_label
from collab.services.topic_state import close_topic, reopen_topic
from hub.lib.errors import Conflict, Forbidden, Invalid
from jobs.models import Job
from repos.models import Repository
from tests.factories.collab import make_topic

Browser = Callable[[User | None], Client]


@pytest.fixture
def board(repo: Repository, alice: User) -> IssueBoard:
    """To do, in progress (gives a label), done (closes)."""
    actor = Actor(user=alice)
    made = create_board(actor=actor, repository=repo, name="Work")
    label = create_label(actor=actor, repository=repo, name="doing", colour="#d1453b")
    going = made.columns.get(name="In progress")
    edit_column(actor=actor, column=going, name="In progress", label=label, closes=False, limit=1)
    return made


def columns(board: IssueBoard) -> list[BoardColumn]:
    return list(board.columns.select_related("label"))


def order(column: BoardColumn) -> list[int]:
    return list(column.cards.order_by("position", "pk").values_list("topic__number", flat=True))


def carded(board: IssueBoard, alice: User, count: int) -> list[BoardCard]:
    actor = Actor(user=alice)
    topics = [open_issue(actor=actor, repository=board.repository, title=f"Stone {n}") for n in range(count)]
    return [add_card(actor=actor, board=board, topic=topic) for topic in topics]


def test_columns_label_and_close_what_comes_in(board: IssueBoard, alice: User) -> None:
    actor, (todo, going, done) = Actor(user=alice), columns(board)
    (card,) = carded(board, alice, 1)

    def state() -> tuple[str, list[str]]:
        topic = Topic.objects.get(pk=card.topic_id)
        return topic.state, [label.name for label in topic.labels.all()]

    for column, expected in (
        (going, ("open", ["doing"])), (done, ("closed", [])), (going, ("open", ["doing"])), (todo, ("open", [])),
    ):  # fmt: skip
        fresh = BoardCard.objects.select_related("topic", "board").get(pk=card.pk)
        move_card(actor=actor, card=fresh, column=column)
        assert state() == expected, column.name


def test_cards_follow_what_is_closed_and_opened_elsewhere(board: IssueBoard, alice: User, carol: User) -> None:
    todo, going, done = columns(board)
    first, second = carded(board, alice, 2)
    move_card(actor=Actor(user=alice), card=second, column=going)
    for card, act, expected in (
        (first, close_topic, done), (first, reopen_topic, todo), (second, close_topic, done),
    ):  # fmt: skip
        act(actor=Actor(user=alice), topic=card.topic)
        job = Job.objects.filter(task="collab.follow_boards", object_id=card.topic_id, state="waiting").get()
        follow_state(topic_id=job.object_id)
        follow_state(topic_id=job.object_id)  # A job may run twice.
        job.delete()
        assert BoardCard.objects.get(pk=card.pk).column == expected
    elsewhere = make_topic(board.repository, carol, "No card")
    close_topic(actor=Actor(user=carol), topic=elsewhere)
    assert not Job.objects.filter(task="collab.follow_boards").exists()


def test_pull_requests_are_not_closed_by_a_drag(board: IssueBoard, repo: Repository, alice: User) -> None:
    pull = make_topic(repo, alice, "Change", kind=Kind.PULL)
    add_card(actor=Actor(user=alice), board=board, topic=pull, column=columns(board)[2])
    pull.refresh_from_db()
    assert pull.state == "open"


def test_cards_go_before_any_other_however_often(
    board: IssueBoard, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order is the one of a Python list, also when there is no room left between two cards."""
    monkeypatch.setattr(board_cards, "ROOM", 4)
    cards, chance, actor = carded(board, alice, 5), random.Random(3), Actor(user=alice)
    todo = columns(board)[0]
    expected = order(todo)
    for _ in range(60):
        card, before = chance.sample([*cards, None], 2) if chance.random() < 0.8 else (chance.choice(cards), None)
        if card is None:
            continue
        card = BoardCard.objects.select_related("topic", "board").get(pk=card.pk)
        move_card(actor=actor, card=card, column=todo, before=before)
        expected.remove(card.topic.number)
        at = expected.index(before.topic.number) if before else len(expected)
        expected.insert(at, card.topic.number)
        assert order(todo) == expected


def test_what_cannot_be_a_card_or_a_place(
    board: IssueBoard, repo: Repository, other_repo: Repository, alice: User, carol: User
) -> None:
    actor, todo = Actor(user=alice), columns(board)[0]
    (card,) = carded(board, alice, 1)
    with pytest.raises(Conflict, match="on this board already, in To do"):
        add_card(actor=actor, board=board, topic=card.topic)
    for topic in (make_topic(other_repo, alice, "Else"), make_topic(repo, alice, "Talk", kind=Kind.DISCUSSION)):
        with pytest.raises(Invalid):
            add_card(actor=actor, board=board, topic=topic)
    other = create_board(actor=actor, repository=repo, name="Other")
    with pytest.raises(Invalid):
        move_card(actor=actor, card=card, column=columns(other)[0])
    with pytest.raises(Forbidden):
        move_card(actor=Actor(user=carol), card=card, column=todo)
    with pytest.raises(Conflict):
        create_board(actor=actor, repository=repo, name="WORK")


def test_columns_are_moved_and_deleted_and_one_stays(board: IssueBoard, alice: User) -> None:
    actor = Actor(user=alice)
    cards = carded(board, alice, 2)
    add_column(actor=actor, board=board, name="Later")
    later = board.columns.get(name="Later")
    for _ in range(5):
        move_column(actor=actor, column=later, step=-1)
    assert [column.name for column in columns(board)] == ["Later", "To do", "In progress", "Done"]
    assert delete_column(actor=actor, column=board.columns.get(name="To do")) == 2
    assert not BoardCard.objects.filter(pk__in=[card.pk for card in cards]).exists()
    assert Topic.objects.filter(pk__in=[card.topic_id for card in cards]).count() == 2
    for name in ("In progress", "Done"):
        delete_column(actor=actor, column=board.columns.get(name=name))
    with pytest.raises(Conflict, match="keeps one column"):
        delete_column(actor=actor, column=later)


def test_the_page_costs_the_same_for_one_and_for_three_cards(
    board: IssueBoard, alice: User, browser_of: Browser, django_assert_num_queries: Any
) -> None:
    browser, here = browser_of(alice), f"/alice/stones/boards/{board.pk}"
    browser.get(here)
    for more in (1, 2):
        carded(board, alice, more)
        Topic.objects.last().assignees.add(alice)  # type: ignore[union-attr]
        with django_assert_num_queries(11):
            page = browser.get(here)
    assert [(each.count, each.is_over) for each in page.context["columns"]] == [(3, False), (0, False), (0, False)]


def test_the_page_filters_moves_and_says_what_is_over_its_limit(
    board: IssueBoard, alice: User, carol: User, browser_of: Browser
) -> None:
    first, second = carded(board, alice, 2)
    browser, here = browser_of(alice), f"/alice/stones/boards/{board.pk}"
    going = columns(board)[1]
    for card in (first, second):
        browser.post(f"{here}/cards/{card.pk}", {"column": going.pk, "place": "top", "q": "stone"})
    assert order(going) == [2, 1]
    part = browser.post(f"{here}/cards/{first.pk}", {"before": second.pk}, headers={"HX-Request": "true"})
    assert part.status_code == 200 and order(going) == [1, 2]
    text = part.content.decode()
    assert text.count("<html") == 0 and "Over the limit" in text
    found = browser.get(here, {"q": '"Stone 1"'}).context["columns"]
    assert [(len(each.cards), each.count, each.hidden) for each in found][1] == (1, 2, 1)
    assert browser.get(here, {"q": "is:flying"}).status_code == 400
    for number, status in (("2", 409), ("77", 404), ("x", 400)):
        answer = browser.post(f"{here}/cards", {"number": number})
        assert answer.status_code == status and f'value="{number}"'.encode() in answer.content
    browser.post(f"{here}/cards/{first.pk}", {"do": "remove"})
    browser.post(f"{here}/cards", {"number": "#1", "column": columns(board)[2].pk})
    assert Topic.objects.get(number=1).state == "closed"
    seen = browser_of(carol).get(here).content.decode()
    assert "data-grip" not in seen and "Stone 1" in seen
