"""Stock S3 clients against a running hub, over http and https, with a key pair or a token."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from tests.support.live import LiveHub

PAIRS = """
import json
import secrets
from accounts.keys import access_key_of, secret_of
from accounts.levels import Level
from accounts.models import User
from accounts.services import create_key_pair
found = {}
for user in User.objects.all():
    pair = create_key_pair(user=user, name="live", scope=Level.ADMIN)
    found[user.username] = [access_key_of(pair), secret_of(pair)]
print("PAIRS " + json.dumps(found))
"""

BUCKETS = """
from accounts.actor import Actor
from accounts.models import User
from repos.services.repositories import create_repository
alice = User.objects.get(username="alice")
for name in {names}:
    create_repository(actor=Actor(user=alice), owner=alice.owner, name=name)
"""


@dataclass(frozen=True)
class Gate:
    """One way to the hub: its address, and the certificate to trust where there is one."""

    hub: LiveHub
    url: str
    certificate: Path | None
    pairs: dict[str, tuple[str, str]]

    def endpoint(self, owner: str = "alice") -> str:
        """Where buckets are the owner's repositories."""
        return f"{self.url}/api/v1/repo-buckets/s3/{owner}"

    def client(self, who: str = "alice", *, endpoint: str = "", token: bool = False, **options: Any) -> Any:
        """A boto3 client with somebody's key pair, or with their token as both key and secret."""
        key, secret = (self.hub.tokens[who],) * 2 if token else self.pairs[who]
        settings = {"region_name": "us-east-1", "config": Config(retries={"total_max_attempts": 1}), **options}
        return boto3.session.Session().client(
            "s3", endpoint_url=endpoint or self.endpoint(), aws_access_key_id=key, aws_secret_access_key=secret,
            verify=str(self.certificate) if self.certificate else None, **settings,
        )  # fmt: skip


def pairs_of(hub: LiveHub) -> dict[str, tuple[str, str]]:
    """A fresh key pair for each of the cast."""
    line = next(line for line in hub.run_code(PAIRS).splitlines() if line.startswith("PAIRS "))
    return {name: (key, secret) for name, (key, secret) in json.loads(line.removeprefix("PAIRS ")).items()}


def spare_buckets(hub: LiveHub, count: int) -> Iterator[str]:
    """New private repositories of alice, one after another."""
    names = [f"bucket-{secrets.token_hex(4)}" for _ in range(count)]
    hub.run_code(BUCKETS.replace("{names}", repr(names)))
    return iter(names)


@contextmanager
def closing_client(client: Any) -> Iterator[Any]:
    """A client whose connections are closed at the end."""
    try:
        yield client
    finally:
        client.close()
