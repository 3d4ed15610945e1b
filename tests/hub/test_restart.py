"""A start takes over what the last one prepared, unless anything that matters has changed since."""

from __future__ import annotations

import fcntl
import os
import socket
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from hub import restart
from tests.support.live import free_port

WORDS = ["up", "--port", "1"]
QUESTION = "SELECT name FROM steps ORDER BY name"


class Home:
    """A home in which a start has noted what it found."""

    def __init__(self, folder: Path) -> None:
        self.run = folder / "run"
        self.run.mkdir()
        self.lock = self.run / "up.lock"
        self.lock.touch()
        self.source = folder / "sources" / "room" / "module.py"
        self.source.parent.mkdir(parents=True)
        self.source.write_text("one")
        self.release = folder / "release.txt"
        self.release.write_text("abc")
        self.blobs = folder / "blobs"
        self.blobs.mkdir()
        self.database = folder / "hub.sqlite3"
        self.port = free_port()
        self.tell("CREATE TABLE steps (name TEXT)", "INSERT INTO steps VALUES ('0001')")
        restart.note(
            self.run,
            WORDS,
            restart.Prepared(
                plan={"children": [], "probe": "http://x/healthz", "introduction": "Here."},
                listen=("127.0.0.1", self.port),
                lock=str(self.lock),
                folders=[str(self.blobs)],
                sources=[str(folder / "sources")],
                texts={str(self.release): "abc"},
                database=str(self.database),
                questions=restart.ask(str(self.database), [QUESTION]),
            ),
        )

    def tell(self, *statements: str) -> None:
        with closing(sqlite3.connect(self.database)) as connection, connection:
            for each in statements:
                connection.execute(each)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("HUB_HOME", str(tmp_path))
    return Home(tmp_path)


def test_nothing_has_changed(home: Home):
    plan = restart.plan_again(WORDS)
    assert plan is not None
    (held,) = plan.pop("locks")
    assert plan == {"children": [], "probe": "http://x/healthz", "introduction": "Here."}
    with home.lock.open() as other, pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(held)


CHANGES: dict[str, Callable[[Home], object]] = {
    "a source": lambda home: home.source.write_text("other"),
    "a new source": lambda home: (home.source.parent / "more.py").touch(),
    "a source removed": lambda home: home.source.unlink(),
    "the database is behind": lambda home: home.tell("DELETE FROM steps"),
    "the database is gone": lambda home: home.database.unlink(),
    "another table": lambda home: home.tell("DROP TABLE steps"),
    "a folder is gone": lambda home: home.blobs.rmdir(),
    "static files": lambda home: home.release.write_text("abd"),
    "static files are gone": lambda home: home.release.unlink(),
    "the record is cut": lambda home: (home.run / restart.RECORD).write_text("{"),
    "the record is another release's": lambda home: (home.run / restart.RECORD).write_text('{"plan": {}}'),
    "the record is no record": lambda home: (home.run / restart.RECORD).write_text("[]"),
    "forgotten": lambda home: restart.forget(home.run),
    "forgotten by the home's name": lambda home: restart.forget(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_any_change_means_to_prepare_anew(home: Home, change: str):
    CHANGES[change](home)
    assert restart.plan_again(WORDS) is None


def test_other_words_and_settings_mean_to_prepare_anew(home: Home, monkeypatch: pytest.MonkeyPatch):
    assert restart.plan_again([*WORDS, "--host", "0.0.0.0"]) is None
    monkeypatch.setenv("HUB_TRASH_DAYS", "5")
    assert restart.plan_again(WORDS) is None


def test_without_git_it_is_told_by_the_long_way(home: Home, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", "/nowhere")
    assert restart.plan_again(WORDS) is None


def test_taken_port_and_running_hub_are_told_by_the_long_way(home: Home):
    with socket.socket() as other:
        other.bind(("127.0.0.1", home.port))
        other.listen()
        assert restart.plan_again(WORDS) is None
    with home.lock.open() as running:
        fcntl.flock(running, fcntl.LOCK_EX)
        assert restart.plan_again(WORDS) is None
    assert restart.plan_again(WORDS) is not None


def test_record_tells_nothing_of_the_environment(home: Home, monkeypatch: pytest.MonkeyPatch):
    """SECURITY: the attack is to look for a password, or for a quick hash of it, in the record."""
    file = home.run / restart.RECORD
    assert file.stat().st_mode & 0o777 == 0o600
    monkeypatch.setenv("HUB_EMAIL", "smtp://me:hunter2@host")
    known = {restart.fingerprint(WORDS, [], salt) for salt in ("00" * 16, "01" * 16)}
    assert len(known) == 2
    assert "hunter2" not in file.read_text()
