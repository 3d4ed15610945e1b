"""Issues in a browser: rows picked by keys, the panel, boards by pointer and by keys, and all of it without scripts."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from accounts.models import User
from collab.models import BoardCard, Label, Topic
from repos.models import Repository
from tests.browser.scenes import Words

Visit = Callable[..., Page]
LIST = "/alice/stones/issues"


def test_rows_are_picked_by_keys_and_changed_together(visit: Visit, issues: Words, repo: Repository, bob: User) -> None:
    page = visit(bob)
    page.goto(LIST)
    bulk = page.locator("[data-bulk]")
    expect(bulk).to_be_hidden()
    for key in ("j", "x", "j", "j", "x"):
        page.keyboard.press(key)
    expect(bulk.locator("[data-count]")).to_have_text("2 picked")
    page.get_by_text("Label", exact=True).locator("visible=true").first.click()
    page.get_by_role("searchbox", name="Narrow labels").fill("model")
    bulk.get_by_role("button", name="model", exact=True).click()
    expect(page.get_by_text("2 changed.")).to_be_visible()
    label = Label.objects.get(repository=repo, name="model")
    assert set(label.topics.values_list("number", flat=True)) == {7, 4, 1}  # #6 is closed: it is on the board as done.
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("Escape")
    expect(page.locator("[data-bulk]")).to_be_hidden()


def test_the_panel_changes_in_place_and_the_talk_says_so(visit: Visit, issues: Words, alice: User) -> None:
    page = visit(alice)
    page.goto(f"{LIST}/3")
    page.locator("#comment-body").fill("A thought that is not sent yet")
    page.get_by_label("Choose labels").click()
    page.locator("#side").get_by_text("evaluation", exact=True).click()
    page.get_by_role("button", name="Set labels").click()
    expect(page.locator(".props__labels").get_by_text("evaluation")).to_be_visible()
    expect(page.locator(".happened__words").last).to_contain_text("evaluation")
    assert page.locator("#comment-body").input_value() == "A thought that is not sent yet"
    page.locator(".issue-title__edit").click()
    page.get_by_role("textbox", name="Title").fill("Collect more basalt")
    page.get_by_role("button", name="Save title").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Collect more basalt")


def test_cards_move_by_keys(visit: Visit, issues: Words, alice: User) -> None:
    page = visit(alice)
    page.goto(f"/alice/stones/boards/{issues['board']}")
    grip = page.locator("[data-card]", has_text="Validation loss").locator("[data-grip]")
    grip.focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Escape")
    expect(page.locator("[data-told]")).to_have_text("Put back where it was.")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-told]")).to_contain_text("In progress, place 2 of 3")
    page.keyboard.press("Space")
    expect(page.locator("[data-told]")).to_contain_text("Put down")
    expect(grip).to_be_focused()
    column = BoardCard.objects.get(topic__number=1).column
    assert [card.topic.number for card in column.cards.order_by("position")] == [3, 1, 4]
    assert Topic.objects.get(number=1).labels.filter(name="help wanted").exists()
    expect(page.locator(".kanban__over")).to_be_visible()


def test_cards_move_by_the_pointer(visit: Visit, issues: Words, alice: User) -> None:
    page = visit(alice)
    page.goto(f"/alice/stones/boards/{issues['board']}")
    card = page.locator("[data-card]", has_text="Compare cosine")
    card.drag_to(page.locator("[data-column]").nth(2).locator("[data-cards]"))
    expect(page.locator("[data-told]")).to_contain_text("Put down: Done")
    topic = Topic.objects.get(number=4)
    assert topic.state == "closed" and not topic.labels.filter(name="help wanted").exists()


def test_without_scripts_rows_and_cards_are_changed_by_forms(visit: Visit, issues: Words, alice: User) -> None:
    page = visit(alice, scripts=False)
    page.goto(LIST)
    page.get_by_label("Pick #3").check()
    page.locator("[data-bulk] summary", has_text="Mark as").click()
    page.get_by_role("button", name="Not planned").click()
    expect(page.get_by_text("1 changed.")).to_be_visible()
    assert Topic.objects.get(number=3).reason == "not_planned"
    page.goto(f"{LIST}/5")
    page.locator("#side summary", has_text="Due").click()
    page.get_by_role("button", name="No day").click()
    assert Topic.objects.get(number=5).due_on is None
    page.goto(f"/alice/stones/boards/{issues['board']}")
    card = page.locator("[data-card]", has_text="Read this before")
    card.locator("summary").click()
    card.get_by_label("Column").select_option(label="Done")
    card.get_by_role("button", name="To the top").click()
    expect(page.locator("[data-column]").nth(2).get_by_text("Read this before")).to_be_visible()
    assert Topic.objects.get(number=2).state == "closed"
