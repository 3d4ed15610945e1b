"""One turn of the suite: `python -m tests.support.turn REPORT NAME PYTHON WORDS…` runs pytest with these words.

What fails runs once more, alone, so that a fault is told from a machine that was too busy. The report, a file that is
added to, gets a line for each turn and one for each test that failed in it: FLAKY where it passed the second time, else
FAILED. Ends with 1 if anything failed twice, or if the run did not come to its end.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Timer

from tests.support.failures import FILE

WORKERS = "2"
LONGEST = 55 * 60
"""Seconds after which a turn is broken off: it tells then what it has seen, and the next turn still has its time."""
MOST_AGAIN = 40
"""With more failures than this something is broken, and no second look is needed to see it."""
TESTS_FAILED = 1
"""pytest's own status for it; 2 and above: it was interrupted, or could not run."""
_CLOSING = re.compile(r"=* ?(.*(?:passed|failed|error|deselected|no tests ran).* in [\d.]+s.*?) ?=*\n")


@dataclass(frozen=True)
class Run:
    """How a run of pytest ended: its status, its closing line, and the tests that failed."""

    status: int
    closing: str
    failed: list[str]


def run(command: Sequence[str]) -> Run:
    """Run pytest, showing what it writes."""
    closing = "it did not come to its end"
    with (
        tempfile.NamedTemporaryFile("r", prefix="cairn-failures-") as failures,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
            env={**os.environ, FILE: failures.name}, start_new_session=True, preexec_fn=_can_be_interrupted,
        ) as process,
    ):  # fmt: skip
        assert process.stdout is not None
        late = [
            Timer(LONGEST, os.killpg, [process.pid, signal.SIGINT]),
            Timer(LONGEST + 120, os.killpg, [process.pid, signal.SIGKILL]),
        ]
        for timer in late:
            timer.start()
        for line in process.stdout:
            sys.stdout.write(line)
            sys.stdout.flush()
            if found := _CLOSING.fullmatch(line):
                closing = found[1]
        for timer in late:
            timer.cancel()
        process.wait()
        return Run(process.returncode, closing, sorted(set(failures.read().splitlines())))


def _can_be_interrupted() -> None:
    """What a shell has started in the background ignores the signal, and so would pytest."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def turn(python: str, words: Sequence[str]) -> tuple[bool, str, list[str]]:
    """Whether the turn is green, its closing line, and the lines about its tests."""
    first = run([python, "-m", "pytest", "-n", WORKERS, "--dist", "loadfile", "--no-loadscope-reorder", *words])
    if first.status == 0:
        return True, first.closing, []
    if first.status != TESTS_FAILED or not 0 < len(first.failed) <= MOST_AGAIN:
        return False, f"{first.closing}; pytest ended with {first.status}", [f"FAILED {name}" for name in first.failed]
    sys.stdout.write(f"\n-- once more, alone: {len(first.failed)} that failed\n")
    again = run([python, "-m", "pytest", "-n0", *first.failed])
    still = again.failed if again.status in (0, TESTS_FAILED) else first.failed
    lines = [f"FAILED twice {name}" if name in still else f"FLAKY, passed alone {name}" for name in first.failed]
    return again.status == 0, f"{first.closing}; once more: {again.closing}", lines


def main(report: str, name: str, python: str, *words: str) -> int:
    """Run the turn and add to the report."""
    green, closing, lines = turn(python, words)
    with Path(report).open("a") as out:
        out.write(f"{'passed' if green else 'FAILED'}  {name}: {closing}\n")
        out.writelines(f"    {line}\n" for line in lines)
    return 0 if green else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
