"""Fetches and pushes, whatever door they come by: rights on refs, quota, the exchange, and its record."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import structlog
from django.conf import settings
from django.db import connection

from accounts.actor import Actor
from hub.lib.errors import HubError, Invalid, NotFound, Unavailable
from repos.git import serve
from repos.git.hooks import HooksUnusable, ensure_hooks
from repos.git.pktline import ProtocolError
from repos.git.process import GitError
from repos.git.receive import Push, Refusal, Report, moved, read_push, refuse
from repos.git.refs import RefUpdate, snapshot
from repos.git.serve import Service
from repos.models import Repository
from repos.paths import git_dir
from repos.services import protection, pushes
from repos.services.protection import Verdict

log = structlog.get_logger()

MEGABYTE = 1024 * 1024


def advertise(*, repository: Repository, service: Service, protocol: str = "") -> Iterator[bytes]:
    """Yield what a client is told first: refs and abilities.

    Raises NotFound without a folder, Unavailable when git cannot read it.
    """
    blocks = serve.advertise(_folder(repository), service, protocol)
    try:
        first = next(blocks)
    except GitError as error:
        log.exception("repository_unreadable", repository=repository.pk)
        raise Unavailable(
            f"{repository.full_name} cannot be read now.", next_step="Tell an administrator to look at the log."
        ) from error
    return _told(_rejoined(first, blocks), repository)


def upload_pack(*, repository: Repository, body: Iterable[bytes], protocol: str = "") -> Iterator[bytes]:
    """Yield the objects that a clone or fetch asks for in `body`. Raises NotFound without a folder."""
    return _told(serve.upload_pack(_folder(repository), body, protocol), repository)


def receive_pack(*, actor: Actor, repository: Repository, body: Iterable[bytes], protocol: str = "") -> Iterator[bytes]:
    """Take a push from an actor with write access: yield git's answer, then record what moved.

    Protected branches and the owner's quota are told in the answer, ref by ref. Raises Invalid for a body
    that is no push, NotFound or Unavailable when the repository cannot take one now; nothing has changed.
    """
    folder = _folder(repository)
    try:
        push, pack = read_push(body)
    except ProtocolError as error:
        raise Invalid(f"This is no push: {error}") from None
    verdict = protection.judge(actor=actor, repository=repository, commands=push.commands)
    room = pushes.room_left(repository)
    answer = _refused_at_once(push, verdict, room)
    if answer is not None:
        return _refuse(answer, pack)
    hooks = _hooks() if verdict.locked or verdict.forward_only else None
    return _exchange(actor, repository, folder, push, pack, verdict, room, hooks, protocol)


def release_database() -> None:
    """Give the database connection back before a long transfer; the next query opens one again."""
    if not connection.in_atomic_block:
        connection.close()


def _refused_at_once(push: Push, verdict: Verdict, room: int | None) -> bytes | None:
    """The answer to a push of which nothing can be taken, or None when git must look at it."""
    if room is not None and room <= 0 and push.brings_objects:
        return refuse(push, {command.ref: _over_quota(0) for command in push.commands})
    if not verdict.locked:
        return None
    everything = all(command.ref in verdict.locked for command in push.commands)
    return refuse(push, verdict.locked) if everything or push.is_atomic else None


def _refuse(answer: bytes, pack: Iterable[bytes]) -> Iterator[bytes]:
    """Answer, and let the client finish sending, or it would never read why."""
    yield answer
    with contextlib.suppress(HubError):  # a client that goes away before the end
        for _ in pack:
            pass


def _exchange(
    actor: Actor,
    repository: Repository,
    folder: Path,
    push: Push,
    pack: Iterator[bytes],
    verdict: Verdict,
    room: int | None,
    hooks: Path | None,
    protocol: str,
) -> Iterator[bytes]:
    too_large = None if room is None else _over_quota(room)
    report = Report(push, {**verdict.locked, **verdict.forward_only}, too_large)
    answer = serve.receive_pack(
        folder,
        _whole(push, pack),
        protocol,
        hooks=hooks,
        locked=verdict.locked,
        forward_only=verdict.forward_only,
        max_bytes=room,
    )
    release_database()
    try:
        yield from report.relay(_told(answer, repository))
    finally:
        # Also when the client is gone: a ref that moved has moved.
        answer.close()  # type: ignore[attr-defined]
        _record(actor, repository, _moved(folder, push, report))
        release_database()


def _whole(push: Push, pack: Iterator[bytes]) -> Iterator[bytes]:
    yield push.raw
    yield from pack


def _moved(folder: Path, push: Push, report: Report) -> list[RefUpdate]:
    if not push.commands:
        return []
    return moved(push, report, {} if report.is_complete else snapshot(folder))


def _record(actor: Actor, repository: Repository, updates: list[RefUpdate]) -> None:
    if not updates:
        return
    try:
        pushes.record_push(actor=actor, repository=repository, updates=updates)
    except Exception:  # The refs have moved: the push is told as done, and maintenance mends the rows.
        log.exception("push_not_recorded", repository=repository.pk)


def _told(blocks: Iterator[bytes], repository: Repository) -> Iterator[bytes]:
    """Pass blocks on; what git found wrong has been told to the client by git itself, and is noted here."""
    with contextlib.closing(blocks):  # type: ignore[type-var]
        try:
            yield from blocks
        except GitError as error:
            log.info("git_exchange_ended", repository=repository.pk, code=error.returncode, error=str(error))


def _rejoined(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    with contextlib.closing(rest):  # type: ignore[type-var]
        yield first
        yield from rest


def _folder(repository: Repository) -> Path:
    folder = git_dir(repository)
    if not folder.is_dir():
        raise NotFound(f"{repository.full_name} has no Git folder on this server.", next_step="Tell an administrator.")
    return folder


def _hooks() -> Path:
    try:
        return ensure_hooks(Path(settings.RUN_DIR) / "hooks")
    except (HooksUnusable, OSError) as error:
        log.exception("hooks_unusable")
        raise Unavailable(
            "Protected branches cannot be checked on this server now; nothing was taken.",
            next_step="Tell an administrator to look at the server's log.",
        ) from error


def _over_quota(room: int) -> Refusal:
    left = f"{room / MEGABYTE:.1f} MB are left" if room > 0 else "nothing is left"
    message = (
        f"This push does not fit into the owner's quota: {left}. Nothing was kept.\n"
        "Delete what is no longer needed, or ask an administrator for more room."
    )
    return Refusal("quota exceeded", message)
