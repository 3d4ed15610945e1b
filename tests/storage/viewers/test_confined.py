"""Attacks on the confined child: through SQL, and from inside of it as if SQL had won."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from storage.viewers import confined, jail
from storage.viewers.asks import Ask
from storage.viewers.tables.engine import draw_table
from tests.storage.viewers import samples
from tests.storage.viewers.samples import FileSource

SECRET = "the-secret-of-another-file"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "t.csv").write_bytes(b"a,b\n1,x\n2,y\n")
    (tmp_path / "other.csv").write_text(f"s\n{SECRET}\n")
    return tmp_path


# The attacks: reading other files, writing, reaching a network, loading code, changing what was locked, other tables.
REFUSED = [
    "SELECT * FROM read_csv('{folder}/other.csv')",
    "SELECT * FROM '{folder}/other.csv'",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_blob('/proc/self/environ')",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_csv(['/proc/self/fd/0'])",
    "SELECT * FROM glob('/**')",
    "SELECT * FROM glob('{folder}/*')",
    "SELECT * FROM read_parquet('https://example.org/x.parquet')",
    "SELECT * FROM 's3://bucket/x.parquet'",
    "SELECT * FROM parquet_metadata('/etc/passwd')",
    "SELECT * FROM sniff_csv('/etc/passwd')",
    "SELECT * FROM read_json('/etc/passwd')",
    "SELECT * FROM read_duckdb('/etc/passwd')",
    "SELECT * FROM sqlite_scan('/etc/passwd', 'x')",
    "SELECT * FROM question",
    "SELECT * FROM columns_of_python",
    "SELECT * FROM arrow_scan(1, 2, 3)",
    "SELECT * FROM pandas_scan(94000000000000)",
    "SELECT getenv('PATH')",
    "SELECT * FROM query('COPY data TO ''{folder}/out.csv''')",
    "SELECT * FROM enable_logging('QueryLog', storage := 'file', storage_config := {{'path': '{folder}/log'}})",
    "COPY data TO '{folder}/out.csv'",
    "COPY data TO '{folder}/t.csv'",
    "COPY data TO '/proc/self/fd/3'",
    "COPY (SELECT 1) TO '/dev/stdout'",
    "EXPORT DATABASE '{folder}/out'",
    "ATTACH '{folder}/out.db'",
    "ATTACH '{folder}/out.db' AS x; SELECT 1",
    "INSTALL httpfs",
    "LOAD httpfs",
    "LOAD '{folder}/t.csv'",
    "FORCE INSTALL spatial FROM community",
    "PRAGMA enable_external_access=true",
    "PRAGMA database_list",
    "SET enable_external_access=true",
    "SET memory_limit='100GB'",
    "SET lock_configuration=false",
    "RESET lock_configuration",
    "CREATE TABLE x AS SELECT 1",
    "CREATE SECRET (TYPE s3)",
    "DROP VIEW data",
    "INSERT INTO data VALUES (1, 2)",
    "CALL pragma_version()",
    "CHECKPOINT",
    "EXPLAIN ANALYZE SELECT 1",
    "SELECT 1; SELECT 2",
    "SELECT 1) ; COPY data TO '{folder}/out.csv' --",
    "SELECT 1) AS x(c0) LIMIT 1; DROP VIEW data; SELECT * FROM (SELECT 1",
    "",
    ";",
]


@pytest.mark.parametrize("attack", REFUSED)
def test_sql_reaches_nothing_but_its_file(folder: Path, attack: str) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    view = draw_table(FileSource(folder / "t.csv"), Ask("sql", sql=attack.format(folder=folder) or " "))
    assert view.problem and not view.rows
    assert SECRET not in view.problem and "root:" not in view.problem
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


# The attacks: all of the memory, all of the time, answers without end.
BOMBS = [
    "SELECT count(*) FROM range(10000000000) a, range(10000000000) b",
    "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT max(n) FROM r",
    "SELECT length(repeat('x', 4000000000))",
    "SELECT list(range) FROM range(3000000000)",
    "SELECT string_agg(repeat('x', 1000000), '') FROM range(1000000)",
    "SELECT a.range FROM range(100000000) a ORDER BY hash(a.range) DESC OFFSET 90000000",
    "SELECT " + "(" * 3000 + "1" + ")" * 3000,
    "SELECT regexp_matches(repeat('a', 100000), '(a*)*b')",
]


@pytest.mark.parametrize("bomb", BOMBS, ids=[bomb[:30] for bomb in BOMBS])
def test_bombs_end_and_leave_nothing_behind(folder: Path, bomb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confined.run, "__kwdefaults__", {"seconds": 6.0})
    children: list[subprocess.Popen[bytes]] = []
    started = subprocess.Popen

    def kept(*words: Any, **more: Any) -> subprocess.Popen[bytes]:
        children.append(started(*words, **more))
        return children[-1]

    monkeypatch.setattr(subprocess, "Popen", kept)
    began = time.monotonic()
    try:
        view = draw_table(FileSource(folder / "t.csv"), Ask("sql", sql=bomb))
        words = view.problem or view.rows
    except confined.Crashed as crash:
        words = str(crash)
    assert words and time.monotonic() - began < 90
    assert len(children) == 1 and children[0].returncode is not None


INSIDE = """
import json, os, socket, sys
sys.path.insert(0, {root!r})
from storage.viewers import jail
jail.limit(memory=200 * 1024 * 1024, seconds=5)
whole = jail.confine({descriptor})
found = {{"whole": whole}}
def attempt(name, act):
    try:
        act()
        found[name] = "done"
    except BaseException as error:
        found[name] = type(error).__name__
attempt("own", lambda: open("/proc/self/fd/{descriptor}", "rb").read())
attempt("write own", lambda: open("/proc/self/fd/{descriptor}", "r+b"))
attempt("truncate own", lambda: os.truncate("/proc/self/fd/{descriptor}", 0))
attempt("append own", lambda: open("/proc/self/fd/{descriptor}", "ab").write(b"x"))
attempt("other", lambda: open({other!r}).read())
attempt("passwd", lambda: open("/etc/passwd").read())
attempt("list", lambda: os.listdir({folder!r}))
attempt("make", lambda: open({folder!r} + "/made", "w"))
attempt("remove", lambda: os.unlink({other!r}))
attempt("run", lambda: os.execv("/bin/true", ["/bin/true"]))
attempt("memory", lambda: bytearray(400 * 1024 * 1024))
def connect():
    with socket.socket() as line:
        line.settimeout(1)
        line.connect(("127.0.0.1", {port}))
attempt("connect", connect)
print(json.dumps(found))
"""


def test_a_child_that_was_taken_over_is_still_confined(folder: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listening, (folder / "t.csv").open("rb") as file:
        os.set_inheritable(file.fileno(), True)
        code = INSIDE.format(
            root=str(Path(jail.__file__).parents[2]),
            descriptor=file.fileno(),
            other=str(folder / "other.csv"),
            folder=str(folder),
            port=listening.getsockname()[1],
        )
        words = [sys.executable, "-I", "-c", code]
        out = subprocess.run(words, pass_fds=(file.fileno(),), env={}, stdout=subprocess.PIPE, check=True).stdout
    found = json.loads(out)
    if not found.pop("whole"):
        pytest.skip("this kernel has no Landlock: only the limits hold here")
    assert found.pop("own") == "done" and found.pop("memory") == "MemoryError"
    assert "done" not in found.values(), found
    assert (folder / "t.csv").read_bytes() == b"a,b\n1,x\n2,y\n" and SECRET in (folder / "other.csv").read_text()


def test_a_child_inherits_no_environment_and_no_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_SECRET_KEY", SECRET)
    seen: dict[str, Any] = {}
    started = subprocess.Popen

    def kept(words: list[str], **more: Any) -> subprocess.Popen[bytes]:
        seen.update(more)
        return started(
            [words[0], "-I", "-c", "import os; print(dict(os.environ), os.listdir('/proc/self/fd'))"], **more
        )

    monkeypatch.setattr(subprocess, "Popen", kept)
    with (folder / "other.csv").open() as other:
        os.set_inheritable(other.fileno(), True)
        answer = confined.run("x", FileSource(folder / "t.csv"), {}).decode()
        assert SECRET not in answer and f"'{other.fileno()}'" not in answer
    assert seen["env"] == {} and seen["cwd"] == "/"


def test_a_child_that_hangs_or_talks_without_end_is_ended(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started = subprocess.Popen

    def instead(code: str) -> None:
        monkeypatch.setattr(subprocess, "Popen", lambda words, **more: started([words[0], "-I", "-c", code], **more))

    source = FileSource(folder / "t.csv")
    instead("import time; time.sleep(60)")
    with pytest.raises(confined.TooSlow):
        confined.run("x", source, {}, seconds=0.3)
    instead("import sys\nwhile True: sys.stdout.write('x' * 65536)")
    with pytest.raises(confined.Crashed, match="larger"):
        confined.run("x", source, {}, seconds=10)
    instead("import os; os.abort()")
    with pytest.raises(confined.Crashed):
        confined.run("x", source, {}, seconds=10)


def test_far_files_are_copied_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    content = samples.parquet()
    assert draw_table(samples.of("t.parquet", content), Ask()).rows
    monkeypatch.setattr(confined, "SPOOLED", 100)
    with pytest.raises(confined.Unreadable, match="own disk"):
        draw_table(samples.of("t.parquet", content), Ask())
