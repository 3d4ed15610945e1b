"""Keeps the index: reads what changed in each source, and the files of repositories whose default branch moved."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from django.db import transaction
from django.db.models import F

from jobs.services import enqueue
from repos.git.process import GitError
from repos.models import Repository
from search.engine import prepare
from search.models import CodeMark, Kind, SearchEntry, SearchMark
from search.sources import code
from search.sources.base import Batch, Found, Source
from search.sources.tables import ALIVE, SOURCES

INDEX_CODE = "search.index_code"
AT_ONCE = 500
MOST_BATCHES = 40
_FIELDS = ("repository_id", "title", "body", "url", "icon", "facts", "stamp", "changed_at")


def catch_up() -> int:
    """Every source is read to its end, or as far as one turn goes; how many entries changed."""
    _prepare_once()
    changed = 0
    for source in SOURCES:
        for _ in range(MOST_BATCHES):
            batch, count = _read(source)
            changed += count
            want_code({each.object_id for each in batch.found if each.kind == Kind.REPOSITORY})
            if batch.is_last:
                break
    return changed


@cache
def _prepare_once() -> None:
    """A first start that was killed between making the tables and this is made good."""
    prepare()


def _read(source: Source) -> tuple[Batch, int]:
    """One batch. The place is kept with its entries: what a killed worker had not written is read again."""
    mark = SearchMark.objects.filter(pk=source.name).first() or SearchMark(pk=source.name)
    batch = source.read(mark.at, mark.key, AT_ONCE)
    if batch.is_last:
        # The end of what there is: what slower transactions still bring lies behind it, so look there once more.
        behind = source.read(max(0, batch.at - source.overlap), 0, AT_ONCE * 4)
        found = {(each.kind, each.object_id, each.key): each for each in (*batch.found, *behind.found)}
        batch = Batch(list(found.values()), batch.at, batch.key, True)
    with transaction.atomic():
        count = write(batch.found)
        SearchMark.objects.update_or_create(pk=source.name, defaults={"at": batch.at, "key": batch.key})
    return batch, count


def write(found: Sequence[Found]) -> int:
    """These entries are in the index; those whose stamp is the same are left alone. How many were written."""
    known: dict[tuple[str, int, str], str] = {
        (kind, pk, key): stamp
        for wanted in {each.kind for each in found}
        for kind, pk, key, stamp in SearchEntry.objects.filter(
            kind=wanted, object_id__in={each.object_id for each in found if each.kind == wanted}
        ).values_list("kind", "object_id", "key", "stamp")
    }
    alive = _existing({each.repository_id for each in found})
    fresh = [
        each
        for each in found
        if each.repository_id in alive and known.get((each.kind, each.object_id, each.key)) != each.stamp
    ]
    rows = [
        SearchEntry(
            kind=each.kind,
            object_id=each.object_id,
            key=each.key,
            **{field: getattr(each, field) for field in _FIELDS},
        )
        for each in fresh
    ]
    SearchEntry.objects.bulk_create(
        rows,
        batch_size=100,
        update_conflicts=True,
        update_fields=[field.removesuffix("_id") if field == "repository_id" else field for field in _FIELDS],
        unique_fields=["kind", "object_id", "key"],
    )
    return len(rows)


def _existing(ids: Iterable[int]) -> set[int]:
    """Repositories that were not deleted while their things were read."""
    return set(Repository.objects.filter(pk__in=list(ids)).values_list("pk", flat=True))


def want_code(ids: Iterable[int]) -> None:
    """A job brings the files of each of these repositories up to date whose default branch has moved."""
    marks = dict(CodeMark.objects.filter(pk__in=ids).values_list("pk", "commit"))
    moved = [repo.pk for repo in Repository.objects.filter(pk__in=ids) if code.tip(repo) != marks.get(repo.pk, "")]
    with transaction.atomic():
        for pk in moved:
            enqueue(INDEX_CODE, pk)


def index_code(repository_id: int) -> int:
    """The files of the default branch are in the index as they are now; how many were written or taken out."""
    repository = Repository.objects.select_related("owner").filter(pk=repository_id).first()
    if repository is None:
        return 0
    commit = code.tip(repository)
    mark = CodeMark.objects.filter(pk=repository.pk).first() or CodeMark(pk=repository.pk)
    if commit == mark.commit:
        return 0
    try:
        now = code.wanted(repository, commit) if commit else code.Wanted("", {}, False)
    except GitError:  # The folder is being made or repaired; the next push asks again.
        return 0
    mine = SearchEntry.objects.filter(kind=Kind.CODE, object_id=repository.pk)
    there = dict(mine.values_list("key", "stamp"))
    gone = [path for path in there if path not in now.blobs]
    fresh = {path: blob for path, blob in now.blobs.items() if there.get(path) != blob}
    for at in range(0, len(gone), AT_ONCE):
        mine.filter(key__in=gone[at : at + AT_ONCE]).delete()
    some: list[Found] = []
    for each in code.read(repository, fresh):
        some.append(each)
        if len(some) >= 100:
            write(some)
            some = []
    write(some)
    if Repository.objects.filter(pk=repository.pk).exists():
        CodeMark.objects.update_or_create(pk=repository.pk, defaults={"commit": commit, "is_cut": now.is_cut})
    return len(gone) + len(fresh)


def tidy() -> int:
    """Entries of things that are gone are taken out, files that were never read are asked for; how many went."""
    removed = 0
    for kind, (model, _) in ALIVE.items():
        rows = SearchEntry.objects.filter(kind=kind).exclude(object_id__in=model.objects.values("pk"))  # type: ignore[attr-defined]
        removed += rows.delete()[0]
    unread = Repository.objects.filter(is_empty=False).exclude(pk__in=CodeMark.objects.values("pk"))
    want_code(list(unread.order_by(F("pushed_at").desc(nulls_last=True)).values_list("pk", flat=True)[:500]))
    return removed
