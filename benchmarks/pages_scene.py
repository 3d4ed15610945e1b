"""Puts the same things into both servers, signs in to the hub, and adds up what a page brings along once."""

from __future__ import annotations

import dataclasses
import gzip
import re
import secrets
import time
from typing import Any
from urllib.parse import quote, urljoin

from client import API, Connection
from fill import Change, connected, fill
from pages_asked import Scene
from servers import HubHome, Server
from work import new_experiment, new_run

TRACES = 200
COMPARED = 200
_SIGN_IN = """
from django.conf import settings
from django.contrib.auth import SESSION_KEY, BACKEND_SESSION_KEY, HASH_SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from importlib import import_module
from accounts.models import User
user = User.objects.get(username="bench")
session = import_module(settings.SESSION_ENGINE).SessionStore()
session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
session.save()
print("COOKIE", settings.SESSION_COOKIE_NAME + "=" + session.session_key)
"""
_REPORT = """# Report

```runs
experiment: {name}
order: metrics.m1
columns: params.p1, params.p2, metrics.m1, metrics.m2
limit: 20
```

```chart
experiment: {name}
metric: m1
limit: 10
```
"""
_WRITE = """
from accounts.actor import Actor
from accounts.models import User
from repos.models import Repository
from tracking.services.reports import save_report
save_report(actor=Actor(user=User.objects.get(username="bench")), repository=Repository.objects.get(name="work"),
    branch="main", name={name!r}, text={text!r}, seen="")
"""
_homes: list[HubHome] = []


def signed_in(home: HubHome) -> str:
    """The header by which a browser that has signed in is known."""
    _homes[:] = [home]
    said = home.manage("shell", "-c", _SIGN_IN)
    return f"Cookie: {said.rpartition('COOKIE ')[2].strip()}\r\n"


def set_scene(server: Server, size: int, points: int) -> Scene:
    """An experiment with `size` runs; where `points` are wanted, also a run with a long curve, a model and traces."""
    main = Connection(server)
    is_hub = server.name.startswith("hub")
    experiment = new_experiment(main)
    fill(server, main, experiment, size)
    body = {"experiment_ids": [experiment], "max_results": COMPARED}
    found = main.ask("POST", API + "runs/search", body)["runs"]
    runs = [str(each["info"]["run_id"]) for each in found]
    report = _write_report(main, experiment) if is_hub else ""
    words = f"{size:,} runs"
    if not points:
        return Scene(words, experiment, runs, report=report)
    run = new_run(main, experiment)
    _long_curve(server, main, run, points)
    model = f"model-{secrets.token_hex(3)}"
    main.ask("POST", API + "registered-models/create", {"name": model})
    source = {"name": model, "source": f"runs:/{runs[0]}/model", "run_id": runs[0]}
    main.ask("POST", API + "model-versions/create", source)
    _log_traces(main, experiment)
    main.close()
    return Scene(words, experiment, runs, run, points, model, report=report)


def _write_report(main: Connection, experiment: str) -> str:
    name = main.ask("GET", f"{API}experiments/get?experiment_id={experiment}")["experiment"]["name"]
    _homes[0].manage("shell", "-c", _WRITE.format(name=name, text=_REPORT.format(name=name)))
    return quote(name)


def _long_curve(server: Server, main: Connection, run: str, points: int) -> None:
    """The metric m has `points` points: the first is logged, the others are copies of its row, the last is logged."""

    def log(number: int) -> None:
        value = {"key": "m", "value": number % 997 / 997, "timestamp": 1_700_000_000_000 + number, "step": number}
        main.ask("POST", API + "runs/log-metric", {"run_id": run, **value})

    log(0)
    changes: dict[str, Change] = {
        "step": lambda number, row: number,
        "timestamp": lambda number, row: row["timestamp"] + number,
        "value": lambda number, row: number % 997 / 997,
    }
    with connected(server.database) as database:
        if server.name.startswith("hub"):
            key: tuple[str, Any] = ("run_id", database.value(f"SELECT id FROM tracking_run WHERE uuid = '{run}'"))
            database.copy("tracking_metric", key, changes, points - 1)
        else:
            database.copy("metrics", ("run_uuid", run), changes, points - 1)
        database.connection.commit()
    log(points - 1)


def _log_traces(main: Connection, experiment: str) -> None:
    now = int(time.time() * 1000)
    where = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment}}
    for number in range(TRACES):
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now / 1000 - number))
        info = {
            "trace_id": f"tr-{secrets.token_hex(16)}", "trace_location": where, "request_time": at,
            "execution_duration": f"0.{number:03}s", "state": "OK", "request_preview": f"What is {number}?",
            "response_preview": f"It is {number}.", "tags": {"mlflow.traceName": "answer"},
        }  # fmt: skip
        main.ask("POST", "/api/3.0/mlflow/traces", {"trace": {"trace_info": info}})


def hub_assets(server: Server, experiment: str) -> dict[str, int]:
    """Gzipped bytes of style sheet and scripts of a page with a runs table, and of what its first chart adds."""
    base = Connection(dataclasses.replace(server, prefix=""))
    page = base.send(base.prepare("GET", f"{server.prefix}/experiments/{experiment}")).decode()
    styles = sum(_packed(base, path) for path in re.findall(r'<link rel="stylesheet" href="([^"]+)"', page))
    pending = re.findall(r'<script[^>]* src="([^"]+)"', page)
    now, later = _modules(base, pending)
    icons = sum(_packed(base, urljoin(path, "../img/icons.svg")) for path in pending if path.endswith("hub.js"))
    base.close()
    return {
        "style sheet": styles,
        "scripts of the runs table": now,
        "scripts of the first chart": later,
        "icons": icons,
    }


def _modules(base: Connection, paths: list[str]) -> tuple[int, int]:
    """Gzipped bytes of scripts with what they import, and of what they import later, when it is needed."""
    seen: dict[str, bool] = {}
    sizes: dict[bool, int] = {True: 0, False: 0}
    pending = [(path, True) for path in paths]
    while pending:
        path, at_once = pending.pop(0)
        if path in seen and (seen[path] or not at_once):
            continue
        text = base.send(base.prepare("GET", path))
        if path not in seen:
            sizes[at_once] += len(gzip.compress(text, 6))
        seen[path] = at_once
        source = text.decode()
        if path.endswith(".min.js"):
            continue
        pending += [(urljoin(path, word), at_once) for word in re.findall(r'(?:import|from) "(\.[^"]+)"', source)]
        pending += [
            (urljoin(path, word), False) for word in re.findall(r'(?:import\(|new URL\()"(\.[^"]+\.js)"', source)
        ]
    return sizes[True], sizes[False]


def _packed(base: Connection, path: str) -> int:
    return len(gzip.compress(base.send(base.prepare("GET", path)), 6))


def mlflow_assets(server: Server) -> dict[str, int]:
    """Gzipped bytes of the style sheet and the script that MLflow's index names; its pages load more."""
    base = Connection(server)
    page = base.send(base.prepare("GET", "/")).decode()
    styles = [f"/{path.lstrip('./')}" for path in re.findall(r'<link href="([^"]+\.css)"', page)]
    scripts = [f"/{path.lstrip('./')}" for path in re.findall(r'<script[^>]* src="([^"]+)"', page)]
    found = {
        "style sheet": sum(_packed(base, path) for path in styles),
        "first script": sum(_packed(base, path) for path in scripts),
    }
    base.close()
    return found
