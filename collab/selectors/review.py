"""What a reviewer looks at: the files that a pull request changes, between which commits, and a page of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from accounts.actor import Actor
from collab.models import PullRequest, PullVersion, Review, ViewedFile
from repos.git import diffs, history
from repos.git.diffs import EMPTY_TREE, FileChange
from repos.git.generated import generated
from repos.git.history import Commit
from repos.git.patches import Bounds
from repos.paths import git_dir

BATCH = 20
LARGE = 500
FIRST_LOOK = Bounds(lines_per_file=LARGE, lines=1_000)
MOST_COMMITS = 100

Fold = Literal["", "viewed", "generated", "large"]


@dataclass(frozen=True, slots=True)
class Span:
    """The two commits between which files are shown; `query` is what the address says of them."""

    old: str
    new: str
    kind: Literal["all", "commit", "since"]
    query: dict[str, str]
    commit: Commit | None = None

    @property
    def is_whole(self) -> bool:
        """All that the pull request changes."""
        return self.kind == "all"


def span_of(pull: PullRequest, *, commit: str = "", since: str = "", until: str = "") -> Span:
    """The whole change, one commit of it, or what came since (and until) a commit. Raises Missing."""
    folder = git_dir(pull.repository)
    if commit:
        found = history.commit(folder, commit)
        return Span(found.parents[0] if found.parents else EMPTY_TREE, found.id, "commit", {"commit": found.id}, found)
    if since or until:
        new = history.commit(folder, until).id if until else pull.head_commit
        old = history.commit(folder, since).id if since else pull.merge_base or EMPTY_TREE
        query = {**({"since": since} if since else {}), **({"until": until} if until else {})}
        return Span(old, new, "since", query)
    return Span(pull.merge_base or EMPTY_TREE, pull.head_commit, "all", {})


def changes_of(pull: PullRequest, span: Span) -> list[FileChange]:
    """Every file that differs, without counts or lines: one git process that reads trees only."""
    return diffs.changed_files(git_dir(pull.repository), span.old, span.new, counts=False)


def viewed_by(pull: PullRequest, actor: Actor) -> dict[str, str]:
    """The marks of a reviewer: path to the change that they have looked at."""
    if actor.user is None:
        return {}
    rows = ViewedFile.objects.filter(pull=pull, user=actor.user)
    return dict(rows.values_list("path", "change"))


def viewed_count(changes: Sequence[FileChange], viewed: dict[str, str]) -> int:
    """How many of the changes are marked as they are now."""
    return sum(viewed.get(each.path_text) == each.ids for each in changes) if viewed else 0


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """A file of the page: its place in the list of all from 1, its change, and why its lines are folded."""

    index: int
    change: FileChange
    is_viewed: bool
    fold: Fold


def files_of(
    pull: PullRequest,
    span: Span,
    numbered: Sequence[tuple[int, FileChange]],
    viewed: dict[str, str],
    *,
    ignore_space: bool,
    in_full: bool = False,
    unfolded: int = 0,
) -> list[ChangedFile]:
    """Some of the changes with counts and, but for folded ones, with lines; as far as a first look reaches.

    `in_full` reads every line that a page can take, `unfolded` is the index of a file that is not folded. At most
    four git processes, and one more where .gitattributes speaks of generated files, however many there are.
    """
    folder = git_dir(pull.repository)
    counted = diffs.counted(folder, span.old, span.new, [change for _, change in numbered], ignore_space=ignore_space)
    made = set() if in_full else generated(folder, span.new, [each.path for each in counted])
    files = [
        ChangedFile(index, change, is_viewed := viewed.get(change.path_text) == change.ids and span.is_whole,
                    "" if in_full or index == unfolded else _fold(change, is_viewed, change.path in made))
        for (index, _), change in zip(numbered, counted, strict=True)
    ]  # fmt: skip
    shown = [each.change for each in files if not each.fold]
    bounds = diffs.ONE_FILE if in_full else FIRST_LOOK
    read = diffs.with_hunks(folder, span.old, span.new, shown, bounds, ignore_space=ignore_space)
    by_path = {each.path: each for each in read}
    return [
        ChangedFile(each.index, by_path.get(each.change.path, each.change), each.is_viewed, each.fold) for each in files
    ]


def _fold(change: FileChange, is_viewed: bool, is_generated: bool) -> Fold:
    if is_viewed:
        return "viewed"
    if is_generated:
        return "generated"
    return "large" if change.changed_lines > LARGE else ""


@dataclass(frozen=True, slots=True)
class Spans:
    """What else can be looked at: the versions that were pushed, the commits, the head at the reader's last review."""

    versions: list[PullVersion]
    commits: list[Commit]
    reviewed: str


def spans_of(pull: PullRequest, actor: Actor) -> Spans:
    """Choices for the menu of a review: one git process, two queries."""
    sent = Review.objects.filter(pull=pull, author=actor.user).exclude(state=Review.State.PENDING)
    last = sent.order_by("-submitted_at").values_list("commit", flat=True).first() if actor.user else None
    since = f"{pull.merge_base}..{pull.head_commit}" if pull.merge_base else pull.head_commit
    return Spans(
        versions=list(pull.versions.select_related("user").order_by("-number")[:MOST_COMMITS]),
        commits=history.log(git_dir(pull.repository), since, limit=MOST_COMMITS),
        reviewed=last if last and last != pull.head_commit else "",
    )
