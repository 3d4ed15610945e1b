"""Compares the MLflow door with `mlflow server` and FastTrackML: the same REST work on each, in one run.

    python benchmarks/tracking.py                      everything, about 20 minutes
    python benchmarks/tracking.py --quick              a tenth of the work, about 3 minutes
    python benchmarks/tracking.py --postgres own       also this hub and MLflow on a PostgreSQL of its own

Each server gets a fresh folder. The hub answers with authentication on; the others have none. FastTrackML is measured
when `fml` is found (`pip install fasttrackml` in an environment of its own, then `--fml PATH`). All servers run at the
same time and take turns at each piece of work, so that a busy moment of the machine falls on all; readings are medians
of the repetitions, and the ratios are what counts. Large experiments are filled by straight SQL: see fill.py.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

from client import Connection
from report import table
from servers import HubHome, Server, fasttrackml, mlflow, postgres_cluster, postgres_database
from work import PIECES, QUICK, Reading, Size

Start = Callable[[], contextlib.AbstractContextManager[Server]]
Found = dict[str, dict[str, list[float]]]

SETTLE = 12.0  # seconds: what a hub starts after its first answer is not part of the work that is measured


def say(text: str) -> None:
    """Tell how far it is."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def cold(found: Found, starts: dict[str, Start], repeat: int) -> None:
    """The time from the command to the first answer and the memory a few seconds later, each server on its own.

    The first start of each is not counted: all are measured with a database that is there, as they left it.
    """
    for start in starts.values():
        with start():
            pass
    for _ in range(repeat):
        for name, start in starts.items():
            with start() as server:
                time.sleep(4)  # The hub starts its worker and scheduler after the first answer: they count.
                reading: Reading = {
                    "first answer, ms": 1000 * server.first_answer, "idle memory, MB": server.resident_mb(),
                }  # fmt: skip
                if name.startswith("hub"):
                    reading["idle memory of the web server alone, MB"] = server.resident_mb("granian")
            note(found, name, reading)


def note(found: Found, name: str, reading: Reading) -> None:
    """Add a reading to those before."""
    for work, value in reading.items():
        found[name][work].append(value)


def measure(found: Found, servers: dict[str, Server], size: Size, repeat: int, pieces: list[str]) -> None:
    """Every piece of work on every server in turn, `repeat` times."""
    for title in pieces:
        piece = PIECES[title]
        taking = {name: server for name, server in servers.items() if not piece.only or name in piece.only}
        mains = {name: Connection(server) for name, server in taking.items()}
        states = {}
        for name, server in taking.items():
            say(f"{title}: preparing {name}")
            states[name] = piece.prepare(server, mains[name], size)
        for number in range(repeat):
            say(f"{title}: {number + 1} of {repeat}")
            for name, server in taking.items():
                note(found, name, piece.measure(server, mains[name], size, states[name]))
        for main in mains.values():
            main.close()


@contextlib.contextmanager
def on_sqlite(folder: Path, only: list[str], fml: str) -> Iterator[dict[str, Start]]:
    """How to start each server on SQLite; what must be there beforehand is."""
    starts: dict[str, Start] = {}
    for name in ("hub", "mlflow", "fml"):
        (folder / name).mkdir()
    if "hub" in only:
        home = HubHome(folder / "hub")
        starts["hub"] = home.started
    if "mlflow" in only:
        starts["mlflow"] = lambda: mlflow(folder / "mlflow")
    if "fml" in only and fml:
        starts["fml"] = lambda: fasttrackml(folder / "fml", fml)
    yield starts


@contextlib.contextmanager
def on_postgres(folder: Path, only: list[str], address: str) -> Iterator[dict[str, Start]]:
    """How to start this hub and MLflow on PostgreSQL, each with a database of its own."""
    with contextlib.ExitStack() as stack:
        where = stack.enter_context(postgres_cluster(folder)) if address == "own" else address
        starts: dict[str, Start] = {}
        if "hub" in only:
            (folder / "hub pg").mkdir()
            database = stack.enter_context(postgres_database(where, "bench_hub"))
            home = HubHome(folder / "hub pg", database)
            starts["hub pg"] = home.started
        if "mlflow" in only:
            (folder / "mlflow pg").mkdir()
            other = stack.enter_context(postgres_database(where, "bench_mlflow"))
            starts["mlflow pg"] = lambda: mlflow(folder / "mlflow pg", other)
        yield starts


def main() -> None:
    """Measure what was asked for and print the tables; the exit status is 1 when a target was missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tenth of the work; most targets are for the whole")
    parser.add_argument("--fml", default=shutil.which("fml") or "", help="path of FastTrackML's fml")
    parser.add_argument("--postgres", default="", help="`own` for a throw-away cluster, or postgres://user@host:port")
    parser.add_argument("--only", default="hub,mlflow,fml", help="servers to measure, comma-separated")
    parser.add_argument("--work", default=",".join(["cold", *PIECES]), help="pieces of work, comma-separated")
    parser.add_argument("--runs", default="", help="sizes of the experiments that show growth, comma-separated")
    parser.add_argument("--repeat", type=int, default=0, help="repetitions of each piece (3; quick: 1)")
    options = parser.parse_args()
    size = QUICK if options.quick else Size()
    if options.runs:
        size = Size(**{**size.__dict__, "runs": tuple(int(word) for word in options.runs.split(","))})
    repeat, only = options.repeat or (1 if options.quick else 3), options.only.split(",")
    wanted = options.work.split(",")
    found: Found = defaultdict(lambda: defaultdict(list))
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="cairn-bench-") as place:
        houses = [on_sqlite(Path(place), only, options.fml)]
        if options.postgres:
            houses.append(on_postgres(Path(place), only, options.postgres))
        for house in houses:
            with house as starts, contextlib.ExitStack() as stack:
                if "cold" in wanted:
                    say("cold starts")
                    cold(found, starts, repeat)
                servers = {name: stack.enter_context(start()) for name, start in starts.items()}
                say("settling")
                time.sleep(SETTLE)
                measure(found, servers, size, repeat, [title for title in PIECES if title in wanted])
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python "
        f"{platform.python_version()}, {repeat} repetitions, {time.monotonic() - begun:,.0f} s\n"
    )
    missed = []
    for ours, peers in (("hub", {"mlflow": "mlflow", "fml": "fml"}), ("hub pg", {"mlflow pg": "mlflow"})):
        if ours in found:
            text, lacking = table(found, ours, peers)
            print(text, end="\n\n")
            missed += lacking
    for each in missed:
        print(f"missed: {each}")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
