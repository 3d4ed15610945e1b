"""Weighs the hub's pages and times their making, beside the API calls by which MLflow's own UI shows the same.

    python benchmarks/pages.py             1,000 to 100,000 runs, a curve of 1,000,000 points, about 12 minutes
    python benchmarks/pages.py --quick     1,000 and 10,000 runs, 100,000 points, about 3 minutes

Both servers are on SQLite, hold the same runs (fill.py) and are asked in turn over one kept connection. Of the hub the
finished page is measured, signed in; of MLflow what its UI asks for before it can begin to draw: the times of several
calls are added up, and the drawing in the browser is not counted. `wall` and `CPU` are of the server, a page; `gz` is
what gzip makes of the bytes. What cannot be asked is told below the table and leaves a dash.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from client import Connection
from pages_asked import PAGES, Ask, Scene, asks_of
from pages_scene import hub_assets, mlflow_assets, set_scene, signed_in
from pages_table import Measured, markdown
from servers import HubHome, Server, mlflow

SIZES, QUICK_SIZES = (1000, 10_000, 100_000), (1000, 10_000)
POINTS, QUICK_POINTS = 1_000_000, 100_000
LEAST, MOST_REQUESTS, LONGEST_MS = 2, 400, 12_000
"""A page that takes many calls, or long, is asked for less often, but at least twice."""
SETTLE = 8.0
MINUTES, QUICK_MINUTES = 13.0, 2.5


def say(text: str) -> None:
    """Tell how far it is."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def measure(server: Server, asks: list[Ask], repeat: int) -> Measured:
    """The medians of a page: every call of it once a round. Raises RuntimeError for an answer that is not 200."""
    connection = Connection(server)
    requests = [connection.prepare(ask.method, ask.path, ask.body) for ask in asks]
    try:
        bodies = [connection.send(request) for request in requests]  # The first round warms the server up.
        repeat = max(LEAST, min(repeat, MOST_REQUESTS // len(requests)))
        rounds: list[float] = []
        before = server.cpu_seconds()
        while len(rounds) < repeat and (len(rounds) < LEAST or sum(rounds) < LONGEST_MS):
            begun = time.perf_counter()
            for request in requests:
                connection.send(request)
            rounds.append(1000 * (time.perf_counter() - begun))
        return Measured.of(bodies, rounds, 1000 * (server.cpu_seconds() - before) / len(rounds))
    finally:
        connection.close()


def compare(
    servers: dict[str, Server], scenes: dict[str, Scene], repeat: int, late: float
) -> Iterator[tuple[str, str, str, Measured | str]]:
    """Page, size, server and what was measured, or why it could not be."""
    for page in PAGES:
        for name, server in servers.items():
            if time.monotonic() > late:
                yield page.title, page.data(scenes[name]), name, "the time was up"
                continue
            try:
                asks = asks_of(page, name, scenes[name], Connection(server))
                found: Measured | str = measure(server, asks, repeat) if asks else ""
            except (RuntimeError, OSError, LookupError) as error:
                found = f"{type(error).__name__}: {str(error)[:160]}"
            if found:
                yield page.title, page.data(scenes[name]), name, found


def main() -> None:
    """Measure and print the table as Markdown; the exit status is 1 when the hub did not answer a page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="smaller, and fewer repetitions")
    parser.add_argument("--runs", default="", help="sizes of the experiments, comma-separated")
    parser.add_argument("--points", type=int, default=0, help="points of the long curve")
    parser.add_argument("--repeat", type=int, default=0, help="rounds of each page (15; quick: 5)")
    parser.add_argument("--minutes", type=float, default=0, help="no page is begun so many minutes after the servers")
    parser.add_argument("--only", default="hub,mlflow", help="servers to measure, comma-separated")
    options = parser.parse_args()
    sizes = [int(word) for word in options.runs.split(",") if word] or (QUICK_SIZES if options.quick else SIZES)
    points = options.points or (QUICK_POINTS if options.quick else POINTS)
    repeat = options.repeat or (5 if options.quick else 15)
    begun = time.monotonic()
    minutes = options.minutes or (QUICK_MINUTES if options.quick else MINUTES)
    found: list[tuple[str, str, str, Measured | str]] = []
    with tempfile.TemporaryDirectory(prefix="cairn-pages-") as place, contextlib.ExitStack() as stack:
        servers: dict[str, Server] = {}
        apis: dict[str, Server] = {}
        for name in options.only.split(","):
            folder = Path(place) / name
            folder.mkdir()
            say(f"starting {name}")
            if name == "hub":
                home = HubHome(folder)
                apis[name] = stack.enter_context(home.started())
                servers[name] = dataclasses.replace(apis[name], prefix="/bench/work", headers=signed_in(home))
            else:
                servers[name] = apis[name] = stack.enter_context(mlflow(folder))
        scenes: dict[str, Scene] = {}
        late = time.monotonic() + 60 * minutes
        for number, size in enumerate(sizes):
            if number and time.monotonic() > late:
                say(f"the time is up before {size:,} runs")
                break
            for name, api in apis.items():
                say(f"{size:,} runs: filling {name}")
                scenes[name] = set_scene(api, size, points if number == 0 else 0)
            time.sleep(SETTLE if number == 0 else 1)
            for row in compare(servers, scenes, repeat, late):
                say(f"{row[0]}, {row[1]}, {row[2]}: {row[3]}")
                found.append(row)
        assets = {}
        for name, server in servers.items():
            here = scenes[name].experiment
            assets[name] = hub_assets(server, here) if name == "hub" else mlflow_assets(server)
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python "
        f"{platform.python_version()}, {repeat} rounds, {time.monotonic() - begun:,.0f} s\n"
    )
    text, missed = markdown(found, assets)
    print(text)
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
