"""Comments on lines and files of a change: where they stand in the head, and the lines as they were when written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from accounts.actor import Actor
from collab.models import PullRequest, Review, Thread
from collab.selectors.threads_of_change import CHANGE
from collab.services.comments import begin_thread
from collab.services.outdating import placed_by
from hub.lib.errors import Invalid, NotFound
from repos.git import diffs, objects, tree
from repos.git.diffs import EMPTY_TREE, FileChange
from repos.git.moved_lines import moved
from repos.paths import git_dir

AROUND = 3
MOST_LINES = 300
MAX_TEXT = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Spot:
    """A place of a change as a thread keeps it; `stands` is False when its lines are not in the head any more."""

    key: str
    place: dict[str, Any]
    commit: str
    excerpt: list[list[Any]]
    stands: bool


def begin_on_change(
    *,
    actor: Actor,
    pull: PullRequest,
    old: str,
    new: str,
    path: str,
    side: str,
    start: int,
    line: int,
    body: str,
    review: Review | None = None,
) -> Thread:
    """Begin to talk about a place of a change; see find_spot. Raises NotFound, Invalid, Unauthenticated, Forbidden."""
    spot = find_spot(pull, old=old, new=new, path=path, side=side, start=start, line=line)
    return begin_at_spot(actor=actor, pull=pull, spot=spot, body=body, review=review)


def find_spot(pull: PullRequest, *, old: str, new: str, path: str, side: str, start: int, line: int) -> Spot:
    """Lines `start` to `line` of a file that differs between two commits, or (line 0) the file.

    `side` is `old` or `new`. What was seen in an earlier version is put where it stands in the head. Asks git: call it
    before a transaction, which on SQLite would keep every other writer waiting. Raises NotFound, Invalid.
    """
    folder = git_dir(pull.repository)
    change = next(
        (each for each in diffs.changed_files(folder, old, new, counts=False) if each.path_text == path), None
    )
    if change is None:
        raise NotFound("That file does not differ between the two.", next_step="Load the page again.")
    place: dict[str, Any] = {}
    excerpt: list[list[Any]] = []
    if line:
        place = _checked(folder, change, old, new, side, start, line)
        excerpt = excerpt_of(folder, change, old, new, side, start, line)
    commit = old if side == "old" and line else new
    key, place, stands, commit = _in_head(folder, pull, change, place, commit)
    return Spot(key, place, commit, excerpt, stands)


def begin_at_spot(*, actor: Actor, pull: PullRequest, spot: Spot, body: str, review: Review | None = None) -> Thread:
    """Begin to talk there; outdated when its lines are gone already. Raises Invalid, Unauthenticated, Forbidden."""
    thread = begin_thread(
        actor=actor,
        repository=pull.repository,
        subject=CHANGE,
        key=spot.key,
        place=spot.place,
        body=body,
        topic=pull.topic,
        commit=spot.commit,
        excerpt=spot.excerpt,
        review=review,
    )
    if not spot.stands:
        thread.is_outdated = True
        thread.save(update_fields=["is_outdated"])
    return thread


def _checked(folder: Path, change: FileChange, old: str, new: str, side: str, start: int, line: int) -> dict[str, Any]:
    if side not in {"old", "new"} or not 1 <= start <= line:
        raise Invalid("These are no lines of the file.", field="line")
    if line - start >= MOST_LINES:
        raise Invalid(f"A comment may be on {MOST_LINES} lines at most.", field="line", next_step="Choose fewer lines.")
    if len(_lines(folder, change, old, new, side)) < line:
        raise NotFound(f"The file has no line {line}.", next_step="Load the page again.")
    was = {"was": change.old_path_text} if side == "old" and change.old_path_text != change.path_text else {}
    return {"side": side, "start": start, "line": line, **was}


def _lines(folder: Path, change: FileChange, old: str, new: str, side: str) -> list[str]:
    commit, path = (old, change.old_path) if side == "old" else (new, change.new_path)
    return [] if commit == EMPTY_TREE else text_lines(folder, commit, path)


def text_lines(folder: Path, commit: str, path: bytes) -> list[str]:
    """The lines of a text file of a commit, each with its line end; empty for what is none, or too large."""
    entry = tree.find(folder, commit, path)
    if entry is None or entry.kind != "file" or objects.blob_size(folder, entry.id) > MAX_TEXT:
        return []
    text = objects.read_blob(folder, entry.id).decode("utf-8", "surrogateescape")
    return [f"{each}\n" for each in text.split("\n")[:-1]] + ([last] if (last := text.rpartition("\n")[2]) else [])


def _in_head(
    folder: Path, pull: PullRequest, change: FileChange, place: dict[str, Any], commit: str
) -> tuple[str, dict[str, Any], bool, str]:
    """Key and place in the head, or (old side) the merge base; whether they stand; the commit they count in."""
    is_old = place.get("side") == "old"
    target = pull.merge_base if is_old else pull.head_commit
    if commit == target:
        return change.path_text, place, True, commit
    path = change.old_path if is_old or change.status == "deleted" else change.new_path
    placed = placed_by(moved(folder, commit, target, [path])[path], place) if target else None
    if placed is None or (change.status == "deleted" and not is_old):
        return change.path_text, place, False, commit
    return (change.path_text if is_old else placed[0]), placed[1], True, target


def excerpt_of(
    folder: Path, change: FileChange, old: str, new: str, side: str, start: int, line: int
) -> list[list[Any]]:
    """The lines talked about and a few before them: sign, number and text of each, as the change shows them."""
    full = diffs.file_diff(folder, old, new, change.old_path, change.new_path)
    for hunk in (full.hunks or ()) if full else ():
        rows = [(row.kind, row.old if side == "old" else row.new, row.old or row.new, row.text) for row in hunk.lines]
        numbers = [number for _, number, _, _ in rows]
        if start in numbers and line in numbers:
            first, last = numbers.index(start), numbers.index(line)
            shown = rows[max(0, first - AROUND) : last + 1]
            return [[kind, number or other, text] for kind, number, other, text in shown]
    lines = _lines(folder, change, old, new, side)
    before = max(1, start - AROUND)
    return [[" ", number, _bare(lines, number)] for number in range(before, line + 1)]


def _bare(lines: Sequence[str], number: int) -> str:
    return lines[number - 1].rstrip("\r\n").encode("utf-8", "surrogateescape").decode("utf-8", "replace")[:1000]
