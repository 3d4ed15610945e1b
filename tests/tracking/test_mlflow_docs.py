"""The table of endpoints in the documentation is the table of routes, with those of all rooms."""

from __future__ import annotations

import re
from pathlib import Path

from accounts.levels import Level
from tracking.mlflow.routes import TABLE
from tracking.mlflow.table import FAMILIES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "protocols" / "mlflow.md"


def test_the_endpoints_are_documented() -> None:
    rows = [
        f"| {entry.route.method} | `/{entry.path.replace(':path', '')}` | {Level(entry.route.needs).label} |"
        for entry in TABLE.entries
    ]
    found = re.search(r"\|---\|---\|---\|\n(.*?)\n?<!-- /endpoints -->", PAGE.read_text(), re.DOTALL)
    assert found is not None
    assert found[1].splitlines() == rows


def test_what_is_not_served_is_documented() -> None:
    text = PAGE.read_text().lower()
    assert {name for name in FAMILIES.values() if name.lower() not in text} == set()
