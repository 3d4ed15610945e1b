"""The custom elements at work, on a gallery page that holds every component."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from tests.browser.checking import check_page, faults_now, open_page, shifts
from tests.browser.conftest import Visitor
from tests.browser.gallery import asked, mended

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
GALLERY = "/-/gallery"


@pytest.fixture
def gallery(visit: Visitor, alice: User, settings: Any) -> Page:
    settings.ROOT_URLCONF = "tests.browser.gallery"
    page = visit(alice, permissions=["clipboard-read", "clipboard-write"])
    open_page(page, GALLERY)
    return page


def test_every_component_passes_every_check(visit: Visitor, alice: User, settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.browser.gallery"
    check_page(visit(alice), GALLERY, picture="gallery")


def test_checks_find_faults(gallery: Page) -> None:
    from tests.browser.checking import AXE

    assert shifts(gallery) == []
    gallery.evaluate(AXE.read_text())
    gallery.evaluate("""() => {
        document.querySelector("main").append(document.createElement("img"));
        document.querySelector("h1").style.minWidth = "5000px";
    }""")
    faults = " ".join(faults_now(gallery))
    assert "axe image-alt" in faults
    assert "scrolls sideways" in faults
    gallery.evaluate("""() => {
        const block = document.createElement("div");
        block.style.height = "300px";
        document.querySelector("main").prepend(block);
    }""")
    gallery.wait_for_timeout(300)
    assert "moves while loading" in shifts(gallery)[0]


def test_visitors_wait_until_a_page_has_arrived(visit: Visitor, alice: User) -> None:
    """What every browser test relies on: nothing is pressed before the scripts of a page listen to it."""
    page = visit(alice)
    page.goto("/")
    page.route("**/hub.js", lambda route: (page.wait_for_timeout(1000), route.continue_()))
    page.get_by_role("link", name="Explore").first.click()
    page.get_by_role("heading", name="Explore repositories").click()
    assert page.evaluate("document.readyState") == "complete"


def test_policy_refuses_inline_script_and_style(gallery: Page) -> None:
    gallery.evaluate("""() => {
        const host = document.createElement("div");
        host.innerHTML = '<p id="styled" style="color: rgb(1, 2, 3)">text</p>';
        document.body.append(host);
        const script = document.createElement("script");
        script.textContent = "window.ran = true";
        document.body.append(script);
    }""")
    colour = gallery.evaluate("getComputedStyle(document.getElementById('styled')).color")
    assert colour != "rgb(1, 2, 3)"
    assert gallery.evaluate("window.ran") is None
    assert {each.split(":")[0] for each in gallery.evaluate("window.__violations")} == {
        "style-src-attr",
        "script-src-elem",
    }


def test_copy_puts_the_code_on_the_clipboard(gallery: Page) -> None:
    gallery.locator(".code--line").get_by_role("button", name="Copy").click()
    expect(gallery.locator(".code--line").get_by_role("button", name="Copied")).to_be_visible()
    assert gallery.evaluate("navigator.clipboard.readText()") == "git clone http://127.0.0.1:8000/alice/stones.git"


def test_menu_opens_by_arrow_and_closes_by_escape_and_outside(gallery: Page) -> None:
    summary = gallery.locator("summary", has_text="main")
    summary.focus()
    gallery.keyboard.press("ArrowDown")
    expect(gallery.locator("#branches a").first).to_be_focused()
    gallery.keyboard.press("ArrowUp")
    expect(gallery.locator("#branches a").last).to_be_focused()
    gallery.keyboard.press("Escape")
    expect(gallery.locator("#branches")).to_be_hidden()
    expect(summary).to_be_focused()
    summary.click()
    expect(gallery.locator("#branches")).to_be_visible()
    gallery.locator("h1").click()
    expect(gallery.locator("#branches")).to_be_hidden()


def test_snippets_become_tabs_and_remember_the_choice(gallery: Page) -> None:
    python, curl = gallery.get_by_role("tab", name="Python"), gallery.get_by_role("tab", name="curl")
    expect(python).to_have_attribute("aria-selected", "true")
    python.press("ArrowRight")
    expect(curl).to_be_focused()
    expect(gallery.get_by_role("tabpanel", name="curl")).to_be_visible()
    expect(gallery.get_by_role("tabpanel", name="Python")).to_be_hidden()
    gallery.reload()
    expect(gallery.get_by_role("tab", name="curl")).to_have_attribute("aria-selected", "true")


def test_snippets_are_all_shown_without_javascript(visit: Visitor, alice: User, settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.browser.gallery"
    page = visit(alice, scripts=False)
    page.goto(GALLERY)
    assert page.locator(".snippet").count() == 2
    assert all(page.locator(".snippet").nth(n).is_visible() for n in range(2))


def test_filter_narrows_the_list(gallery: Page) -> None:
    gallery.get_by_label("Filter branches").fill("branch 2")
    expect(gallery.locator("#rows .row:visible")).to_have_count(1)
    gallery.get_by_label("Filter branches").fill("")
    expect(gallery.locator("#rows .row:visible")).to_have_count(3)


def test_confirm_waits_for_the_name(gallery: Page) -> None:
    button = gallery.get_by_role("button", name="Delete repository")
    expect(button).to_be_disabled()
    gallery.get_by_label("Type alice/stones to confirm").fill("alice/stone")
    expect(button).to_be_disabled()
    gallery.get_by_label("Type alice/stones to confirm").fill("alice/stones")
    expect(button).to_be_enabled()


def test_keys_search_walk_go_and_explain(gallery: Page) -> None:
    gallery.keyboard.press("/")
    expect(gallery.get_by_label("Search the hub")).to_be_focused()
    gallery.keyboard.type("j?g")
    expect(gallery.get_by_label("Search the hub")).to_have_value("j?g")
    gallery.keyboard.press("Escape")
    gallery.keyboard.press("j")
    gallery.keyboard.press("j")
    expect(gallery.locator("[data-row]").nth(1)).to_have_class(re.compile("is-reached"))
    gallery.keyboard.press("Enter")
    assert gallery.url.endswith("#row2")
    gallery.keyboard.press("?")
    expect(gallery.get_by_role("dialog", name="Keys")).to_be_visible()
    gallery.keyboard.press("Escape")
    expect(gallery.get_by_role("dialog", name="Keys")).to_have_count(0)
    gallery.keyboard.press("g")
    gallery.keyboard.press("p")
    gallery.wait_for_url("**/-/gallery#Pull%20requests")


def test_chart_draws_and_gives_its_numbers_in_a_table(gallery: Page) -> None:
    chart = gallery.locator("#chart")
    expect(chart.locator("canvas")).to_be_visible()
    chart.get_by_text("Numbers").click()
    table = chart.get_by_role("table")
    expect(table.get_by_role("columnheader")).to_have_text(["step", "baseline", "wider", "augmented"])
    expect(table.get_by_role("row")).to_have_count(101)
    expect(table.get_by_role("row").nth(1).get_by_role("cell")).to_have_text(["1", "2", "3"])
    assert gallery.evaluate("window.__violations") == []


def test_chart_keeps_the_given_height_before_and_after_it_is_drawn(gallery: Page) -> None:
    box = gallery.locator("#chart .chart__plot").bounding_box()
    assert box is not None
    assert box["height"] == 240


def test_chart_survives_a_failed_look_follows_a_run_and_stops_when_it_is_done(
    visit: Visitor, alice: User, settings: Any
) -> None:
    settings.ROOT_URLCONF = "tests.browser.gallery"
    page = visit(alice)
    page.goto("/-/gallery/live/one")
    expect(page.get_by_text("The numbers could not be loaded: the hub answered 503.")).to_be_visible()
    expect(page.get_by_text("No curve yet.")).to_be_visible()
    mended.add("one")
    page.locator("hub-chart summary").click()
    expect(page.locator("hub-chart tbody tr")).to_have_count(6)
    expect(page.locator("hub-chart thead")).to_contain_text("<i>live</i>")
    looks = asked["one"]
    page.wait_for_timeout(400)
    assert asked["one"] == looks == 3


def test_pages_without_a_chart_do_not_load_the_chart_library(visit: Visitor, alice: User) -> None:
    page = visit(alice)
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    open_page(page, "/-/explore")
    assert any("hub-chart.js" in url for url in loaded)
    assert not any("echarts" in url or "/charts/" in url for url in loaded)
    assert sum(url.endswith(".css") for url in loaded) == 1


def test_times_stay_true_on_an_open_page(visit: Visitor, alice: User, settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.browser.gallery"
    page = visit(alice)
    page.clock.install()
    page.goto(GALLERY)
    expect(page.locator("hub-time").first).to_have_text("just now")
    page.clock.fast_forward("02:10")
    expect(page.locator("hub-time").first).to_have_text("2 minutes ago")


def test_labels_of_curves_that_end_together_are_spread(gallery: Page) -> None:
    places = gallery.evaluate("""async () => {
        const url = new URL("../js/charts/labels.js", document.querySelector('link[rel=stylesheet]').href);
        const { spread } = await import(url);
        return [spread([100, 101, 50], 8, 200), spread([199, 200, 198], 8, 200)];
    }""")
    assert places == [[100, 114, 50], [186, 200, 172]]


def test_theme_changes_at_once_and_stays(gallery: Page) -> None:
    gallery.emulate_media(color_scheme="light")
    before = gallery.evaluate("getComputedStyle(document.body).backgroundColor")
    gallery.locator("summary[aria-label^=Account]").click()
    with gallery.expect_response("**/-/theme") as answer:
        gallery.get_by_role("button", name="Dark").click()
    assert answer.value.status == 204
    after = gallery.evaluate("getComputedStyle(document.body).backgroundColor")
    assert after != before
    gallery.reload()
    assert gallery.evaluate("document.documentElement.dataset.theme") == "dark"
    assert gallery.evaluate("getComputedStyle(document.body).backgroundColor") == after


def test_toast_tells_what_a_request_brought(gallery: Page) -> None:
    gallery.evaluate("""document.body.dispatchEvent(
        new CustomEvent("hub:toast", {detail: {kind: "good", text: "<b>Saved</b>"}}))""")
    toast = gallery.locator("hub-toasts .toast")
    expect(toast).to_have_text("<b>Saved</b>")
    toast.get_by_role("button", name="Close").click()
    expect(toast).to_have_count(0)
