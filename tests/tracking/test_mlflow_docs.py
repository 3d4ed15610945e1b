"""The table of endpoints in the documentation is the table of routes."""

from __future__ import annotations

import re
from pathlib import Path

from accounts.levels import Level
from tracking.mlflow.routes import ARTIFACTS, ROOT, TRACKING, VERSION_3

PAGE = Path(__file__).resolve().parents[2] / "docs" / "protocols" / "mlflow.md"
TABLES = {
    "/api/2.0/mlflow/": TRACKING,
    "/api/2.0/mlflow-artifacts/": ARTIFACTS,
    "/api/3.0/mlflow/": VERSION_3,
    "/": ROOT,
}


def test_the_endpoints_are_documented() -> None:
    rows = [
        f"| {route.method} | `{prefix}{route.path.replace(':path', '')}` | {Level(route.needs).label} |"
        for prefix, routes in TABLES.items()
        for route in routes
    ]
    found = re.search(r"\|---\|---\|---\|\n(.*?)\n?<!-- /endpoints -->", PAGE.read_text(), re.DOTALL)
    assert found is not None
    assert found[1].splitlines() == rows
