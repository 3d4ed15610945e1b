"""Programs with tokens, and the multipart bodies that they send."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from accounts.actor import Actor
from accounts.models import User
from repos.models import Repository
from repos.services.repositories import create_repository

BOUNDARY = "b-o-u-n-d"
FORM_DATA = f"multipart/form-data; boundary={BOUNDARY}"


def multipart(fields: Mapping[str, str], files: Mapping[str, bytes]) -> bytes:
    """A body as httpx writes it: fields, then files."""
    body = b""
    for name, value in fields.items():
        body += f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
    for name, data in files.items():
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n'
        body += head.encode() + b"Content-Type: application/octet-stream\r\n\r\n" + data + b"\r\n"
    return body + f"--{BOUNDARY}--\r\n".encode()


class Program:
    """Somebody with a token, at the API of one repository."""

    def __init__(self, client: Client, repo: str) -> None:
        self.client, self.base = client, f"/api/v1/repos/{repo}"

    def get(self, path: str = "", **headers: str) -> Any:
        return self.client.get(self.base + path, headers=headers)

    def read(self, path: str) -> bytes:
        """The bytes of a file."""
        answer = self.get(f"/raw/{path}")
        assert answer.status_code == 200, answer.content
        return b"".join(answer.streaming_content)

    def send(self, path: str, files: Mapping[str, bytes], verb: str = "PUT", **fields: str) -> Any:
        return self.client.generic(verb, f"{self.base}/content/{path}", multipart(fields, files), FORM_DATA)

    def post(self, path: str, **fields: Any) -> Any:
        return self.client.generic("POST", self.base + path, json.dumps(fields), "application/json")

    def delete(self, path: str) -> HttpResponse:
        return self.client.delete(f"{self.base}/content/{path}")  # type: ignore[return-value]

    def paths(self, folder: str = "main", query: str = "") -> list[str]:
        """What a folder holds, in order."""
        return [each["path"] for each in self.get(f"/content/{folder}{query}").json()]


@pytest.fixture
def fresh(alice: User) -> Repository:
    """alice/fresh: private and without commits."""
    return create_repository(actor=Actor(user=alice), owner=alice.owner, name="fresh")


@pytest.fixture
def program_of(token_for: Callable[..., str], fresh: Repository) -> Callable[..., Program]:
    """`program_of(user)` → them at alice/fresh."""

    def make(user: User, scope: str = "admin", repo: str = "alice/fresh") -> Program:
        return Program(Client(headers={"Authorization": f"Bearer {token_for(user, scope)}"}), repo)

    return make


@pytest.fixture
def program(program_of: Callable[..., Program], alice: User) -> Program:
    """alice at alice/fresh."""
    return program_of(alice)
