"""What code pages do beyond links: lines are marked, files found by keyboard, parts load by themselves."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from accounts.models import User
from repos.models import Rendering, Repository
from repos.paths import git_dir
from repos.services.renderings import draw_notebook
from tests.browser.conftest import Visitor
from tests.browser.scenes import Words, fill_with_history
from tests.support.sample_repository import Work

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SOURCE = "/alice/stones/src/main/src/train.py"


def test_lines_are_marked_by_the_address_and_by_clicks(visit: Visitor, carol: User, history: Words) -> None:
    page = visit(carol)
    page.goto(f"{SOURCE}#L10-L12")
    expect(page.locator(".is-marked")).to_have_count(3)
    for line, keys, tail in (("#L3", [], "#L3"), ("#L6", ["Shift"], "#L3-L6"), ("#L1", ["Shift"], "#L1-L3")):
        page.locator(line).click(position={"x": 20, "y": 8}, modifiers=keys)  # type: ignore[arg-type]
        assert page.url.endswith(tail)
    expect(page.locator(".is-marked")).to_have_count(3)
    page.locator("#L8").click(position={"x": 300, "y": 8})
    assert page.url.endswith("#L1-L3")


def test_copied_code_has_no_line_numbers(visit: Visitor, carol: User, history: Words) -> None:
    page = visit(carol)
    page.goto(SOURCE)
    text = page.evaluate("document.querySelector('.source code').innerText")
    assert text.startswith('"""Trains the model."""\n\nfrom __future__ import annotations\n')


def test_files_are_found_without_a_mouse(visit: Visitor, carol: User, history: Words) -> None:
    page = visit(carol)
    page.goto("/alice/stones/find/main")
    page.keyboard.type("trainpy")
    expect(page.locator(".find-list .row").first).to_contain_text("src/train.py")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".row__link").first).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_label("A few letters of the path")).to_be_focused()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.endswith(SOURCE)


def test_files_are_found_without_javascript(visit: Visitor, carol: User, history: Words) -> None:
    page = visit(carol, scripts=False)
    page.goto("/alice/stones/find/main")
    page.get_by_label("A few letters of the path").fill("trainpy")
    page.get_by_role("button", name="Find", exact=True).click()
    assert page.locator(".row__link").first.get_attribute("href") == SOURCE


def test_a_notebook_appears_when_it_is_drawn(visit: Visitor, carol: User, history: Words) -> None:
    page = visit(carol)
    page.goto("/alice/stones/src/main/notebooks/explore.ipynb")
    expect(page.locator(".rendering__wait")).to_be_visible()
    for _ in range(50):
        row = Rendering.objects.first()
        if row is not None:
            break
        page.wait_for_timeout(100)
    assert row is not None
    draw_notebook(row.pk)
    expect(page.locator(".nb")).to_contain_text("Look at the data")


def test_an_empty_repository_turns_itself_over(visit: Visitor, alice: User, repo: Repository, bare: Path) -> None:
    page = visit(alice)
    page.goto("/alice/stones")
    expect(page.locator("h1")).to_have_text("Nothing is here yet")
    fill_with_history(repo, alice, bare)
    expect(page.locator("table.files")).to_be_visible()


def test_long_differences_load_where_they_come_into_view(
    visit: Visitor, carol: User, history: Words, repo: Repository, tmp_path: Path
) -> None:
    work = Work(tmp_path / "work")
    for name in "abcdefgh":
        work.write(f"{name}.txt", f"{name}\n" * 200)
    commit = work.commit("Much")
    work.git("push", "-q", str(git_dir(repo)), "main:much")
    page = visit(carol)
    page.goto(f"/alice/stones/commit/{commit}")
    last = page.locator("#diff-8")
    expect(last.locator("tr.diff-add")).to_have_count(0)
    last.scroll_into_view_if_needed()
    expect(last.locator("tr.diff-add")).to_have_count(200)


def test_a_file_is_edited_and_committed(visit: Visitor, alice: User, history: Words) -> None:
    for scripts in (True, False):
        page = visit(alice, scripts=scripts)
        page.goto("/alice/stones/src/main/docs/guide.md")
        page.get_by_label("Edit", exact=True).click()
        page.get_by_label("Content").fill(f"# Guide\n\nScripts: {scripts}\n")
        page.get_by_role("button", name="Commit changes").click()
        expect(page.locator(".md")).to_contain_text(f"Scripts: {scripts}")
        expect(page.locator(".messages")).to_contain_text("Committed")
