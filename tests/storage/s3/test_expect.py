"""Clients that wait for "100 Continue" before they send nothing are not misled on their next request."""

from __future__ import annotations

import pytest
from django.test import Client

from repos.models import Repository


@pytest.mark.parametrize(("body", "connection"), [(b"", "close"), (b"x", None)])
def test_connection_ends_behind_an_empty_body_that_was_announced(
    repo: Repository, client: Client, body: bytes, connection: str | None
) -> None:
    """botocore keeps the status of such an answer for the next one: an empty file in a sync broke the file after it."""
    address = "/api/v1/repo-buckets/s3/alice/stones/empty"
    headers = {"Expect": "100-continue", "Content-Length": str(len(body))}
    answer = client.put(address, body, content_type="text/plain", headers=headers)
    assert answer.status_code == 403
    assert answer.get("Connection") == connection
