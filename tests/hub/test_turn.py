"""How a turn of the suite is judged: what fails twice fails it, what passes alone is told."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.support import turn
from tests.support.turn import Run


def judged(monkeypatch: pytest.MonkeyPatch, *runs: Run) -> tuple[bool, str, list[str], list[list[str]]]:
    """A turn whose runs of pytest end so, and the commands it gave."""
    ended, commands = iter(runs), []

    def run(command: Sequence[str]) -> Run:
        commands.append(list(command))
        return next(ended)

    monkeypatch.setattr(turn, "run", run)
    return (*turn.turn("python", ["tests"]), commands)


def test_a_green_run_is_the_whole_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    green, closing, lines, commands = judged(monkeypatch, Run(0, "9 passed", []))
    assert (green, closing, lines, len(commands)) == (True, "9 passed", [], 1)


def test_what_passes_alone_is_told_and_what_fails_twice_fails_the_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    first = Run(1, "2 failed", ["a.py::one", "a.py::two"])
    green, closing, lines, commands = judged(monkeypatch, first, Run(1, "1 failed", ["a.py::two"]))
    assert not green and closing == "2 failed; once more: 1 failed"
    assert lines == ["FLAKY, passed alone a.py::one", "FAILED twice a.py::two"]
    assert commands[1][-3:] == ["-n0", "a.py::one", "a.py::two"]
    green, _, lines, _ = judged(monkeypatch, first, Run(0, "2 passed", []))
    assert green and [line[:5] for line in lines] == ["FLAKY", "FLAKY"]


@pytest.mark.parametrize(
    "first",
    [
        Run(2, "it did not come to its end", ["a.py::one"]),
        Run(1, "no tests ran", []),
        Run(-9, "it did not come to its end", []),
        Run(1, "99 failed", [f"a.py::{number}" for number in range(99)]),
    ],
)
def test_what_did_not_end_or_is_wholly_broken_gets_no_second_chance(
    monkeypatch: pytest.MonkeyPatch, first: Run
) -> None:
    green, _, lines, commands = judged(monkeypatch, first)
    assert not green and len(commands) == 1
    assert lines == [f"FAILED {name}" for name in first.failed]


def test_a_second_run_that_does_not_end_clears_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    green, _, lines, _ = judged(monkeypatch, Run(1, "1 failed", ["a.py::one"]), Run(4, "no tests ran", []))
    assert not green and lines == ["FAILED twice a.py::one"]
