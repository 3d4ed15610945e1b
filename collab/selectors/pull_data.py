"""The data that a pull request brings: where it lies, and what of it was never pushed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.cache import cache

from collab.models import PullRequest
from repos.git import names, objects, tree
from repos.models import Repository
from repos.paths import git_dir
from storage import directories
from storage.models import StoredObject
from storage.needs import READ_AT_ONCE, Need, entries_of_list, missing_of, needs_between
from storage.pointers import BadList, Out, is_pointer
from storage.pointers.files import MOST_BYTES
from storage.pointers.merging import Entries, Unmerged, merge_file

MOST_FILES = 50_000
"""Files that are looked for while a page is drawn; more are looked for when it is merged."""
KEPT_SECONDS = 60
SHOWN = 5
MOST_CLASHES = 20
CLASHES_KEPT = 3600


@dataclass(frozen=True, slots=True)
class MissingData:
    """Data behind one pointer that was never pushed: how many objects, and the paths of the first."""

    path: str
    pointer: str
    count: int
    examples: tuple[str, ...]
    by: str
    kept_here: bool

    @property
    def words(self) -> str:
        """`3 files of data/train were never pushed`."""
        if self.count == 1:
            return f"{self.examples[0]} was never pushed"
        return f"{self.count:,} files of {self.path} were never pushed"

    @property
    def command(self) -> str:
        """What whoever has it types to send it."""
        return "git lfs push origin" if self.by == "lfs" else f"dvc push {self.pointer}"


@dataclass(frozen=True, slots=True)
class PullData:
    """What a pull request brings: outputs and LFS files by path; `is_known` where it was looked for already."""

    needs: tuple[Need, ...]
    missing: tuple[MissingData, ...]
    is_known: bool = True

    @property
    def blocking(self) -> list[MissingData]:
        """What must come before a merge: the repository keeps its data on this hub, and this would be missing in it."""
        return [each for each in self.missing if each.kept_here]


def needs_of(pull: PullRequest) -> list[Need]:
    """What the head stands for that was not there when the branches parted."""
    return needs_between(pull.repository, pull.merge_base or None, pull.head_commit)


def sources_of(pull: PullRequest) -> list[Repository]:
    """Where the data of the head may lie besides the base's own store."""
    head = pull.head_repository
    return [head] if head is not None and head.pk != pull.repository_id else []


def data_of(pull: PullRequest) -> PullData:
    """For pages: what is there is looked for once a minute, and too many files are not looked for at all."""
    key = f"pull-data:{pull.pk}:{pull.merge_base}:{pull.head_commit}"
    kept: PullData | None = cache.get(key)
    if kept is None:
        needs = needs_of(pull)
        if sum(need.files for need in needs) > MOST_FILES:
            kept = PullData(tuple(needs), (), is_known=False)
        else:
            kept = PullData(tuple(needs), tuple(find_missing(pull, needs)))
        if not kept.missing:  # What is missing may be pushed in a moment.
            cache.set(key, kept, KEPT_SECONDS)
    return kept


def find_missing(pull: PullRequest, needs: Sequence[Need]) -> list[MissingData]:
    """What of these needs neither the base nor the head has, looked up now."""
    sources = sources_of(pull)
    by_need: dict[Need, list[str]] = {}
    for each in missing_of(needs, pull.repository, sources):
        by_need.setdefault(each.need, []).append(each.path)
    if not by_need:
        return []
    homes = [pull.repository.pk, *(each.pk for each in sources)]
    used = {
        space
        for space in {need.space for need in by_need}
        if StoredObject.objects.filter(bucket__repository__in=homes, bucket__name=space).exists()
    }
    return [
        MissingData(
            need.path,
            need.pointer,
            len(paths),
            tuple(paths[:SHOWN]),
            need.space,
            kept_here=need.space in used and not need.elsewhere,
        )
        for need, paths in by_need.items()
    ]


@dataclass(frozen=True, slots=True)
class DataClash:
    """A file about data that cannot be merged by itself, and what both sides changed in it."""

    path: str
    clashes: tuple[str, ...]


def entries_in(homes: Sequence[Repository], md5: str) -> Entries | None:
    """The files of the directory whose list has this MD5, from whichever of the repositories holds it."""
    out = Out("", md5, is_dir=True, is_legacy=False, size=None, files=None, pointer="")
    for home in homes:
        stored = directories.object_of(home, out)
        if stored is not None and stored.size <= READ_AT_ONCE:
            try:
                return dict(entries_of_list(home, out))
            except BadList:
                return None
    return None


def clashes_of(pull: PullRequest) -> list[DataClash]:
    """What stands in the way of merging the data, by file, for those of the conflicts that are about data.

    Kept by the commits: a list may be long.
    """
    paths = [path for path in pull.conflicts if is_pointer(path)][:MOST_CLASHES]
    if not paths:
        return []
    key = f"data-clashes:{pull.pk}:{pull.merge_base}:{pull.base_commit}:{pull.head_commit}"
    kept: list[DataClash] | None = cache.get(key)
    if kept is None:
        kept = _clashes(pull, paths)
        cache.set(key, kept, CLASHES_KEPT)
    return kept


def _clashes(pull: PullRequest, paths: Sequence[str]) -> list[DataClash]:
    homes = [pull.repository, *sources_of(pull)]
    found = []
    for path in paths:
        base, ours, theirs = (
            _text_at(pull.repository, commit, path) for commit in (pull.merge_base, pull.base_commit, pull.head_commit)
        )
        merged = merge_file(path, base, ours, theirs, lambda md5: entries_in(homes, md5))
        if isinstance(merged, Unmerged):
            found.append(DataClash(path, merged.clashes))
    return found


def _text_at(repository: Repository, commit: str, path: str) -> bytes:
    folder = git_dir(repository)
    raw = next(iter(names.readings(path)), None)
    entry = tree.find(folder, commit, raw) if commit and raw is not None else None
    if entry is None or entry.kind != "file" or objects.blob_size(folder, entry.id) > MOST_BYTES:
        return b""
    return objects.read_blob(folder, entry.id)
