"""The data that a pull request brings: where it lies, and what of it was never pushed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.cache import cache

from collab.models import PullRequest
from repos.models import Repository
from storage.models import StoredObject
from storage.needs import Need, missing_of, needs_between

MOST_FILES = 50_000
"""Files that are looked for while a page is drawn; more are looked for when it is merged."""
KEPT_SECONDS = 60
SHOWN = 5


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
    """For pages: looked up again at most once a minute, and not at all where there are too many files."""
    key = f"pull-data:{pull.pk}:{pull.merge_base}:{pull.head_commit}"
    kept: PullData | None = cache.get(key)
    if kept is None:
        needs = needs_of(pull)
        if sum(need.files for need in needs) > MOST_FILES:
            kept = PullData(tuple(needs), (), is_known=False)
        else:
            kept = PullData(tuple(needs), tuple(find_missing(pull, needs)))
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
