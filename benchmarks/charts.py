"""What charts cost: server CPU and bytes of long curves, of many runs in one chart, and of panels with a mark a run.

    python benchmarks/charts.py            # seeds a hub of its own by straight SQL: about two minutes

A million points in one run, 100 runs with 10,000 points each, 1,000 runs with 8 parameters. Each answer is asked for
five times in this process, through all middleware; the quickest is told, in ms of CPU, with its bytes raw and gzipped.
"""

from __future__ import annotations

import math
import os
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.test import Client

    from repos.models import Repository
    from tracking.models import Experiment, Run

START = 1_790_000_000_000
PARAMS = ("lr", "wd", "drop", "depth", "beta", "heads", "warm", "batch")


def main() -> None:
    """Seed, measure, print one line for each question."""
    with tempfile.TemporaryDirectory() as home:
        os.environ.update(HUB_HOME=home, DJANGO_SETTINGS_MODULE="hub.settings.dev")
        sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
        import django

        django.setup()
        from django.conf import settings
        from django.core.management import call_command

        settings.ALLOWED_HOSTS = ["testserver"]
        call_command("migrate", verbosity=0)
        measure(*seed())


def seed() -> tuple[Client, str, dict[str, Experiment], str]:
    """A browser that is signed in, where the experiments are, the experiments, and the run with a million points."""
    from django.test import Client

    from accounts.services import create_user
    from repos.services.repositories import create_repository
    from tracking.services.experiments import create_experiment

    dice = random.Random(1)
    alice = create_user(username="alice", password="correct horse battery", email="alice@example.org", is_admin=True)
    from accounts.actor import Actor

    repo = create_repository(actor=Actor(user=alice), owner=alice.owner, name="stones")
    homes = {name: create_experiment(repository=repo, name=name) for name in ("million", "hundred", "thousand")}
    (long,) = runs(repo, homes["million"], 1)
    points(repo, [long], 1_000_000, dice)
    points(repo, runs(repo, homes["hundred"], 100), 10_000, dice)
    trials(repo, runs(repo, homes["thousand"], 1000), dice)
    browser = Client()
    browser.force_login(alice)
    return browser, "/alice/stones/experiments", homes, long.uuid


def runs(repo: Repository, home: Experiment, count: int) -> list[Run]:
    """Finished runs without anything."""
    from tracking.models import Run

    made = [
        Run(
            repository=repo, experiment=home, uuid=f"{home.pk:08x}{number:024x}", name=f"run-{number}",
            status="FINISHED", start_time=START + number * 1000, end_time=START + 10**8,
        )
        for number in range(count)
    ]  # fmt: skip
    Run.objects.bulk_create(made)
    home.active_runs += count
    home.save()
    return list(Run.objects.filter(experiment=home).order_by("pk"))


def points(repo: Repository, those: list[Run], count: int, dice: random.Random) -> None:
    """A noisy falling curve for each run."""
    from tracking import sql
    from tracking.models import MetricKey

    key, _ = MetricKey.objects.get_or_create(repository=repo, name="loss")
    for run in those:
        for first in range(0, count, 50_000):
            rows = [
                (run.pk, key.pk, at, START + at * 37, math.exp(-3 * at / count) + dice.gauss(0, 0.05), False)
                for at in range(first, min(count, first + 50_000))
            ]
            with sql.writing():
                sql.insert("INSERT INTO tracking_metric(run_id, key_id, step, timestamp, value, is_nan)", rows)
        sql.insert(
            "INSERT INTO tracking_latestmetric(run_id, key_id, step, timestamp, value, is_nan)",
            [(run.pk, key.pk, count - 1, START, dice.random(), False)],
        )


def trials(repo: Repository, those: list[Run], dice: random.Random) -> None:
    """Parameters and one latest value for each run."""
    from tracking import sql
    from tracking.models import MetricKey

    key, _ = MetricKey.objects.get_or_create(repository=repo, name="loss")
    params = [(run.pk, name, str(round(dice.random(), 4))) for run in those for name in PARAMS]
    latest = [(run.pk, key.pk, 1, START, dice.random(), False) for run in those]
    with sql.writing():
        sql.insert("INSERT INTO tracking_param(run_id, key, value)", params)
        sql.insert("INSERT INTO tracking_latestmetric(run_id, key_id, step, timestamp, value, is_nan)", latest)


def measure(browser: Client, base: str, homes: dict[str, Experiment], long: str) -> None:
    """Ask and print."""
    number = {name: home.number for name, home in homes.items()}
    curve = f"{base}/{number['million']}/runs/{long}/series?key=loss"
    thousand = f"{base}/{number['thousand']}/charts"
    for what, address in {
        "1,000,000 points over steps": curve,
        "1,000,000 points over time": f"{curve}&x=time",
        "100,000 of them, zoomed": f"{curve}&from=400000&to=500000",
        "900 of them, zoomed": f"{curve}&from=400000&to=400899",
        "20 runs x 10,000 points": f"{base}/{number['hundred']}/series?key=loss&n=20",
        "100 runs x 10,000 points": f"{base}/{number['hundred']}/series?key=loss&n=100",
        "parallel, 1,000 runs x 8 params": f"{thousand}/values?metric=loss",
        "scatter, 1,000 runs": f"{thousand}/values?column=params.lr&column=metrics.loss",
        "importance, 1,000 runs x 8 params": f"{thousand}/importance?metric=loss",
        "the page itself": thousand,
        "one look at what is new": f"{thousand}/live?key=loss",
    }.items():
        took = []
        for _ in range(5):
            begun = time.process_time()
            answer = browser.get(address)
            took.append(time.process_time() - begun)
            assert answer.status_code == 200, (address, answer.status_code)
        packed = browser.get(address, headers={"accept-encoding": "gzip"})
        sizes = f"{len(answer.content) / 1024:8.1f} KiB {len(packed.content) / 1024:8.1f} KiB gzip"
        sys.stdout.write(f"{what:36}{min(took) * 1000:7.0f} ms {sizes}\n")


if __name__ == "__main__":
    main()
