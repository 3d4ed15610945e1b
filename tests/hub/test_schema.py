"""The tables of a fresh database are those that all migrations together would have made."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.support.live import ROOT

MAKE = """
import json, os, sys
import django
django.setup()
from hub import schema, startup
startup.make_folders()
schema.migrate(lambda words: None)
"""


def run(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    environment |= {"HUB_HOME": str(home), "DJANGO_SETTINGS_MODULE": "hub.settings"}
    return subprocess.run(
        [sys.executable, *words], cwd=ROOT, env=environment, check=True, capture_output=True, text=True, timeout=300
    )


def tables(home: Path) -> dict[str, Any]:
    """Columns, keys and indexes by table, in words that do not depend on the order in which they were made."""
    found: dict[str, Any] = {}
    with sqlite3.connect(home / "hub.sqlite3") as database:
        names = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for name in names:
            columns = {row[1:] for row in database.execute(f'PRAGMA table_info("{name}")')}
            keys = {row[2:5] for row in database.execute(f'PRAGMA foreign_key_list("{name}")')}
            rows = database.execute(
                "SELECT name, sql FROM sqlite_master WHERE type <> 'table' AND tbl_name = ?", [name]
            )
            indexes = {plain(sql) for index, sql in rows if sql}
            (made,) = database.execute("SELECT sql FROM sqlite_master WHERE name = ?", [name]).fetchone()
            checks = sorted(re.findall(r'CONSTRAINT "(\w+)"', made or ""))
            found[name] = [sorted(columns, key=str), sorted(keys, key=str), sorted(indexes), checks]
        applied = set(database.execute("SELECT app, name FROM django_migrations"))
    return {**found, "applied": sorted(applied)}


def plain(sql: str) -> str:
    """An index without what is in a name but not in its meaning: the hash of its columns, spaces."""
    return re.sub(r"\s+", " ", re.sub(r"_[0-9a-f]{8}(?=\w*\")", "", sql))


def test_a_fresh_database_is_as_the_migrations_make_it(tmp_path: Path) -> None:
    quick, slow = tmp_path / "quick", tmp_path / "slow"
    for home in (quick, slow):
        home.mkdir()
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda work: work(), [
            lambda: run(quick, "-c", MAKE), lambda: run(slow, "manage.py", "migrate", "--verbosity", "0"),
        ]))  # fmt: skip
    made, migrated = tables(quick), tables(slow)
    assert made.keys() == migrated.keys()
    different = {name: (made[name], migrated[name]) for name in made if made[name] != migrated[name]}
    assert not different, json.dumps(different, default=str, indent=1)[:4000]


def test_a_second_start_finds_all_done_and_others_wait(tmp_path: Path) -> None:
    """Three processes at once on an empty home: one makes the tables, nobody meets half of them."""
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: run(tmp_path, "-c", MAKE), range(3)))
    checked = run(tmp_path, "manage.py", "migrate", "--check")
    assert checked.returncode == 0
