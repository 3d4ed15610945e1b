"""Objects to start from."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from repos.models import Repository
from storage.models import StoredObject
from storage.services import put_object

Put = Callable[..., StoredObject]


@pytest.fixture
def put(repo: Repository) -> Put:
    """`put(key, content)` stores an object among the artifacts of alice/stones."""

    def store(key: str, content: bytes = b"x", **options: object) -> StoredObject:
        where = {"repository": repo, "space": "artifacts", **options}
        return put_object(key=key, chunks=[content], **where)  # type: ignore[arg-type]

    return store
