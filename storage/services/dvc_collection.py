"""Finds and drops DVC objects that no commit needs: over HTTP dvc can neither list nor delete."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts.actor import ANONYMOUS, Actor
from hub.lib.errors import Conflict
from jobs.models import Job
from jobs.services import enqueue
from repos.git.refs import snapshot
from repos.git.versions import blobs_of_history, blobs_of_tips, contents
from repos.models import Activity, Repository
from repos.paths import git_dir
from repos.services import activity
from storage import selectors
from storage.dvc_keys import parse
from storage.models import Bucket, StoredObject
from storage.services.objects import delete_rows
from storage.spaces import DVC

POINTERS = ("**/*.dvc", "**/dvc.lock")
ENDINGS = (".dvc", "dvc.lock")
BATCH = 500
GRACE = timedelta(days=14)
"""How long an object is kept whatever commits say: data are pushed before the commit that names them."""

TASK = "storage.collect_dvc"
ASKED, DROPPED = "asked to drop unneeded data", "dropped unneeded data"

_md5 = re.compile(rb"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")
_OVERLAP = 64  # bytes, more than a digest has


@dataclass(slots=True)
class Collection:
    """Objects that no commit needs, of which `size` bytes; `kept` are needed, `young` are within the grace period."""

    kept: int = 0
    young: int = 0
    size: int = 0
    lists: list[int] = field(default_factory=list)
    files: list[int] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many objects no commit needs."""
        return len(self.lists) + len(self.files)


def find_unneeded(*, repository: Repository, history: bool = True, older_than: timedelta = GRACE) -> Collection:
    """What could be dropped: named by no `.dvc` file and no `dvc.lock` of any branch or tag, nor of their history.

    Any MD5 that stands in such a file counts as needed, and so do the files of each directory named there. Without
    `history` only the commits that refs point at count. Raises BlobMissing when a needed list cannot be read.
    """
    needed = _named_by_commits(repository, history)
    objects = StoredObject.objects.filter(bucket__repository=repository, bucket__name=DVC)
    for stored in objects.filter(key__endswith=".dir").select_related("blob").iterator(BATCH):
        key = parse(stored.key)
        if key and bytes.fromhex(key.md5) in needed:
            needed.update(digests(selectors.read_object(stored)))
    return _sorted_out(objects, lambda md5: md5 in needed, timezone.now() - older_than)


def drop_unneeded(*, repository: Repository, history: bool = True, older_than: timedelta = GRACE) -> Collection:
    """What no commit needs is gone; returns what that was. Raises Conflict when somebody pushes meanwhile.

    Lists go before what they list: where a list is, dvc takes it that all its files are.
    """
    before = snapshot(git_dir(repository))
    found = find_unneeded(repository=repository, history=history, older_than=older_than)
    if snapshot(git_dir(repository)) != before:
        raise Conflict("Somebody pushed while this was looked through; nothing was dropped.", next_step="Try again.")
    for keys in (found.lists, found.files):
        for start in range(0, len(keys), BATCH):
            _drop(repository, keys[start : start + BATCH])
    return found


@transaction.atomic
def ask_for_collection(*, actor: Actor, repository: Repository) -> Job:
    """A job will drop what no commit needs when it runs; one that waits already is the answer."""
    activity.record(actor=actor, repository=repository, verb=ASKED)
    return enqueue(TASK, repository.pk)


def collect_as_asked(*, repository: Repository) -> Collection:
    """What no commit needs is gone, and its sums are an Activity of who asked last. Raises as drop_unneeded."""
    found = drop_unneeded(repository=repository)
    asked = Activity.objects.select_related("user").filter(repository=repository, verb=ASKED).order_by("-pk").first()
    sums = {"objects": found.count, "size": found.size, "kept": found.kept, "young": found.young}
    actor = Actor(user=asked.user) if asked else ANONYMOUS
    activity.record(actor=actor, repository=repository, verb=DROPPED, data=sums)
    return found


def digests(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Every MD5 that stands in a text, as 16 bytes; one cut by the edge of two blocks, too."""
    rest = b""
    for block in blocks:
        text = rest + block
        for match in _md5.finditer(text):
            yield bytes.fromhex(match[0].decode())
        rest = text[-_OVERLAP:]


def _named_by_commits(repository: Repository, history: bool) -> set[bytes]:
    folder = git_dir(repository)
    blobs = blobs_of_history(folder, POINTERS) if history else blobs_of_tips(folder, ENDINGS)
    return set(digests(contents(folder, blobs))) if blobs else set()


def _sorted_out(objects: selectors.Objects, is_needed: Callable[[bytes], bool], latest: datetime) -> Collection:
    """Which objects are needed, which young, which neither. What DVC does not name by an MD5 is left alone."""
    found = Collection()
    for pk, text, size, moment in objects.values_list("pk", "key", "size", "updated_at").iterator(BATCH):
        key = parse(text)
        if key is None or is_needed(bytes.fromhex(key.md5)):
            found.kept += 1
        elif moment >= latest:
            found.young += 1
        else:
            found.size += size
            (found.lists if key.is_dir else found.files).append(pk)
    return found


@transaction.atomic
def _drop(repository: Repository, keys: list[int]) -> None:
    bucket = Bucket.objects.select_for_update().filter(repository=repository, name=DVC).first()
    if bucket is not None:
        delete_rows(bucket, StoredObject.objects.filter(bucket=bucket, pk__in=keys), for_ever=True)
