"""Settings are read once, checked, and documented."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest

from hub.settings import env


@pytest.fixture(autouse=True)
def own_table(monkeypatch):
    """What these tests read is no setting of the hub."""
    monkeypatch.setattr(env, "KNOWN", dict(env.KNOWN))


def test_flag_number_and_words_read_the_environment(monkeypatch):
    monkeypatch.setenv("HUB_X", "yes")
    assert env.flag("HUB_X", False, help="") is True
    monkeypatch.setenv("HUB_X", " 12 ")
    assert env.number("HUB_X", 1, help="") == 12
    monkeypatch.setenv("HUB_X", "a, b,,c")
    assert env.words("HUB_X", help="") == ["a", "b", "c"]
    monkeypatch.setenv("HUB_X", " ")
    assert (env.flag("HUB_X", True, help=""), env.number("HUB_X", 7, help=""), env.text("HUB_X", "d", help="")) == (
        True, 7, "d",
    )  # fmt: skip


@pytest.mark.parametrize(("kind", "value"), [("flag", "maybe"), ("number", "ten"), ("number", "70000")])
def test_wrong_values_stop_the_start_and_name_the_variable(monkeypatch, kind, value):
    monkeypatch.setenv("HUB_X", value)
    with pytest.raises(SystemExit, match="HUB_X"):
        env.flag("HUB_X", False, help="") if kind == "flag" else env.number("HUB_X", 1, help="", high=65535)


def test_secret_is_made_once_for_all_who_ask_at_the_same_time(tmp_path: Path, monkeypatch):
    monkeypatch.delenv("HUB_X", raising=False)
    file = tmp_path / "home" / "secret.key"
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(env.secret("HUB_X", file, help=""))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert len(found[0]) > 40
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["secret.key"]


def test_database_urls(tmp_path: Path):
    assert env.database("", tmp_path)["NAME"] == str(tmp_path / "hub.sqlite3")
    assert env.database("sqlite:///srv/x.db", tmp_path)["NAME"] == "/srv/x.db"
    found = env.database("postgres://al%40ice:s%2Fx@db:5433/cairn", tmp_path)
    assert (found["USER"], found["PASSWORD"], found["HOST"], found["PORT"], found["NAME"]) == (
        "al@ice",
        "s/x",
        "db",
        "5433",
        "cairn",
    )
    with pytest.raises(SystemExit, match="mysql"):
        env.database("mysql://x", tmp_path)
