"""Artifact paths as clients send them → keys in the storage room, and whom they belong to."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from urllib.parse import unquote

from hub.lib.errors import Invalid, NotFound
from repos.models import Repository
from tracking import sql

MAX_PATH = 4096
_ROUNDS = 10
_control = re.compile(r"[\x00-\x1f\x7f]")
_run = re.compile(r"[0-9a-f]{32}")
_number = re.compile(r"\d{1,18}")


def safe_path(path: str) -> str:
    """The path without a slash at its ends; "" is the root. Raises Invalid for one that could lead elsewhere.

    SECURITY: decoded again and again before it is judged, or `%252e%252e/` would pass one check and be `..` to the
    next reader. What is judged, not what is decoded, becomes the key: a file may be called `100%25.txt`.
    """
    if len(path) > MAX_PATH:
        raise Invalid("Invalid path: it is too long", field="path")
    seen = path
    for _ in range(_ROUNDS):
        _judge(seen)
        plain = unquote(seen)
        if plain == seen:
            break
        seen = plain
    else:
        raise Invalid("Invalid path", field="path")
    cleaned = posixpath.normpath(path.strip("/")) if path.strip("/") else ""
    return "" if cleaned == "." else cleaned


def _judge(path: str) -> None:
    parts = path.split("/")
    if ".." in parts or "#" in path or "\\" in path or path.startswith("/") or _control.search(path):
        raise Invalid("Invalid path", field="path")
    if re.match(r"[A-Za-z]:(?:/|$)", path) or path.lower().startswith("file:"):
        raise Invalid("Invalid path", field="path")


# Folders of an experiment that are named by what their subfolders belong to: how to find it, and what to say if not.
_OWNERS = {
    "models": (
        "SELECT 1 FROM tracking_loggedmodel WHERE uuid = ? AND experiment_id = ?",
        "Logged model with ID '{}' not found.",
    )
}


def guard_folder(name: str, statement: str, message: str) -> None:
    """Let a room above keep files below `<number>/<name>/<id>/`.

    `statement` asks for the id and the experiment's key, in this order; `message` has `{}` for the id.
    """
    _OWNERS[name] = (statement, message)


@dataclass(frozen=True, slots=True)
class Place:
    """A key below the artifact space of a repository, known to lie in something that exists there."""

    key: str


def place_of(repository: Repository, path: str) -> Place:
    """The place an artifact path names.

    `<number>/…` must be an experiment of this repository, `<number>/<run id>/…` a run and `<number>/models/<id>/…`
    a logged model of it; raises NotFound otherwise. What begins in another way (a custom artifact location) lies in
    the repository's own space, too, and needs no owner.
    """
    key = safe_path(path)
    parts = key.split("/")
    if not _number.fullmatch(parts[0]):
        return Place(key)
    found = sql.row(
        "SELECT id FROM tracking_experiment WHERE repository_id = ? AND number = ?", (repository.pk, int(parts[0]))
    )
    # SECURITY: bytes must not outlive or precede what they belong to, nor be put under ids of other repositories.
    if found is None:
        raise NotFound(f"No Experiment with id={parts[0]} exists", field="path")
    experiment = found[0]
    if len(parts) > 2 and parts[1] in _OWNERS:
        statement, message = _OWNERS[parts[1]]
        _check(statement, (parts[2], experiment), message.replace("{}", parts[2]))
    elif len(parts) > 1 and _run.fullmatch(parts[1]):
        _check(
            "SELECT 1 FROM tracking_run WHERE uuid = ? AND experiment_id = ?",
            (parts[1], experiment),
            f"Run with id={parts[1]} not found",
        )
    return Place(key)


def _check(statement: str, values: tuple[object, ...], message: str) -> None:
    if sql.row(statement, values) is None:
        raise NotFound(message, field="path")
