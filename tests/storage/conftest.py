"""Objects to start from."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from repos.models import Repository
from storage.models import StoredObject
from storage.services import put_object
from tests.storage.azure_server import RunningAzure, running_azure
from tests.storage.s3_server import RunningS3, running_s3

Put = Callable[..., StoredObject]


@pytest.fixture
def put(repo: Repository) -> Put:
    """`put(key, content)` stores an object among the artifacts of alice/stones."""

    def store(key: str, content: bytes = b"x", **options: object) -> StoredObject:
        where = {"repository": repo, "space": "artifacts", **options}
        return put_object(key=key, chunks=[content], **where)  # type: ignore[arg-type]

    return store


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningS3]:
    """An empty S3 in memory."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-north-1")
    with running_s3() as server:
        yield server


@pytest.fixture
def azure() -> Iterator[RunningAzure]:
    """An empty Azure Blob service in memory."""
    with running_azure() as server:
        yield server
