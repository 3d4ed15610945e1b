"""Reading requirements that other people wrote: package by package, or as they stand."""

from __future__ import annotations

import pytest

from registry.requirements import MOST_LINES, read_requirements


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b"mlflow==3.18.0\nnumpy\n", [("mlflow", "==3.18.0"), ("numpy", "")]),
        (b"# a comment\n\n  scikit-learn >=1.7, <2  # why\n", [("scikit-learn", ">=1.7, <2")]),
        (b"torch[cuda]~=2.4; python_version > '3.10'\r\n", [("torch[cuda]", "~=2.4; python_version > '3.10'")]),
        (b"-r other.txt\n--extra-index-url https://x/y\n", [("-r other.txt", ""), ("--extra-index-url https://x/y", "")]),
        (b"git+https://host/a.git\n", [("git+https://host/a.git", "")]),
        (b"pkg @ https://host/a.whl\n", [("pkg", "@ https://host/a.whl")]),
        (b"\xff\xfe\x00\n", [("\ufffd\ufffd\x00", "")]),
        (b"", []),
    ],
)  # fmt: skip
def test_lines_become_packages(text: bytes, found: list[tuple[str, str]]) -> None:
    assert read_requirements(text) == found


def test_a_long_file_is_read_in_part() -> None:
    assert len(read_requirements(b"a\n" * (MOST_LINES + 1))) == MOST_LINES
