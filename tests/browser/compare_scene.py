"""Fills alice/stones with runs that differ in everything a comparison looks at."""

from __future__ import annotations

import json
import struct
import zlib

from repos.git.refs import snapshot
from repos.models import Repository
from repos.paths import git_dir
from tests.browser.scenes import Words
from tests.factories.tracking import START, make_artifact, make_experiment, make_run
from tracking.models import Run
from tracking.services.inputs import DatasetGiven, log_inputs

RUNS = tuple(f"{number}" * 32 for number in range(1, 5))
REQUIREMENTS = (
    "numpy==1.26.4\nscikit-learn==1.4.0\npandas==2.2.0\n",
    "numpy==2.1.0\nscikit-learn==1.5.2\npolars>=1.0\n",
)
TRAIN = "import mlflow\n\nLR = {lr}\n\n\ndef train(model, data):\n    for step in range(100):\n        loss = model.fit(data, lr=LR)\n        mlflow.log_metric('loss', loss, step=step)\n"


def fill_with_comparison(repository: Repository) -> Words:
    """Four runs of experiment 1 with metrics, commits, images, tables, sources and environments; their ids in {runs}."""
    refs = snapshot(git_dir(repository))
    commits = (refs["refs/heads/main"], refs["refs/heads/old"], "f" * 40, refs["refs/heads/main"])
    experiment = make_experiment(repository, "granite or basalt")
    for number, uuid in enumerate(RUNS):
        run = make_run(
            repository, experiment, ("first-try", "lower-lr", "deeper", "wide-and-slow-with-a-long-name")[number],
            start=START + number * 3_600_000, status=("FINISHED", "FINISHED", "FAILED", "RUNNING")[number],
            params={"lr": str(0.1 / 10**number), "depth": "18" if number != 2 else "50", "optimizer": "adamw",
                    "schedule": "cosine with warm-up over the first five epochs" + "!" * number},
            metrics={"val/loss": [1 / (1 + 0.1 * step) + number / 10 for step in range(40)],
                     "val/accuracy": [0.5 + 0.01 * step - 0.02 * number for step in range(40)],
                     "once": [0.5], "system/gpu_percent": [40.0 + number, 60.0]},
            tags={"team": "vision", "mlflow.source.git.commit": commits[number], "mlflow.source.name": "train.py",
                  "mlflow.source.type": "LOCAL", "mlflow.user": "bob", **({"hard": "yes"} if number else {})},
        )  # fmt: skip
        Run.objects.filter(pk=run.pk).update(uuid=uuid)
        run.refresh_from_db()
        _give_files(repository, run, number)
        digest = DatasetGiven(
            "stones", f"d1g3{number // 2}", "local", "{}", tags=(("mlflow.data.context", "training"),)
        )
        log_inputs(repository=repository, run_id=uuid, datasets=[digest])
    return {"runs": "&".join(f"run={uuid}" for uuid in RUNS)}


def _give_files(repository: Repository, run: Run, number: int) -> None:
    for step in range(0, 80, 10):
        if (number, step) != (1, 30):
            name = f"images/val~sample+step+{step}+timestamp+{START + step}+{run.uuid[:8]}-0000-4000-8000-000000000000"
            make_artifact(repository, run, f"{name}.png", square(40 * number + 20, step * 3))
            make_artifact(repository, run, f"{name}+compressed.webp", b"not looked at")
    make_artifact(repository, run, "plots/confusion.png", square(200, 30 * number))
    make_artifact(repository, run, "predictions.json", _answers(number))
    make_artifact(
        repository,
        run,
        "scores.csv",
        "".join(["id,score\n", *(f"{n},{n * (number + 1) % 7}\n" for n in range(60))]).encode(),
    )
    make_artifact(repository, run, "config.yaml", f"lr: {0.1 / 10**number}\ndepth: 18\nseed: 1\n".encode())
    make_artifact(repository, run, "train.py", TRAIN.format(lr=0.1 / 10**number).encode())
    make_artifact(repository, run, "model/requirements.txt", REQUIREMENTS[number % 2].encode())
    make_artifact(
        repository,
        run,
        "model/python_env.yaml",
        f"python: 3.11.{7 + number}\nbuild_dependencies:\n- pip==24.0\n".encode(),
    )
    make_artifact(
        repository, run, "model/MLmodel",
        f"flavors:\n  sklearn:\n    sklearn_version: 1.{4 + number % 2}.0\n    pickled_model: model.pkl\nmlflow_version: 3.4.0\n".encode(),
    )  # fmt: skip
    make_artifact(repository, run, f"only-{number}.bin", bytes([0, number]))


def _answers(number: int) -> bytes:
    rows = [
        [
            f"Which stone is heavier, number {n}?",
            "granite" if (n * (number + 2)) % 5 else "basalt",
            n % 3 / 2,
            0.1 * number,
        ]
        for n in range(40)
    ]
    return json.dumps(
        {"columns": ["question", "answer", "correct", "latency"], "data": rows}, separators=(",", ":")
    ).encode()


def square(red: int, green: int, side: int = 64) -> bytes:
    """A PNG with a diagonal on one colour."""
    rows = b"".join(
        b"\0" + b"".join(bytes((red, green % 256, 90) if abs(x - y) > 3 else (250, 250, 250)) for x in range(side))
        for y in range(side)
    )

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
