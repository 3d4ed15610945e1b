"""Merges without a work tree: merge, squash, rebase and revert as new commits. No ref is moved here.

A merge that fails leaves nothing behind. Trees are merged by git's own `merge-tree`, renames and modes included.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from repos.git import names
from repos.git.commits import Person, message_of, signature_of
from repos.git.compare import merge_base
from repos.git.process import run, succeeds
from repos.git.quarantine import Quarantine, quarantine
from repos.git.resolving import resolved

MOST_REBASED = 500
MOST_PATHS = 200
TIMEOUT = 60.0
# Headers of a commit that say where it stands, or that are true of those very bytes alone.
_REPLACED = (b"tree", b"parent", b"committer", b"gpgsig", b"gpgsig-sha256", b"mergetag")


class MergeRefused(Exception):
    """The merge cannot be made; nothing was changed. The text says why."""


class Conflicts(MergeRefused):
    """Both sides changed the same; `paths` are at most MOST_PATHS of the files, as text."""

    def __init__(self, message: str, paths: Sequence[str]) -> None:
        super().__init__(message)
        self.paths = tuple(paths)


class Unrelated(MergeRefused):
    """The two share no history."""


class NothingToMerge(MergeRefused):
    """The base holds all of it already."""


class NotForward(MergeRefused):
    """The base has commits that the head lacks."""


@dataclass(frozen=True, slots=True)
class _Commit:
    """A commit as it is written: headers and message in bytes."""

    id: str
    tree: str
    parents: tuple[str, ...]
    headers: tuple[tuple[bytes, bytes], ...]
    message: bytes


def conflicts(git_dir: Path, base: str, head: str) -> tuple[str, ...]:
    """The paths that stand in the way of merging two commits; none when they can be merged. Raises Unrelated."""
    with quarantine(git_dir) as room:
        try:
            _merged_tree(room, base, head)
        except Conflicts as found:
            return found.paths
    return ()


def merge(git_dir: Path, base: str, head: str, *, person: Person, message: str) -> str:
    """The id of a new commit with both as parents. Raises Conflicts, Unrelated, NothingToMerge."""
    if is_ancestor(git_dir, head, base):
        raise NothingToMerge("The base holds every commit already.")
    with quarantine(git_dir) as room:
        tree = _merged_tree(room, base, head)
        made = _commit(room, tree, [base, head], signature_of(person), signature_of(person), message_of(message))
        room.keep(made)
    return made


def squash(git_dir: Path, base: str, head: str, *, author: Person, committer: Person, message: str) -> str:
    """The id of one commit on top of the base that changes what the head changes. Raises like merge."""
    with quarantine(git_dir) as room:
        tree = _merged_tree(room, base, head)
        if tree == _tree_of(room, base):
            raise NothingToMerge("The base holds every change already.")
        made = _commit(room, tree, [base], signature_of(author), signature_of(committer), message_of(message))
        room.keep(made)
    return made


def rebase(git_dir: Path, base: str, head: str, *, committer: Person) -> str:
    """The id of the last of the head's commits, put on top of the base one after the other.

    As `git rebase` does it: authors, dates and messages stay; merges are left out, as are commits whose change the
    base has; those that stand there already stay as they are. Raises like merge, and MergeRefused for too many.
    """
    _check_related(git_dir, base, head)
    # `=` marks a change that the base has too. A commit that changes nothing looks like every other such one, and is
    # there on purpose.
    spans = ("rev-list", "--reverse", "--topo-order", "--right-only", "--cherry-mark", "--no-merges")
    wanted = run(git_dir, *spans, f"{base}...{head}", "--", timeout=TIMEOUT).decode().split()
    if len(wanted) > MOST_REBASED:
        raise MergeRefused(f"More than {MOST_REBASED} commits are not rebased here.")
    with quarantine(git_dir) as room:
        known = _commits(room, [base, *(word[1:] for word in wanted)])
        known |= _commits(room, {parent for commit in known.values() for parent in commit.parents} - known.keys())
        tip, tree = base, known[base].tree
        for mark, commit in ((word[0], known[word[1:]]) for word in wanted):
            before = known[commit.parents[0]].tree if commit.parents else room.write("tree", b"")
            if mark != "=" or before == commit.tree:
                tip, tree = _picked(room, tip, tree, commit, before, committer)
        if tip == base:
            raise NothingToMerge("The base holds every change already.")
        room.keep(tip)
    return tip


def fast_forward(git_dir: Path, base: str, head: str) -> str:
    """The head itself, if the base only has to step forward to it. Raises NotForward, NothingToMerge."""
    if is_ancestor(git_dir, head, base):
        raise NothingToMerge("The base holds every commit already.")
    if not is_ancestor(git_dir, base, head):
        raise NotForward("The base has commits that the head lacks.")
    return head


def revert(git_dir: Path, tip: str, *, before: str, after: str, person: Person, message: str) -> str:
    """The id of a commit on top of `tip` that takes back what lies between two commits. Raises like merge."""
    with quarantine(git_dir) as room:
        here = _tree_of(room, tip)
        tree = _three_way(room, _tree_of(room, after), here, _tree_of(room, before), what="what came later")
        if tree == here:
            raise NothingToMerge("Nothing of it is left to take back.")
        made = _commit(room, tree, [tip], signature_of(person), signature_of(person), message_of(message))
        room.keep(made)
    return made


def is_ancestor(git_dir: Path, commit: str, of: str) -> bool:
    """Whether a commit is part of the history of another, or is it."""
    return succeeds(git_dir, "merge-base", "--is-ancestor", commit, of, timeout=TIMEOUT)


def _merged_tree(room: Quarantine, base: str, head: str) -> str:
    _check_related(room.git_dir, base, head)
    return _merge_tree(room, base, head, "Both sides changed the same files.")


def _check_related(git_dir: Path, base: str, head: str) -> None:
    if merge_base(git_dir, base, head) is None:
        raise Unrelated("The two share no history.")


def _merge_tree(room: Quarantine, ours: str, theirs: str, complaint: str) -> str:
    answer = room.run("merge-tree", "--write-tree", "-z", "--no-messages", ours, theirs, accept=(0, 1))
    tree, *stages = answer.rstrip(b"\0").split(b"\0")
    if not stages:
        return tree.decode()
    merged, paths = resolved(room, tree.decode(), stages)
    if paths:
        raise Conflicts(complaint, [names.as_text(path) for path in paths][:MOST_PATHS])
    return merged


def _three_way(room: Quarantine, base: str, ours: str, theirs: str, *, what: str) -> str:
    """The tree of `ours` with the changes between the trees `base` and `theirs`."""
    if base == ours:
        return theirs
    if base == theirs:
        return ours
    # merge-tree looks for the common ancestor itself: three commits that no history knows give it the one meant.
    root = _bare_commit(room, base, [])
    our_side, their_side = (_bare_commit(room, tree, [root]) for tree in (ours, theirs))
    return _merge_tree(room, our_side, their_side, f"The same files were changed by {what}.")


def _picked(room: Quarantine, tip: str, here: str, commit: _Commit, before: str, committer: Person) -> tuple[str, str]:
    """The commit (and its tree) that does on top of `tip` what another did; `tip` itself when nothing of it is new.

    `here` is the tree of `tip`, `before` the one that the commit changed.
    """
    if commit.parents == (tip,):
        return commit.id, commit.tree
    subject = commit.message.partition(b"\n")[0].decode("utf-8", "replace")[:100]
    tree = _three_way(room, before, here, commit.tree, what=f"the commit “{subject}”")
    if tree == here and before != commit.tree:
        return tip, here
    kept = b"".join(name + b" " + value + b"\n" for name, value in commit.headers if name not in _REPLACED)
    place = f"tree {tree}\nparent {tip}\n".encode()
    return room.write("commit", place + _with_committer(kept, committer) + b"\n" + commit.message), tree


def _with_committer(headers: bytes, committer: Person) -> bytes:
    """The author's line, then who commits now, then what else there was."""
    author, _, rest = headers.partition(b"\n")
    return author + b"\ncommitter " + _stamped(signature_of(committer)) + b"\n" + rest


def _commits(room: Quarantine, ids: Iterable[str]) -> dict[str, _Commit]:
    """Commits as they are written, by one process."""
    wanted = list(dict.fromkeys(ids))
    answer = room.run("cat-file", "--batch", input="".join(f"{each}\n" for each in wanted).encode()) if wanted else b""
    found, at = {}, 0
    for each in wanted:
        start = answer.index(b"\n", at) + 1
        size = int(answer[at:start].split()[2])
        found[each] = _parse(each, answer[start : start + size])
        at = start + size + 1
    return found


def _parse(commit: str, raw: bytes) -> _Commit:
    """The headers of a commit in order, continued lines joined as they were, and its message."""
    head, _, message = raw.partition(b"\n\n")
    headers: list[tuple[bytes, bytes]] = []
    for line in head.split(b"\n"):
        if line.startswith(b" ") and headers:
            name, value = headers[-1]
            headers[-1] = (name, value + b"\n" + line)
        else:
            name, _, value = line.partition(b" ")
            headers.append((name, value))
    parents = tuple(value.decode() for name, value in headers if name == b"parent")
    return _Commit(commit, dict(headers)[b"tree"].decode(), parents, tuple(headers), message)


def _tree_of(room: Quarantine, commit: str) -> str:
    return room.run("rev-parse", "--verify", f"{commit}^{{tree}}").decode().strip()


def _bare_commit(room: Quarantine, tree: str, parents: Sequence[str]) -> str:
    return _commit(room, tree, parents, b"nobody <>", b"nobody <>", b"")


def _commit(
    room: Quarantine, tree: str, parents: Sequence[str], author: bytes, committer: bytes, message: bytes
) -> str:
    lines = [f"tree {tree}".encode(), *(f"parent {parent}".encode() for parent in parents)]
    lines += [b"author " + _stamped(author), b"committer " + _stamped(committer)]
    return room.write("commit", b"\n".join(lines) + b"\n\n" + message)


def _stamped(signature: bytes) -> bytes:
    return signature + f" {int(time.time())} +0000".encode()
