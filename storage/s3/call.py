"""One request as handlers see it: who asks, which bucket and key, and what else was said."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from django.http import HttpRequest

from accounts.actor import Actor
from accounts.levels import Level
from hub.lib.errors import NotFound
from hub.lib.routing import is_owner_name, is_repo_name
from repos.access import open_repo
from repos.models import Repository
from storage.s3.body import Body
from storage.s3.errors import S3Error
from storage.spaces import DATA, DVC


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Which buckets an address has: those of one repository, or the repositories of an owner."""

    owner: str
    repository: str = ""
    """Empty where buckets are repositories."""

    def place_of(self, bucket: str) -> tuple[str, str]:
        """A bucket's repository by name, and the space in it. Raises S3Error NoSuchBucket."""
        if self.repository and bucket == DVC:
            return self.repository, DVC
        if not self.repository and is_repo_name(bucket):
            return bucket, DATA
        raise no_bucket(bucket)


@dataclass(frozen=True, slots=True)
class Call:
    """A request whose signature is right. `repository` and `space` are there where a bucket is named."""

    request: HttpRequest = field(repr=False)
    endpoint: Endpoint
    actor: Actor
    bucket: str
    key: str
    query: Mapping[str, str]
    headers: Mapping[str, str] = field(repr=False)
    body: Callable[[], Body] = field(repr=False)
    place: tuple[Repository, str] | None
    is_program: bool
    """Signed in a header, which no browser does; links and anonymous requests may come from one."""

    @property
    def repository(self) -> Repository:
        """The repository of the bucket."""
        assert self.place is not None
        return self.place[0]

    @property
    def space(self) -> str:
        """The space that the bucket is."""
        assert self.place is not None
        return self.place[1]

    def number(self, name: str, default: int, most: int) -> int:
        """A number of the query, at most `most`. Raises S3Error InvalidArgument for what is none."""
        word = self.query.get(name) or str(default)
        if not word.isascii() or not word.isdigit() or len(word) > 10:
            raise S3Error("InvalidArgument", f"{name} is a number from 0 on.")
        return min(int(word), most)


def open_bucket(actor: Actor, endpoint: Endpoint, bucket: str, needs: Level) -> tuple[Repository, str]:
    """Let the actor into a bucket, or raise: NoSuchBucket for what they may not know of."""
    name, space = endpoint.place_of(bucket)
    if not is_owner_name(endpoint.owner):
        raise no_bucket(bucket)
    try:
        return open_repo(actor, endpoint.owner, name, needs=needs), space
    except NotFound:
        raise no_bucket(bucket) from None


def no_bucket(bucket: str) -> S3Error:
    """There is none of this name here, or nobody may know."""
    return S3Error("NoSuchBucket", f"There is no bucket {bucket[:100]} here, or you may not see it.")
