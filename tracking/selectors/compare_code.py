"""The code of runs side by side: commits held against the baseline's, with the files that changed in between."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from repos.git import compare as git_compare
from repos.git.compare import Distance
from repos.git.diffs import FileChange, changed_files
from repos.git.process import GitError
from repos.models import Repository
from repos.paths import git_dir
from tracking.models import Run
from tracking.selectors.run_comparison_facts import tags_among
from tracking.selectors.run_table import COMMIT, commits_here

MOST_COMMITS = 6
"""Commits whose changed files are looked up; of others a link is shown."""
MOST_FILES = 60


@dataclass(frozen=True, slots=True)
class CommitRuns:
    """A commit as the runs name it, "" where they name none, and whether the repository holds it."""

    commit: str
    known: bool
    runs: list[Run] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class CodeChange:
    """What changed from the baseline's commit to another. `files` is None where git was not asked, or took too long.

    `total` files changed, the first MOST_FILES of which are in `files`.
    """

    base: str
    other: CommitRuns
    files: list[FileChange] | None = None
    total: int = 0
    distance: Distance | None = None

    @property
    def span(self) -> str:
        """The two commits as the page that compares them is addressed."""
        return f"{self.base}...{self.other.commit}"

    @property
    def additions(self) -> int:
        """Lines that came, in the files shown."""
        return sum(change.additions or 0 for change in self.files or ())

    @property
    def deletions(self) -> int:
        """Lines that went."""
        return sum(change.deletions or 0 for change in self.files or ())


@dataclass(frozen=True, slots=True)
class CodeComparison:
    """The baseline's commit with the runs made from it, and the other commits in the order of the runs."""

    base: CommitRuns
    changes: list[CodeChange]

    @property
    def is_silent(self) -> bool:
        """Whether no run names a commit."""
        return not self.base.commit and all(not change.other.commit for change in self.changes)


def compare_code(repository: Repository, runs: Sequence[Run], base: Run) -> CodeComparison:
    """The runs by commit. Commits that were never pushed here, or that are of another repository, are not known."""
    tags = tags_among(runs, [COMMIT])
    by_commit: dict[str, list[Run]] = defaultdict(list)
    for run in runs:
        by_commit[tags[run.pk].get(COMMIT, "")[:80]].append(run)
    known = commits_here(repository, by_commit)
    grouped = [CommitRuns(commit, commit in known, of_commit) for commit, of_commit in by_commit.items()]
    ours = next(group for group in grouped if base in group.runs)
    others = [group for group in grouped if group is not ours]
    asked = 0
    changes = []
    for other in others:
        if ours.known and other.known and asked < MOST_COMMITS:
            asked += 1
            changes.append(_change(repository, ours.commit, other))
        else:
            changes.append(CodeChange(ours.commit, other))
    return CodeComparison(ours, changes)


def _change(repository: Repository, base: str, other: CommitRuns) -> CodeChange:
    folder = git_dir(repository)
    try:
        files = changed_files(folder, base, other.commit)
        return CodeChange(base, other, files[:MOST_FILES], len(files), git_compare.distance(folder, base, other.commit))
    except GitError:
        return CodeChange(base, other)
