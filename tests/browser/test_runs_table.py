"""The runs table in a real browser: columns, tree, eyes and colours, all in the address and on the way back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.models import User
from repos.models import Repository
from tests.browser.checking import check_page, watched
from tests.browser.conftest import SHOWN_RUN, Visitor
from tests.factories.many_runs import make_many_runs
from tests.factories.tracking import START, make_experiment, make_run

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TABLE = "/alice/stones/experiments/1"


def heads(page: Page) -> list[str]:
    """The keys of the columns, from left to right, without the run's."""
    keys = page.locator("thead th").evaluate_all("all => all.map((each) => each.dataset.key)")
    return [str(key) for key in keys][1:]


def names(page: Page) -> list[str]:
    """The names of the runs, from top to bottom."""
    return [text.strip() for text in page.locator("tbody tr[data-row] th a").all_inner_texts()]


def row(page: Page, name: str) -> Locator:
    """The row of a run."""
    return page.locator("tbody tr", has=page.get_by_role("link", name=name, exact=True))


def menu(page: Page, column: str, entry: str) -> None:
    """Choose an entry of a column's menu."""
    page.locator(f"th[data-key='{column}'] .runs__more").click()
    page.get_by_role("menuitem", name=entry).click()


def settled(page: Page, part: str) -> None:
    """Wait until the address holds this."""
    page.wait_for_url(re.compile(re.escape(part)))


def test_a_columns_menu_sorts_pins_moves_and_hides(tracked: None, bob: User, visit: Visitor) -> None:
    page = visit(bob)
    with watched(page) as troubles:
        page.goto(TABLE)
        menu(page, "metrics.lr", "Sort descending")
        settled(page, "sort=-metrics.lr")
        expect(page.locator("th[aria-sort=descending]")).to_contain_text("lr")
        menu(page, "metrics.train/loss", "Pin to the left")
        settled(page, "pin=metrics.train%2Floss")
        assert heads(page)[0] == "metrics.train/loss"
        menu(page, "user_id", "Move left")
        settled(page, "cols=")
        assert heads(page).index("user_id") < heads(page).index("duration")
        menu(page, "user_id", "Hide column")
        expect(page.locator("th[data-key=user_id]")).to_have_count(0)
        before = heads(page)
        page.reload()
        assert heads(page) == before
    assert troubles == []


def test_the_way_back_leads_through_orders_and_pages(tracked: None, bob: User, visit: Visitor) -> None:
    page = visit(bob)
    page.goto(TABLE)
    usual = names(page)
    page.get_by_role("link", name="Started").click()
    settled(page, "sort=start_time")
    expect(page.locator("tbody tr[data-row] th a").first).to_have_text(usual[-1])
    page.get_by_role("link", name="Started").click()
    settled(page, "sort=-start_time")
    page.go_back()
    page.go_back()
    expect(page.locator("tbody tr[data-row] th a").first).to_have_text(usual[0])
    assert page.url.endswith(TABLE)
    page.go_forward()
    expect(page.locator("tbody tr[data-row] th a").first).to_have_text(usual[-1])


def test_columns_are_moved_by_dragging_and_by_keys(tracked: None, bob: User, visit: Visitor) -> None:
    page = visit(bob)
    page.goto(TABLE)
    source = page.locator("th[data-key=source]").bounding_box()
    start = page.locator("th[data-key=start_time]").bounding_box()
    assert source and start
    page.mouse.move(source["x"] + 20, source["y"] + 12)
    page.mouse.down()
    page.mouse.move(start["x"] + 30, start["y"] + 12, steps=5)
    page.mouse.up()
    settled(page, "cols=source&cols=start_time")
    assert heads(page)[:2] == ["source", "start_time"]
    page.get_by_role("button", name="Column Source", exact=True).focus()
    page.keyboard.press("Alt+ArrowRight")
    settled(page, "cols=start_time&cols=source")
    expect(page.get_by_role("button", name="Column Source", exact=True)).to_be_focused()


def test_columns_are_made_wider_by_dragging_and_by_keys(tracked: None, bob: User, visit: Visitor) -> None:
    page = visit(bob)
    page.goto(TABLE)
    head = page.locator("th[data-key=user_id]")
    box = head.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] - 1, box["y"] + 12)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] + 99, box["y"] + 12, steps=4)
    page.mouse.up()
    settled(page, "w=user_id")
    wide = head.bounding_box()
    assert wide and wide["width"] == pytest.approx(box["width"] + 100, abs=2)
    page.get_by_role("button", name="Column User", exact=True).focus()
    page.keyboard.press("Shift+ArrowRight")
    page.wait_for_function(
        "width => document.querySelector('th[data-key=user_id]').offsetWidth > width", arg=wide["width"]
    )
    page.reload()
    again = head.bounding_box()
    assert again and again["width"] == pytest.approx(wide["width"] + 24, abs=2)


def test_pinned_columns_stay_while_the_table_scrolls(tracked: None, bob: User, visit: Visitor) -> None:
    page = visit(bob, viewport={"width": 900, "height": 800})
    page.goto(f"{TABLE}?pin=metrics.lr")
    head = page.locator("th[data-key='metrics.lr']")
    before = head.bounding_box()
    page.locator(".table-box").evaluate("box => box.scrollLeft = 300")
    after = head.bounding_box()
    assert before and after and after["x"] == pytest.approx(before["x"], abs=1)


def test_columns_are_found_among_all_keys_and_kept_with_those_shown(
    tracked: None, repo: Repository, bob: User, visit: Visitor
) -> None:
    make_run(repo, make_experiment(repo, "other"), metrics={"validation/recall": [1.0]})
    page = visit(bob)
    page.goto(TABLE)
    shown = heads(page)
    page.locator("summary", has_text="Columns").click()
    page.get_by_label("Find a column").fill("recall")
    page.get_by_label("validation/recall").check()
    page.get_by_role("button", name="Show these").click()
    expect(page.locator("th[data-key='metrics.validation/recall']")).to_be_visible()
    assert heads(page) == [*shown, "metrics.validation/recall"]
    assert "find=" not in page.url
    page.locator("summary", has_text="Columns").click()
    page.get_by_label("Leave out empty columns").check()
    page.get_by_role("button", name="Show these").click()
    settled(page, "hide=empty")
    expect(page.locator("th[data-key='metrics.validation/recall']")).to_have_count(0)


def test_nested_runs_unfold_below_their_parent(tracked: None, bob: User, visit: Visitor) -> None:
    page = visit(bob)
    page.goto(f"{TABLE}?sort=run_name")
    assert "child" not in names(page)
    toggle = page.get_by_role("button", name="Runs nested in run-0: 1")
    expect(toggle).to_have_attribute("aria-expanded", "false")
    toggle.click()
    settled(page, f"open={SHOWN_RUN[:10]}")
    assert names(page)[:2] == ["run-0", "child"]
    expect(toggle).to_be_focused()
    page.reload()
    assert names(page)[:2] == ["run-0", "child"]
    page.get_by_role("button", name="Tree").click()
    settled(page, "tree=0")
    assert names(page)[0] == "child"


def test_eyes_and_colours_stand_in_the_address_and_go_along_to_the_charts(
    tracked: None, bob: User, visit: Visitor
) -> None:
    page = visit(bob)
    page.goto(TABLE)
    eye = row(page, "run-0").get_by_role("button", name="In charts")
    eye.click()
    settled(page, f"off={SHOWN_RUN[:10]}")
    expect(eye).to_have_attribute("aria-pressed", "false")
    row(page, "run-0").hover()
    row(page, "run-0").get_by_role("button", name="Colour").click()
    page.get_by_role("menuitem", name="Colour 7").click()
    settled(page, f"colour={SHOWN_RUN[:10]}")
    expect(row(page, "run-0").locator(".swatch--7")).to_have_count(1)
    charts = page.get_by_role("link", name="Charts")
    assert f"off={SHOWN_RUN[:10]}" in (charts.get_attribute("href") or "")


def test_experiments_are_opened_together(tracked: None, repo: Repository, bob: User, visit: Visitor) -> None:
    make_run(repo, make_experiment(repo, "second sweep"), "elsewhere", start=START + 10**9)
    page = visit(bob)
    page.goto("/alice/stones/experiments")
    page.get_by_label("Pick resnet sweep").check()
    page.get_by_label("Pick second sweep").check()
    page.get_by_role("button", name="Open together").click()
    expect(page.get_by_role("link", name="elsewhere", exact=True)).to_be_visible()
    assert {"elsewhere", "run-0"} <= set(names(page))
    assert heads(page)[0] == "experiment"
    page.get_by_role("link", name="Only second sweep").or_(page.get_by_role("link", name="Only resnet sweep")).click()
    expect(page.locator("th[data-key=experiment]")).to_have_count(0)


def test_keys_walk_open_and_pick(tracked: None, bob: User, visit: Visitor) -> None:
    page = visit(bob)
    page.goto(TABLE)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.get_by_label("Pick run-3", exact=True)).to_be_checked()
    expect(page.locator(".runs-picked__count")).to_have_text("1 picked")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="run-3")).to_be_visible()


def test_what_is_picked_stays_while_the_order_changes(tracked: None, bob: User, visit: Visitor) -> None:
    page = visit(bob)
    page.goto(TABLE)
    page.get_by_label("Pick run-2", exact=True).check()
    page.get_by_role("link", name="Started").click()
    settled(page, "sort=start_time")
    expect(page.get_by_label("Pick run-2", exact=True)).to_be_checked()
    expect(page.locator(".runs-picked__count")).to_have_text("1 picked")


def test_a_column_is_put_into_the_filter(tracked: None, bob: User, visit: Visitor) -> None:
    page = visit(bob)
    page.goto(TABLE)
    menu(page, "metrics.train/loss", "Filter by this")
    box = page.locator("#runs-filter")
    expect(box).to_be_focused()
    expect(box).to_have_value("metrics.`train/loss` ")
    page.keyboard.type("> 5")
    page.keyboard.press("Enter")
    expect(page.get_by_text("No run matches this filter.")).to_be_visible()
    page.get_by_role("link", name="Clear the filter").click()
    expect(page.get_by_role("link", name="run-0", exact=True)).to_be_visible()


def test_a_filter_that_is_wrong_keeps_the_page_and_tells_why(tracked: None, bob: User, visit: Visitor) -> None:
    page = visit(bob)
    page.goto(TABLE)
    page.locator("#runs-filter").fill("metrics.lr < and")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    assert "q=metrics.lr" in page.url


def test_runs_are_grouped_by_a_column(tracked: None, bob: User, visit: Visitor) -> None:
    page = visit(bob)
    page.goto(f"{TABLE}?cols=params.optimizer&cols=metrics.lr")
    menu(page, "params.optimizer", "Group by this")
    expect(page.get_by_role("region", name="Groups of runs")).to_be_visible()
    page.get_by_role("button", name="No longer group by optimizer").click()
    expect(page.get_by_role("region", name="Runs", exact=True)).to_be_visible()


def test_columns_and_tree_work_without_javascript(tracked: None, bob: User, visit: Visitor) -> None:
    page = visit(bob, scripts=False)
    page.goto(TABLE)
    page.get_by_role("button", name="Runs nested in run-0: 1").click()
    assert "child" in names(page)
    page.locator("summary", has_text="Columns").click()
    page.get_by_role("button", name="Choose columns").click()
    page.get_by_label("Find a column").fill("team")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("checkbox", name="team").check()
    page.get_by_role("button", name="Show these").click()
    assert "tags.team" in heads(page)
    assert "child" in names(page)


def test_the_table_with_everything_passes_every_check(tracked: None, bob: User, visit: Visitor) -> None:
    query = f"?open={SHOWN_RUN[:10]}&off={SHOWN_RUN[:10]}&pin=metrics.lr&w=user_id:200&sort=run_name&sort=-metrics.lr"
    check_page(visit(bob), f"{TABLE}{query}", picture="experiment-tree")
    check_page(visit(bob), f"{TABLE}/columns?now=metrics.lr&now=params.lr", picture="experiment-choose-columns")


def test_a_hundred_thousand_runs(repo: Repository, bob: User, visit: Visitor) -> None:
    make_many_runs(repo)
    page = visit(bob)
    with watched(page) as troubles:
        page.goto(TABLE)
        assert names(page)[0] == "run-99999"
        menu(page, "metrics.loss", "Sort descending")
        settled(page, "sort=-metrics.loss")
        first = names(page)
        page.get_by_role("link", name="Next").click()
        settled(page, "after=")
        expect(page.get_by_text("Runs 41 to 80")).to_be_visible()
        assert not set(first) & set(names(page))
        page.get_by_role("link", name="Previous").click()
        settled(page, "before=")
        expect(page.get_by_text("Runs 1 to 40")).to_be_visible()
        assert names(page) == first
        page.locator("summary", has_text="Columns").click()
        page.get_by_label("Find a column").fill("rare/19990")
        page.get_by_label("rare/19990").check()
        page.get_by_role("button", name="Show these").click()
        expect(page.locator("th[data-key='metrics.rare/19990']")).to_be_visible()
        page.locator("#runs-filter").fill("metrics.loss < 0.0001 and params.depth = '50'")
        page.keyboard.press("Enter")
        settled(page, "q=")
        assert 0 < len(names(page)) < 40
    assert troubles == []
