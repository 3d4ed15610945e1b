"""The limit on each test, tried on a block that would not end."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from tests.support.time_limit import SECONDS, limited


def test_a_block_that_takes_too_long_fails_and_says_which(capfd: pytest.CaptureFixture[str]) -> None:
    late = pytest.raises(pytest.fail.Exception, match=r"the thing was not done after 0\.05 seconds")
    with late, limited("the thing", 0.05):
        subprocess.run([sys.executable, "-c", "import time; time.sleep(60)"], check=True)
    assert "test_time_limit.py" in capfd.readouterr().err


def test_a_block_that_ends_in_time_leaves_no_alarm() -> None:
    with limited("the thing", 0.05):
        pass
    time.sleep(0.1)
    assert SECONDS > 60
