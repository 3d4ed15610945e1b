"""The pages that are measured: where each is on the hub, and what MLflow's UI asks its server for in its place.

The calls are those that MLflow 3's UI sends when the same page is opened, less those about the reader and the server.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from client import Connection

AJAX = "/ajax-api/2.0/mlflow/"
AJAX3 = "/ajax-api/3.0/mlflow/"
FILTER = "metrics.m2 < 0.1 and params.p1 = '3'"
PER_CALL = 100


@dataclass(frozen=True)
class Ask:
    """One request below the server's prefix."""

    path: str
    method: str = "GET"
    body: Any = None


@dataclass(frozen=True)
class Scene:
    """What was put there: runs, one with a long curve, a model, traces; "" where there is none."""

    words: str
    experiment: str
    runs: Sequence[str]
    long_run: str = ""
    points: int = 0
    model: str = ""
    trace: str = ""
    report: str = ""


Asks = Callable[[Scene, Connection], list[Ask]]


@dataclass(frozen=True)
class Page:
    """A page; None where a server has no such thing. `once`: what is on it where the number of runs does not count."""

    title: str
    hub: Asks
    mlflow: Asks | None = None
    once: str = ""

    def data(self, scene: Scene) -> str:
        """What the page is about."""
        return self.once.format(**vars(scene)) if self.once else scene.words


def asks_of(page: Page, server: str, scene: Scene, connection: Connection) -> list[Ask]:
    """The requests of a page; none where the server has no such page, or where it would be the same as before."""
    asks = page.hub if server == "hub" else page.mlflow
    try:
        return [] if asks is None or (page.once and not scene.long_run) else asks(scene, connection)
    finally:
        connection.close()


def _table(**query: Any) -> Asks:
    """The runs table of the hub with a query."""

    def asks(scene: Scene, connection: Connection) -> list[Ask]:
        words = urlencode(query, doseq=True)
        return [Ask(f"/experiments/{scene.experiment}" + (f"?{words}" if words else ""))]

    return asks


def _next_table(scene: Scene, connection: Connection) -> list[Ask]:
    """The second page, as the first one links to it."""
    page = connection.send(connection.prepare("GET", f"/experiments/{scene.experiment}")).decode()
    links = re.findall(r'<a [^>]*rel="next"[^>]*>', page)
    addresses = [unescape(found) for link in links for found in re.findall(r'href="([^"]+)"', link)]
    if not addresses:
        raise LookupError("the first page names no next one")
    return [Ask(f"/experiments/{scene.experiment}?{urlsplit(addresses[0]).query}")]


def _search(scene: Scene, **more: Any) -> Ask:
    usual = {"run_view_type": "ACTIVE_ONLY", "max_results": PER_CALL, "order_by": ["attributes.start_time DESC"]}
    return Ask(AJAX + "runs/search", "POST", {"experiment_ids": [scene.experiment], **usual, **more})


def _searching(**more: Any) -> Asks:
    """What the UI asks for the runs table."""

    def asks(scene: Scene, connection: Connection) -> list[Ask]:
        return [Ask(f"{AJAX}experiments/get?experiment_id={scene.experiment}"), _search(scene, **more)]

    return asks


def _next_search(scene: Scene, connection: Connection) -> list[Ask]:
    first = _search(scene)
    token = connection.ask(first.method, first.path, first.body)["next_page_token"]
    return [_search(scene, page_token=token)]


def _run(scene: Scene, connection: Connection) -> list[Ask]:
    where = f"experiment_id={scene.experiment}"
    return [Ask(f"{AJAX}runs/get?run_id={scene.runs[0]}"), Ask(f"{AJAX}experiments/get?{where}")]


def _compared(count: int) -> Page:
    def ours(scene: Scene, connection: Connection) -> list[Ask]:
        query = urlencode([("run", run) for run in scene.runs[:count]])
        return [Ask(f"/experiments/{scene.experiment}/compare?{query}")]

    def theirs(scene: Scene, connection: Connection) -> list[Ask]:
        return [Ask(f"{AJAX}runs/get?run_id={run}") for run in scene.runs[:count]]

    return Page(f"compare {count} runs", ours, theirs)


def _curve(scene: Scene, connection: Connection) -> list[Ask]:
    return [Ask(f"/experiments/{scene.experiment}/runs/{scene.long_run}/series?key=m")]


def _bulk(scene: Scene, connection: Connection) -> list[Ask]:
    words = f"run_ids={scene.long_run}&metric_key=m&max_results=320"
    return [Ask(f"{AJAX}metrics/get-history-bulk-interval?{words}")]


def _version(scene: Scene, connection: Connection) -> list[Ask]:
    name = quote(scene.model)
    return [
        Ask(f"{AJAX}registered-models/get?name={name}"),
        Ask(f"{AJAX}model-versions/get?name={name}&version=1"),
        Ask(f"{AJAX}runs/get?run_id={scene.runs[0]}"),
    ]


def _traces(scene: Scene, connection: Connection) -> list[Ask]:
    where = [{"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": scene.experiment}}]
    body = {"locations": where, "max_results": PER_CALL, "order_by": ["timestamp_ms DESC"]}
    return [Ask(f"{AJAX}experiments/get?experiment_id={scene.experiment}"), Ask(AJAX3 + "traces/search", "POST", body)]


def _at(path: str) -> Asks:
    """A page of the hub; `{words}` are fields of the scene."""

    def asks(scene: Scene, connection: Connection) -> list[Ask]:
        return [Ask(path.format(**vars(scene)))]

    return asks


def _listed(path: str) -> Asks:
    return lambda scene, connection: [Ask(path)]


_COLUMNS = [*(f"metrics.m{key}" for key in range(5)), *(f"params.p{key}" for key in range(5))]
PAGES = [
    Page("experiments", _at("/experiments"), _listed(AJAX + "experiments/search?max_results=25"), once="2 experiments"),
    Page("runs table, first page", _table(), _searching()),
    Page("runs table, next page", _next_table, _next_search),
    Page("… sorted by a metric", _table(sort="-metrics.m3"), _searching(order_by=["metrics.`m3` DESC"])),
    Page("… filtered by metric and parameter", _table(q=FILTER), _searching(filter=FILTER)),
    Page("… ten columns of choice", _table(cols=_COLUMNS), _searching()),
    Page("run", lambda scene, _: [Ask(f"/experiments/{scene.experiment}/runs/{scene.runs[0]}")], _run),
    Page("one curve, thinned", _curve, _bulk, once="{points:,} points"),
    _compared(20),
    _compared(200),
    Page("models", _at("/models"), _listed(AJAX + "registered-models/search?max_results=25"), once="1 model"),
    Page("model version", _at("/models/{model}/1"), _version, once="1 model"),
    Page("traces", _at("/experiments/{experiment}/traces"), _traces, once="200 traces"),
    Page("report: table of 20 runs, a curve of 10", _at("/reports/{report}")),
]
