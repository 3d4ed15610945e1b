"""Commits made in the browser: new blobs and trees in process, and a branch moved only if nobody else moved it."""

from __future__ import annotations

import random
import re
import stat
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from dulwich.file import FileLocked
from dulwich.objects import Blob, Commit, ObjectID, Tag, Tree
from dulwich.refs import Ref
from dulwich.repo import Repo

from repos.git import names
from repos.git.objects import opened
from repos.git.process import GitError, run
from repos.git.tree import find, tree_of

FILE_MODE = 0o100644
ATTEMPTS = 8


class CommitRefused(Exception):
    """The commit cannot be made; nothing was changed. The text says why."""


class Stale(CommitRefused):
    """Somebody changed a file, or moved the branch, after it was read."""


class NothingChanged(CommitRefused):
    """The files would be just as they are."""


class Taken(CommitRefused):
    """A ref of that name, or one that stands in its way, exists."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who makes the commit."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Put:
    """Write a file. `expected` is the blob id that the writer saw; "" means none was there, None whatever is."""

    path: bytes
    data: bytes
    expected: str | None = None


@dataclass(frozen=True, slots=True)
class Remove:
    """Delete a file or a whole folder."""

    path: bytes
    expected: str | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """Give a file another path, with new content if `data` is given; its mode stays."""

    path: bytes
    target: bytes
    data: bytes | None = None
    expected: str | None = None


Change = Put | Remove | Move


def commit_to_branch(
    git_dir: Path, branch: str, changes: Sequence[Change], *, author: Person, message: str, start: str | None = None
) -> tuple[str | None, str]:
    """Make one commit on a branch and move the branch to it: the ids (before, after) of the branch.

    With `start` the branch is made anew from that commit; in an empty repository it is made without parents.
    Raises Stale when a file is not what the change expected or the branch keeps moving, Taken when a branch to be
    made exists, NothingChanged, and CommitRefused for paths that cannot be written. Branch and tree stay whole.
    """
    ref = Ref(b"refs/heads/" + _one_reading(branch))
    for attempt in range(ATTEMPTS):
        try:
            with opened(git_dir) as repo:
                head = repo.refs.read_ref(ref)
                if head is not None and start is not None:
                    raise Taken(f"There is a branch {branch} already.")
                if head is None and start is None and repo.refs.subkeys(Ref(b"refs/heads/")):
                    raise Stale(f"There is no branch {branch} any more.")
                parent = start or (head.decode() if head else None)
                made = _commit(repo, git_dir, parent, changes, author, message)
                if head is None:
                    create_ref(git_dir, ref, made)
                    return None, made
                if repo.refs.set_if_equals(ref, ObjectID(head), ObjectID(made.encode())):
                    return head.decode(), made
        except FileLocked:  # Somebody writes the same ref or object right now: look again.
            time.sleep(random.uniform(0.01, 0.05) * (attempt + 1))  # noqa: S311
    raise Stale(f"The branch {branch} moved while the commit was made.")


def create_ref(git_dir: Path, ref: bytes, commit: str) -> None:
    """Make a ref; raises Taken when it exists or another stands in its way (`a` and `a/b` cannot both be)."""
    _update_ref(git_dir, b"create " + ref + b"\0" + commit.encode() + b"\0")


def delete_ref(git_dir: Path, ref: bytes, expected: str) -> None:
    """Delete a ref that still stands at `expected`; raises Taken when it has moved."""
    _update_ref(git_dir, b"delete " + ref + b"\0" + expected.encode() + b"\0")


def write_tag(git_dir: Path, name: str, commit: str, *, author: Person, message: str) -> str:
    """The id of a new annotated tag object; no ref leads to it yet."""
    tag = Tag()
    tag.name = name.encode()
    tag.object = (Commit, ObjectID(commit.encode()))
    tag.tagger = signature_of(author)
    tag.tag_time, tag.tag_timezone = int(time.time()), 0
    tag.message = message_of(message)
    with opened(git_dir) as repo:
        repo.object_store.fsync_object_files = True
        repo.object_store.add_object(tag)
    return tag.id.decode()


def _update_ref(git_dir: Path, command: bytes) -> None:
    try:
        run(git_dir, "update-ref", "-z", "--stdin", input=command)
    except GitError as error:
        raise Taken(error.stderr.decode("utf-8", "replace").strip().removeprefix("fatal: ")) from error


def _one_reading(branch: str) -> bytes:
    found = names.readings(branch)
    if not found:
        raise CommitRefused("That is no branch name.")
    return found[0]


def _commit(
    repo: Repo, git_dir: Path, parent: str | None, changes: Sequence[Change], author: Person, message: str
) -> str:
    repo.object_store.fsync_object_files = True  # What the page says was kept must survive a power cut.
    before = tree_of(repo, parent).id if parent else None
    root = before
    for change in changes:
        _check(git_dir, parent, change)
        root = _applied(repo, root, change)
    if root == before:
        raise NothingChanged("The files are just as they were.")
    commit = Commit()
    commit.tree = root or _stored_tree(repo, Tree())
    commit.parents = [ObjectID(parent.encode())] if parent else []
    commit.author = commit.committer = signature_of(author)
    commit.author_time = commit.commit_time = int(time.time())
    commit.author_timezone = commit.commit_timezone = 0
    commit.message = message_of(message)
    repo.object_store.add_object(commit)
    return commit.id.decode()


def _check(git_dir: Path, parent: str | None, change: Change) -> None:
    """The paths may be written, and the file is the one its writer saw."""
    there = find(git_dir, parent, change.path) if parent else None
    target = change.target if isinstance(change, Move) else change.path
    if (there is None or isinstance(change, Move)) and not names.is_plain_path(target):
        raise CommitRefused(f"{names.as_text(target)!r} cannot be a path in a repository.")
    if not isinstance(change, Put) and there is None:
        raise Stale(f"{names.as_text(change.path)} is not there any more.")
    if change.expected is not None and change.expected != (there.id if there else ""):
        raise Stale(f"{names.as_text(change.path)} was changed by somebody else meanwhile.")
    if isinstance(change, Move) and parent and find(git_dir, parent, target):
        raise CommitRefused(f"There is a file {names.as_text(target)} already.")


def _applied(repo: Repo, root: ObjectID | None, change: Change) -> ObjectID | None:
    steps = change.path.split(b"/")
    if isinstance(change, Put):
        mode, _ = _entry(repo, root, steps) or (FILE_MODE, None)
        if stat.S_ISDIR(mode):
            raise CommitRefused(f"{names.as_text(change.path)} is a folder.")
        # A file put over a link replaces it: as the link's target its text would make no sense.
        mode = mode if stat.S_ISREG(mode) else FILE_MODE
        return _set(repo, root, steps, (mode, _stored(repo, change.data)))
    if isinstance(change, Remove):
        return _set(repo, root, steps, None)
    found = _entry(repo, root, steps)
    assert found is not None
    mode, sha = found
    if change.data is not None:
        sha = _stored(repo, change.data)
    return _set(repo, _set(repo, root, steps, None), change.target.split(b"/"), (mode, sha))


def _entry(repo: Repo, root: ObjectID | None, steps: list[bytes]) -> tuple[int, ObjectID] | None:
    tree = _tree(repo, root)
    if steps[0] not in tree:
        return None
    mode, sha = tree[steps[0]]
    if len(steps) == 1:
        return mode, sha
    return _entry(repo, sha, steps[1:]) if stat.S_ISDIR(mode) else None


def _set(repo: Repo, root: ObjectID | None, steps: list[bytes], entry: tuple[int, ObjectID] | None) -> ObjectID | None:
    """The id of the tree with one entry set or (None) removed; None when nothing is left in it."""
    tree, step = _tree(repo, root), steps[0]
    if len(steps) > 1:
        mode, child = tree[step] if step in tree else (0, None)  # noqa: SIM401 (a Tree has no get)
        if child is not None and not stat.S_ISDIR(mode):
            raise CommitRefused(f"{names.as_text(step)} is a file, so nothing can lie in it.")
        below = _set(repo, child, steps[1:], entry)
        entry = (stat.S_IFDIR, below) if below else None
    if entry is not None:
        tree[step] = entry
    elif step in tree:
        del tree[step]
    return _stored_tree(repo, tree) if len(tree) else None


def _tree(repo: Repo, sha: ObjectID | None) -> Tree:
    found = repo[sha] if sha else Tree()
    return cast(Tree, found.copy()) if isinstance(found, Tree) else Tree()


def _stored(repo: Repo, data: bytes) -> ObjectID:
    blob = Blob.from_string(data)
    repo.object_store.add_object(blob)
    return blob.id


def _stored_tree(repo: Repo, tree: Tree) -> ObjectID:
    repo.object_store.add_object(tree)
    return tree.id


def message_of(text: str) -> bytes:
    """A message as git keeps it: one kind of line ends, no NUL, one newline at the end."""
    return (text.replace("\r\n", "\n").replace("\0", "").strip() + "\n").encode("utf-8", "replace")


def signature_of(person: Person) -> bytes:
    """`name <email>` as it stands in a commit, without the time."""

    # SECURITY: angle brackets and newlines would end the field early and forge other lines of the commit.
    def clean(text: str) -> str:
        return re.sub(r"[<>\x00-\x1f]", "", text).strip()

    return f"{clean(person.name) or 'nobody'} <{clean(person.email)}>".encode()
