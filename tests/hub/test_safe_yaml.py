"""YAML of other people: what would fill or end the process is refused before it is built."""

from __future__ import annotations

import pytest

from hub.lib.safe_yaml import fault_in, read_mapping

LONGEST = 1_000_000


@pytest.mark.parametrize(
    "endless",
    [
        "1" + ":1" * 400,
        "0x" + "f" * 4000,
        "0b" + "1" * 20_000,
        "-0x" + "f_" * 4000,
        "!!int '1" + " :1" * 400 + "'",
    ],
)
def test_a_number_that_cannot_be_written_is_refused(endless: str) -> None:
    data = f"name: stone\nsize: {endless}\n".encode()
    assert read_mapping(data, longest=LONGEST) is None
    assert "endless number" in fault_in(data)[1]


def test_long_texts_and_honest_numbers_are_read() -> None:
    words, digits = "ten words " * 100, "0x" + "f" * 4000
    data = f"about: {words}\nquoted: '{digits}'\nsize: {2**63}\nhex: 0x{'f' * 128}\nday: 2026-11-20\n".encode()
    found = read_mapping(data, longest=LONGEST)
    assert found is not None
    assert (found["about"], found["quoted"], found["size"]) == (words.strip(), digits, 2**63)
    assert str(found["hex"]) == str(16**128 - 1)
