"""Serves git's wire protocol by git's own processes, as stateless exchanges that stream both ways."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path

from repos.git.child import GitProcess
from repos.git.hooks import FORWARD, LOCKED, RULES_VARIABLE
from repos.git.pktline import FLUSH, packet

# A transfer may be long; a process that hangs for longer than this is ended.
EXCHANGE_TIMEOUT = 6 * 3600.0
ADVERTISE_TIMEOUT = 120.0
# Git says something every five seconds while it works; after this long without a byte either way nobody is there.
STALL = 600.0
# What a push may take to clean up, or to finish, when its client has gone.
PATIENCE = 20.0

_protocol = re.compile(r"version=[0-2]")


class Service(StrEnum):
    """The two things a client may ask for."""

    UPLOAD_PACK = "upload-pack"
    RECEIVE_PACK = "receive-pack"


UPLOAD_CONFIG: Mapping[str, str] = {
    "uploadpack.allowFilter": "true",
    # Partial clones ask for objects by id. Whoever may read a repository may read all its objects, also those
    # that no ref holds any more, until maintenance drops them.
    "uploadpack.allowAnySHA1InWant": "true",
    "pack.windowMemory": "128m",
}

RECEIVE_CONFIG: Mapping[str, str] = {
    # A small push is kept as the pack it came as: exploding it costs three times as much for data files.
    "receive.unpackLimit": "1",
    "receive.fsckObjects": "true",
    # Flaws that old tools left in the history of many honest projects, and that harm nobody.
    "receive.fsck.missingSpaceBeforeDate": "ignore",
    "receive.fsck.zeroPaddedFilemode": "ignore",
    "receive.fsck.badTimezone": "ignore",
    "receive.advertisePushOptions": "true",
    "receive.denyDeleteCurrent": "refuse",
    # Who mirrors a clone here shall not try to delete the heads of pull requests, which the hub keeps.
    "receive.hideRefs": "refs/pull",
}


def advertise(git_dir: Path, service: Service, protocol: str = "") -> Iterator[bytes]:
    """Yield the answer to `info/refs?service=git-…`: what the repository can and which refs it holds.

    Raises GitError before the first block when git cannot read the repository.
    """
    with GitProcess(
        git_dir,
        [service, "--stateless-rpc", "--advertise-refs", str(git_dir)],
        timeout=ADVERTISE_TIMEOUT,
        env=_protocol_env(protocol),
        config=UPLOAD_CONFIG if service is Service.UPLOAD_PACK else RECEIVE_CONFIG,
    ) as process:
        blocks = process.blocks()
        first = next(blocks, b"")
        if service is Service.RECEIVE_PACK or protocol != "version=2":
            yield packet(f"# service=git-{service}\n".encode()) + FLUSH
        yield first
        yield from blocks


def upload_pack(git_dir: Path, body: Iterable[bytes], protocol: str = "") -> Iterator[bytes]:
    """Yield what the client asks for in `body`. Raises GitError after the last block when git gave up."""
    with GitProcess(
        git_dir,
        [Service.UPLOAD_PACK, "--stateless-rpc", str(git_dir)],
        input=body,
        timeout=EXCHANGE_TIMEOUT,
        stall=STALL,
        env=_protocol_env(protocol),
        config=UPLOAD_CONFIG,
    ) as process:
        yield from process.blocks()


def receive_pack(
    git_dir: Path,
    body: Iterable[bytes],
    protocol: str = "",
    *,
    hooks: Path | None = None,
    locked: Iterable[bytes] = (),
    forward_only: Iterable[bytes] = (),
    max_bytes: int | None = None,
) -> Iterator[bytes]:
    """Take a push and yield git's answer; `locked` refs are refused, `forward_only` ones lose no history.

    `hooks` is the folder of repos.git.hooks, needed for such refs; a pack over `max_bytes` is refused.
    Raises GitError after the last block when git gave up; the objects of a push that failed are removed.
    """
    rules = [*(LOCKED + b" " + ref for ref in locked), *(FORWARD + b" " + ref for ref in forward_only)]
    config = dict(RECEIVE_CONFIG)
    if max_bytes is not None:
        config["receive.maxInputSize"] = str(max(1, max_bytes))
    env = _protocol_env(protocol)
    with tempfile.NamedTemporaryFile(prefix="push-rules-") as file:
        if rules:
            if hooks is None:
                raise ValueError("Rules need the folder of hooks.")
            file.write(b"\n".join(rules) + b"\n")
            file.flush()
            env[RULES_VARIABLE] = file.name
            config["core.hooksPath"] = str(hooks)
        arguments = [Service.RECEIVE_PACK, "--stateless-rpc", str(git_dir)]
        with GitProcess(
            git_dir,
            arguments,
            input=body,
            timeout=EXCHANGE_TIMEOUT,
            env=env,
            config=config,
            stall=STALL,
            patience=PATIENCE,
        ) as process:
            yield from process.blocks()
            process.join_input()


def _protocol_env(protocol: str) -> dict[str, str]:
    """GIT_PROTOCOL, when the client asked for a version there is."""
    # SECURITY: the header is a stranger's text; nothing but these three values reaches git's environment.
    return {"GIT_PROTOCOL": protocol} if _protocol.fullmatch(protocol) else {}
