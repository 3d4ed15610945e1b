"""Many writers for a long time through a running hub: nothing acknowledged is lost, nothing fails, nobody deadlocks.

    python benchmarks/soak.py --seconds 600                       64 writers on SQLite
    python benchmarks/soak.py --seconds 600 --kill                and kill -9 now and then
    python benchmarks/soak.py --seconds 600 --postgres own        the same on a PostgreSQL of its own

Every writer remembers what the hub has answered 200 to and nothing else; afterwards all of it is read back. With
--kill the web server (every other time the whole hub) is killed outright at random moments and started again. A
request that was under way then may count or not, but answered is answered: the process may die, and what it has
written is the system's. The exit status is 1 for any lost value, any 5xx, or a "database is locked" in the hub's log.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from client import API, Connection
from servers import HubHome, Server, free_port, postgres_cluster, postgres_database

FAULTS = ("database is locked", "deadlock detected", "OperationalError", "Traceback")


@dataclass
class Writer:
    """A program that logs: what was acknowledged to it, by run."""

    number: int
    server: Server
    shared: str
    points: dict[tuple[str, str], set[int]] = field(default_factory=dict)
    tags: dict[tuple[str, str], str] = field(default_factory=dict)
    params: set[tuple[str, str]] = field(default_factory=set)
    runs: set[str] = field(default_factory=set)
    said: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def work(self, until: float) -> None:
        """Mixed calls until the time is over; a connection that breaks is made again."""
        pick = random.Random(self.number)
        connection: Connection | None = None
        step = 0
        while time.monotonic() < until:
            step += 1
            try:
                connection = connection or Connection(self.server)
                self.one(connection, pick, step)
            except OSError:  # The hub was killed: what was under way is unknown, and so not remembered.
                self.said["broken connections"] += 1
                connection = None
                time.sleep(0.2)

    def one(self, connection: Connection, pick: random.Random, step: int) -> None:
        """One call."""
        own = next(iter(self.runs), "")
        kind = "create" if not own else pick.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        run = self.shared if pick.random() < 0.3 else own
        stamp = self.number * 10_000_000 + step  # No other writer has it.
        if kind == "create":
            found = self.ok(connection, "runs/create", {"experiment_id": "0", "start_time": stamp})
            if found is not None:
                self.runs.add(found["run"]["info"]["run_id"])
        elif kind == "metric":
            point = {"key": "m", "value": stamp, "timestamp": stamp, "step": step}
            if self.ok(connection, "runs/log-metric", {"run_id": run, **point}) is not None:
                self.points.setdefault((run, "m"), set()).add(stamp)
        elif kind == "batch":
            keys = pick.sample(range(12), 6)  # In any order: what brings deadlocks where rows are locked one by one.
            metrics = [{"key": f"k{key}", "value": stamp, "timestamp": stamp, "step": step} for key in keys]
            param = {"key": f"p{stamp}", "value": "x"}
            tags = [{"key": f"t{self.number}-{key}", "value": str(step)} for key in keys]
            body = {"run_id": run, "metrics": metrics, "params": [param], "tags": tags}
            if self.ok(connection, "runs/log-batch", body) is not None:
                self.params.add((run, param["key"]))
                for key in keys:
                    self.points.setdefault((run, f"k{key}"), set()).add(stamp)
                self.tags |= {(run, tag["key"]): tag["value"] for tag in tags}
        elif kind == "tag":
            tag = {"key": f"t{self.number}-one", "value": str(step)}
            if self.ok(connection, "runs/set-tag", {"run_id": run, **tag}) is not None:
                self.tags[run, tag["key"]] = tag["value"]
        else:
            order = ["metrics.m DESC"]
            self.ok(connection, "runs/search", {"experiment_ids": ["0"], "order_by": order, "max_results": 20})

    def ok(self, connection: Connection, path: str, body: dict[str, Any]) -> Any:
        """The answer when it is 200; anything else is a fault."""
        status, data = connection.try_send(connection.prepare("POST", API + path, body))
        self.said[path] += 1
        if status == 200:
            return json.loads(data)
        self.faults.append(f"{path}: {status} {data[:200]!r}")
        return None

    def missing(self, connection: Connection) -> list[str]:
        """What was acknowledged and is not there."""
        found = []
        data = {run: run_data(connection, run) for run in {*self.runs, *(run for run, _ in self.points)}}
        for (run, key), stamps in self.points.items():
            answer = connection.ask("GET", f"{API}metrics/get-history?run_id={run}&metric_key={key}")
            lost = stamps - {point["timestamp"] for point in answer["metrics"]}
            if lost:
                found.append(f"{len(lost)} of {len(stamps)} points of {key} in {run}")
        found += [f"param {key} of {run}" for run, key in self.params if key not in data[run]["params"]]
        for (run, key), value in self.tags.items():
            # Only this writer sets the tag, in rising steps: a later one that was cut off may have come through.
            if int(data[run]["tags"].get(key, "-1")) < int(value):
                found.append(f"tag {key} of {run}")
        return found


WEIGHTS = {"metric": 10, "batch": 5, "tag": 3, "create": 1, "search": 1}


def run_data(connection: Connection, run: str) -> dict[str, dict[str, str]]:
    """The parameters and tags of a run, by key."""
    data = connection.ask("GET", f"{API}runs/get?run_id={run}")["run"]["data"]
    return {kind: {each["key"]: each["value"] for each in data.get(kind) or ()} for kind in ("params", "tags")}


def soak(home: HubHome, writers: int, seconds: float, *, kill: bool) -> list[str]:
    """Run the writers and read everything back; returns what is wrong."""
    port, faults, kills = free_port(), [], 0
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(home.started(port))
        main = Connection(server)
        shared = str(main.ask("POST", API + "runs/create", {"experiment_id": "0"})["run"]["info"]["run_id"])
        crowd = [Writer(number + 1, server, shared) for number in range(writers)]
        until = time.monotonic() + seconds
        threads = [threading.Thread(target=writer.work, args=(until,)) for writer in crowd]
        for thread in threads:
            thread.start()
        while kill and time.monotonic() < until - 8:
            time.sleep(random.uniform(3, 8))
            kills += 1
            server = kill_one(server, stack, home, port, whole=kills % 2 == 0)
        for thread in threads:
            thread.join(seconds + 120)
            if thread.is_alive():
                return ["a writer hangs"]
        main = patiently(server)
        said: Counter[str] = Counter()
        for writer in crowd:
            said += writer.said
            faults += writer.faults[:3]
            faults += [f"lost: writer {writer.number}: {each}" for each in writer.missing(main)]
    points = sum(len(stamps) for writer in crowd for stamps in writer.points.values())
    print(f"{dict(said)}; {points:,} points acknowledged and read back; {kills} kills")
    log = (home.folder / "hub.log").read_text(errors="replace")
    faults += [f"the hub's log holds {word!r} {log.count(word)} times" for word in FAULTS if word in log]
    return faults


def patiently(server: Server) -> Connection:
    """A connection to a server that may be starting again; raises OSError when it is not back within two minutes."""
    deadline = time.monotonic() + 120
    while True:
        try:
            return Connection(server)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def kill_one(server: Server, stack: contextlib.ExitStack, home: HubHome, port: int, *, whole: bool) -> Server:
    """kill -9 the web server, which the supervisor starts again, or the whole hub, which is started anew."""
    victims = server.all_processes() if whole else server.all_processes()[1:]
    if not whole:
        victims = [each for each in victims if "granian" in " ".join(_words(each))]
        victims += [child for each in victims for child in each.children(recursive=True)]
    for victim in victims:
        with contextlib.suppress(psutil.NoSuchProcess):
            os.kill(victim.pid, signal.SIGKILL)
    if not whole:
        return server
    for victim in victims[1:]:
        with contextlib.suppress(psutil.NoSuchProcess):
            victim.wait(10)
    return stack.enter_context(home.started(port))


def _words(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.NoSuchProcess:
        return []


def main() -> None:
    """Soak a hub on the database asked for; the exit status says whether all went well."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--writers", type=int, default=64)
    parser.add_argument("--kill", action="store_true", help="kill -9 the web server and the whole hub now and then")
    parser.add_argument("--postgres", default="", help="`own` for a throw-away cluster, or postgres://user@host:port")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cairn-soak-") as place, contextlib.ExitStack() as stack:
        folder, database = Path(place), ""
        if options.postgres:
            own = options.postgres == "own"
            where = stack.enter_context(postgres_cluster(folder)) if own else options.postgres
            database = stack.enter_context(postgres_database(where, "bench_soak"))
        faults = soak(HubHome(folder, database), options.writers, options.seconds, kill=options.kill)
    for fault in faults[:50]:
        print(fault)
    print("something is wrong" if faults else "nothing lost, nothing failed")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
