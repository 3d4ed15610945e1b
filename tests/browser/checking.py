"""What every page must stand: axe, the content policy, no script error, no sideways scroll, all widths, both themes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.support.chromium import AXE

ROOT = Path(__file__).resolve().parent.parent.parent
ARTIFACTS = ROOT / "tests" / ".artifacts"
WIDTHS = (390, 768, 1280)
# A page is built in two ways, for phones and for all wider windows: axe looks at each. In between it may only not stick out.
LOOKED_AT = (390, 1280)
THEMES = ("light", "dark")
PICTURES = {(1280, "light"), (390, "dark")}
MOST_SHIFT = 0.01  # Cumulative Layout Shift; 0.1 counts as good on the web.

_REMEMBER_VIOLATIONS = """
window.__violations = [];
window.__shift = [];
new PerformanceObserver((list) => list.getEntries().forEach((entry) => {
  if (entry.hadRecentInput) return;
  const moved = entry.sources.map((source) => source.node?.className || source.node?.nodeName).join(", ");
  window.__shift.push([entry.value, moved]);
})).observe({type: "layout-shift", buffered: true});
document.addEventListener("securitypolicyviolation", (event) =>
  window.__violations.push(
    `${event.violatedDirective}: ${event.blockedURI} ${event.sourceFile}:${event.lineNumber} ${event.sample}`));
"""
# The structure of a page is the same in both themes: in the second one only what depends on colour is looked at again.
_COLOUR_RULES = ["color-contrast", "link-in-text-block"]
_RUN_AXE = """async (rules) => {
  const runOnly = rules.length ? {runOnly: {type: "rule", values: rules}} : {};
  const found = await axe.run(document, {resultTypes: ["violations"], ...runOnly});
  return found.violations.map((each) => ({
    rule: each.id, help: each.help,
    nodes: each.nodes.slice(0, 5)
      .map((node) => `${node.target.join(" ")} | ${node.any.map((check) => check.message).join("; ")}`),
  }));
}"""
_TOO_WIDE = """() => {
  const room = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= room) return [];
  return [...document.querySelectorAll("body *")].filter((each) => each.getBoundingClientRect().right > room + 1)
    .slice(0, 5).map((each) => `${each.tagName.toLowerCase()}.${each.className.baseVal ?? each.className}`);
}"""


class Troubles(list[str]):
    """What a page has complained about since it was opened."""


@contextmanager
def watched(page: Page) -> Iterator[Troubles]:
    """Collect script errors and console errors while the block runs; refused resources are told with their address."""
    troubles = Troubles()

    def on_console(message: Any) -> None:
        # A page that is itself a 404 says so in the console: the status is checked where the page is opened.
        if message.type == "error" and message.location.get("url") != page.url:
            troubles.append(f"console: {message.text} ({message.location.get('url')})")

    def on_error(error: Any) -> None:
        troubles.append(f"script: {error}")

    page.on("console", on_console)
    page.on("pageerror", on_error)
    try:
        yield troubles
    finally:
        page.remove_listener("console", on_console)
        page.remove_listener("pageerror", on_error)


def open_page(page: Page, url: str, *, status: int = 200) -> None:
    """Go there and wait until the page is still; fails unless it answers `status`."""
    page.add_init_script(_REMEMBER_VIOLATIONS)
    answer = page.goto(url)
    assert answer is not None and answer.status == status, f"{url} answered {answer and answer.status}, not {status}"
    # Scripts have run when the page has loaded; only what fetches more by itself must be waited for.
    if page.locator("hub-chart, [hx-trigger*=load], [hx-trigger*=revealed]").count():
        page.wait_for_load_state("networkidle")


def check_page(page: Page, url: str, *, status: int = 200, picture: str = "") -> None:
    """Open a page once and hold it to every check at every width and in both themes; fails naming each fault.

    With `picture`, two screenshots are written: tests/.artifacts/<picture>-1280-light.png and -390-dark.png.
    """
    faults: list[str] = []
    with watched(page) as troubles:
        open_page(page, url, status=status)
        faults += shifts(page)
        page.evaluate(AXE.read_text())
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            faults += [f"{width}: {fault}" for fault in sideways(page)]
            for theme in THEMES if width in LOOKED_AT else ():
                page.emulate_media(color_scheme=theme, reduced_motion="reduce")
                rules = [] if theme == THEMES[0] else _COLOUR_RULES
                faults += [f"{width} {theme}: {fault}" for fault in violations(page, rules)]
                if picture and (width, theme) in PICTURES:
                    shoot(page, f"{picture}-{width}-{theme}")
    faults += [f"policy: {each}" for each in page.evaluate("window.__violations")] + troubles
    assert not faults, f"{url}\n" + "\n".join(dict.fromkeys(faults))


def faults_now(page: Page) -> list[str]:
    """The faults of the page as it stands: axe's violations, and what sticks out sideways. Needs axe loaded."""
    return violations(page) + sideways(page)


def violations(page: Page, rules: Sequence[str] = ()) -> list[str]:
    """What axe finds against `rules` (none named: all). Needs axe loaded."""
    found = page.evaluate(_RUN_AXE, list(rules))
    return [f"axe {each['rule']}: {each['help']}\n    " + "\n    ".join(each["nodes"]) for each in found]


def sideways(page: Page) -> list[str]:
    """What makes the page scroll sideways, if anything does."""
    wide = page.evaluate(_TOO_WIDE)
    return [f"scrolls sideways: {', '.join(wide)}"] if wide else []


def shifts(page: Page) -> list[str]:
    """How far the page has moved under the reader's eyes while it loaded, when that is more than can be seen."""
    moves = page.evaluate("window.__shift")
    total = sum(value for value, _ in moves)
    if total <= MOST_SHIFT:
        return []
    return [f"moves while loading ({total:.3f}): {'; '.join(dict.fromkeys(moved for _, moved in moves))}"]


def check_readable_without_scripts(page: Page, url: str) -> None:
    """In a context without JavaScript: a heading and content are there, and every form has a button to send it."""
    page.goto(url)
    assert page.locator("h1").count() >= 1, f"{url}: no h1"
    assert len(page.locator("main").inner_text().strip()) > 20, f"{url}: nothing to read"
    # A form with a single text input is sent by Enter: the search box of the bar needs no button.
    mute = page.locator("form:not(.bar__search):not(:has(button, input[type=submit]))").all()
    # A button may stand elsewhere and name its form.
    names = [form.get_attribute("id") or "" for form in mute]
    lost = [name for name in names if not name or not page.locator(f'button[form="{name}"]').count()]
    assert not lost, f"{url}: {len(lost)} forms cannot be sent without JavaScript"


def shoot(page: Page, name: str, *, full: bool = True) -> Path:
    """A screenshot in tests/.artifacts/."""
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    file = ARTIFACTS / f"{name}.png"
    page.screenshot(path=file, full_page=full)
    return file
