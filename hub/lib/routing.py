"""Address words: the `<owner:>` and `<repo:>` converters, and rows that bind verb, path, handler and permission."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.urls import register_converter

OWNER_PATTERN = r"[A-Za-z0-9](?:[A-Za-z0-9]|[-_.](?=[A-Za-z0-9])){0,38}"
REPO_PATTERN = r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}"
PROTOCOL_SUFFIXES = (".git", ".dvc", ".s3", ".mlflow", ".wiki", ".atom", ".rss")

_owner = re.compile(OWNER_PATTERN)
_repo = re.compile(REPO_PATTERN)


def is_owner_name(name: str) -> bool:
    """Whether an owner may be called so, reserved words aside."""
    return bool(_owner.fullmatch(name)) and not name.lower().endswith(PROTOCOL_SUFFIXES)


def is_repo_name(name: str) -> bool:
    """Whether a repository may be called so: dots are fine, a protocol's suffix at the end is not."""
    return bool(_repo.fullmatch(name)) and not name.lower().endswith(PROTOCOL_SUFFIXES) and name not in {".", ".."}


class OwnerConverter:
    """First word of an address below which everything of a user or organisation lives."""

    regex = OWNER_PATTERN

    def to_python(self, value: str) -> str:
        """Refuse what no owner can be called, so that other routes get their turn."""
        if not is_owner_name(value):
            raise ValueError(value)
        return value

    def to_url(self, value: str) -> str:
        """The name as it is."""
        return value


class RepoConverter(OwnerConverter):
    """Second word of an address: a repository's name, never ending in a protocol suffix."""

    regex = REPO_PATTERN

    def to_python(self, value: str) -> str:
        """Refuse names ending in `.git`, `.dvc`, `.s3`, `.mlflow`: those addresses belong to wire doors."""
        if not is_repo_name(value):
            raise ValueError(value)
        return value


@cache
def register_converters() -> None:
    """Make `<owner:…>` and `<repo:…>` known to Django; called by the root URLconf and by that of the API."""
    register_converter(OwnerConverter, "owner")
    register_converter(RepoConverter, "repo")


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint of a wire door: verb, path below the door's prefix, handler, and the level it needs.

    `quick`: a call of it with a small body is over in a millisecond or two, and streams nothing.
    """

    method: str
    path: str
    handler: Callable[..., Any]
    needs: int
    quick: bool = False
