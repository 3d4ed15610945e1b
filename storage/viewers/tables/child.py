"""The confined child that asks DuckDB about one file: reads a question on stdin, writes an answer on stdout, ends.

    question = {"descriptor", "format": {...}, "want": "rows" | "columns" | "sql", ...}    see Table.ask in engine.py
    answer   = {"columns": [[name, type], ...], "total", "rows", ...} or {"error", "position"}

DuckDB itself is told to reach nothing but the file; the kernel is told the same (storage.viewers.jail).
"""

from __future__ import annotations

import json
import re
import sys
from contextlib import suppress
from typing import Any

from storage.viewers import jail

DUCKDB_MEMORY = "256MB"
MEMORY = 640 * 1024 * 1024
CPU_SECONDS = 12
CELL = 200
_CARET = re.compile(r"\n+LINE \d+:.*", re.DOTALL)


class Refused(Exception):
    """A question that is not answered, with the character of the reader's SQL that it is about."""

    def __init__(self, words: str, position: int | None = None) -> None:
        super().__init__(words)
        self.words, self.position = words, position


def main() -> None:
    """Answer the one question. Whatever goes wrong is an answer too; only memory and time end the child silently."""
    jail.limit(memory=MEMORY, seconds=CPU_SECONDS)
    question = json.load(sys.stdin)
    import duckdb  # After the limits, before the walls: a library is many files.

    from storage.viewers.tables import questions

    if question["format"]["kind"] == "arrow":
        import pyarrow.dataset  # noqa: F401 (imported here since later its files cannot be read)
    try:
        # DuckDB looks at how much memory and how many processors there are, and dies when it may not. It has no thread
        # besides this one: a thread older than the walls would stand outside of them.
        con = duckdb.connect(":memory:", config={"threads": 1, "async_threads": 0, "memory_limit": DUCKDB_MEMORY})
        jail.confine(question["descriptor"])
        answer = questions.answer(_open(con, question), question)
    except Refused as refusal:
        answer = {"error": refusal.words, "position": refusal.position}
    except (duckdb.Error, RuntimeError, ValueError, OSError, UnicodeError, MemoryError) as error:
        answer = {"error": told(error)[0], "position": None}
    sys.stdout.write(json.dumps(answer, allow_nan=False, default=str))
    sys.stdout.flush()


def _open(con: Any, question: dict[str, Any]) -> Any:
    """The connection with the view `data` of the file, from which nothing else can be reached."""
    path = path_of(question["descriptor"])
    shut_in(con, [path])
    form = question["format"]
    if form["kind"] != "arrow":
        con.execute(f"CREATE VIEW data AS SELECT * FROM {reading(path, form)}")
    lock(con)
    return Arrow(con, path) if form["kind"] == "arrow" else con


def path_of(descriptor: int) -> str:
    """The only name that an inherited file has."""
    return f"/proc/self/fd/{descriptor}" if sys.platform == "linux" else f"/dev/fd/{descriptor}"


def shut_in(con: Any, paths: list[str]) -> None:
    """Let a fresh connection reach nothing but the files at `paths`."""
    allowed = ", ".join(f"'{path}'" for path in paths)
    for setting in (
        "errors_as_json=true",
        "enable_progress_bar=false",
        "late_materialization_max_rows=1000",
        # SECURITY: no Python variable is a table, no extension is fetched or loaded, nothing spills to a disk.
        "python_enable_replacements=false",
        "autoinstall_known_extensions=false",
        "autoload_known_extensions=false",
        "allow_community_extensions=false",
        "temp_directory=''",
        f"allowed_paths=[{allowed}]",
        "enable_external_access=false",
    ):
        con.execute(f"SET {setting}")


def lock(con: Any) -> None:
    """SECURITY: last, so that SQL of readers cannot take any of it back."""
    con.execute("SET lock_configuration=true")


def reading(path: str, form: dict[str, Any]) -> str:
    """The SQL that reads a file which is no Arrow file."""
    if form["kind"] == "csv":
        return _csv(path, form)
    if form["kind"] == "jsonl":
        return (
            f"read_json('{path}', format='newline_delimited', records=true, ignore_errors=true,"
            " maximum_object_size=8388608, sample_size=2000, maximum_depth=4)"
        )
    return f"read_parquet('{path}')"


def _csv(path: str, form: dict[str, Any]) -> str:
    """The dialect as the first page found it, so that columns are called the same on every page."""
    names = ", ".join(quoted(name) for name in form["names"])
    return (
        f"read_csv('{path}', auto_detect=true, delim={quoted(form['delimiter'])}, quote='\"', escape='\"', comment='',"
        f" header={'true' if form['header'] else 'false'}, names=[{names}], encoding={quoted(form['encoding'])},"
        " skip=0, sample_size=20480, null_padding=true, ignore_errors=true, strict_mode=false, parallel=false,"
        " max_line_size=2097152, buffer_size=33554432)"
    )


class Arrow:
    """A connection that reads an Arrow file batch by batch, opened afresh for each statement: streams are read once."""

    def __init__(self, con: Any, path: str) -> None:
        import pyarrow

        pyarrow.set_cpu_count(1)
        self._con, self._path, self._pyarrow = con, path, pyarrow
        self.extract_statements = con.extract_statements

    def execute(self, sql: str, values: list[str] | None = None) -> Any:
        """As of a connection."""
        with self._pyarrow.OSFile(self._path) as file:
            is_file = file.read(6) == b"ARROW1"
        if is_file:
            data = self._pyarrow.dataset.dataset(self._path, format="ipc")
        else:
            data = self._pyarrow.ipc.open_stream(self._pyarrow.OSFile(self._path))
        self._con.register("data", data)
        return self._con.execute(sql, values)


def quoted(text: str) -> str:
    """A string for SQL."""
    return "'" + text.replace("'", "''") + "'"


def named(column: str) -> str:
    """An identifier for SQL."""
    return '"' + column.replace('"', '""') + '"'


def told(error: BaseException) -> tuple[str, int | None]:
    """DuckDB's words and the byte of the statement that they are about, from an error told as JSON."""
    if type(error).__name__ in ("OutOfMemoryException", "MemoryError"):
        return (
            "This takes more memory than a preview may use. Ask for less: a filter, fewer columns, an earlier page.",
            None,
        )
    text, position = str(error), None
    with suppress(ValueError, KeyError, TypeError):
        found = json.loads(text[text.index("{") :])
        text = found["exception_message"]
        position = int(found["position"]) if "position" in found else None
    # The file has no name in here that would tell anybody anything.
    text = re.sub(r"/(?:proc/self|dev)/fd/\d+", "the file", text)
    return _CARET.sub("", text).strip()[:1000], position
