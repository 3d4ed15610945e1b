"""The sample repository, built once and copied for tests that write."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.sample_repository import Work, bare_copy, build


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Work:
    """The work tree of the sample."""
    return build(tmp_path_factory.mktemp("sample") / "work")


@pytest.fixture(scope="session")
def stones(sample: Work, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample as a bare repository, for reading."""
    return bare_copy(sample, tmp_path_factory.mktemp("bare") / "stones.git")


@pytest.fixture
def own_stones(stones: Path, tmp_path: Path) -> Path:
    """The same, for writing."""
    return Path(shutil.copytree(stones, tmp_path / "own.git"))
