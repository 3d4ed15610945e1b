"""Changes of a commit's tree in which data takes part: files to Git or DVC, deletions, renamings; one commit each.

A `Draft` gathers what shall change at one commit, pointers, lists of directories and `.gitignore` lines included; when
somebody else moves the branch meanwhile, it is made again on what they left. Objects are stored before the commit, and
stay when that is refused, as after a `dvc push` that was broken off: sent again, they are there already.
"""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field

from accounts.actor import Actor
from hub.lib.errors import Conflict, HubError, Invalid, Unavailable
from repos.git import names, objects, tree
from repos.git.commits import Change, Move, Put, Remove
from repos.git.tree import Entry
from repos.models import Repository
from repos.paths import git_dir
from repos.services import edits
from repos.services.branches import create_branch
from storage import directories, presence
from storage.directories import DataPage
from storage.pointers import Out, outs_of_file, read_list
from storage.pointers.files import LOCK, MOST_BYTES, object_key
from storage.pointers.writing import (
    CONFIG,
    IGNORED,
    IGNORED_TEXT,
    ForeignPointer,
    Kept,
    ignoring,
    list_blocks,
    not_ignoring,
    pointer_of,
    remote_config,
    with_output,
    without_output,
)
from storage.services.contents import put_content
from storage.spaces import DVC
from storage.store import blob_store
from storage.tracked import Tracked, tracked_at

ATTEMPTS = 12
READ_AT_ONCE = 16 * 1024 * 1024
"""Bytes of a directory's list that a change reads itself while no job has read it into rows."""
MOST_MOVED = 1000
"""Files that one renaming of a folder moves in Git."""


class VersioningConflict(Conflict):
    """The path is kept by the other of Git and DVC."""

    code = "versioning conflict"


class PipelineOutput(Conflict):
    """The path is the output of a stage or an import, which DVC makes anew."""

    code = "edit pipeline unsupported"


class PathTaken(Conflict):
    """A file stands where a folder is needed, or a folder where a file is."""

    code = "path conflict"


@dataclass(frozen=True, slots=True)
class Datum:
    """Content in DVC's remote: its MD5 and, where known, its bytes; a directory also counts its files."""

    md5: str
    size: int | None
    is_dir: bool = False
    files: int | None = None


@dataclass(slots=True)
class _Directory:
    """What shall change in one directory: files by their path below it."""

    out: Out | None
    put: dict[str, Datum] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)


class Draft:
    """The changes of one commit to be, on top of `commit` ("" in a repository without any)."""

    def __init__(self, repository: Repository, commit: str, actor: Actor) -> None:
        self.repository, self.commit, self.actor = repository, commit, actor
        self.tracked = tracked_at(repository, commit) if commit else Tracked()
        self._texts: dict[str, tuple[bytes, bytes, str]] = {}
        self._directories: dict[str, _Directory] = {}
        self._changes: list[Change] = []
        self._lists: dict[str, dict[str, str]] = {}

    def entry(self, path: str) -> Entry | None:
        """What Git holds at a path."""
        if not self.commit:
            return None
        found = (tree.find(git_dir(self.repository), self.commit, raw) for raw in names.readings(path))
        return next((each for each in found if each is not None), None)

    def kept_at(self, path: str) -> str:
        """A text that tells one content of a path from another, "" where nothing is."""
        holding = self.tracked.holding(path)
        if holding is not None:
            out, inner = holding
            return f"dvc {self._listed(out).get(inner, '') if inner else out.md5}".removesuffix("dvc ")
        there = self.entry(path)
        return f"git {there.id}" if there is not None else ""

    def put_in_git(self, path: str, data: bytes) -> None:
        """Git shall hold this file; raises VersioningConflict where DVC keeps the path, PathTaken for a folder."""
        if self.tracked.holding(path) is not None or path in self._directories:
            raise VersioningConflict(f"{path} is kept by DVC.", field="versioning", next_step="Use versioning=dvc.")
        there = self.entry(path)
        if there is not None and there.kind == "dir":
            raise PathTaken(f"{path} is a folder.", field="path")
        if there is not None and there.id == blob_id_of(data):
            return
        self._changes.append(Put(path.encode(), data, there.id if there else ""))

    def put_in_dvc(self, path: str, datum: Datum, *, directory: str = "") -> None:
        """DVC shall keep this at the path: in the `directory` named, or that which holds the path, or by itself.

        Raises VersioningConflict where Git holds it, PipelineOutput, PathTaken.
        """
        there = self.entry(path)
        if there is not None:
            raise VersioningConflict(f"{path} is in Git.", field="versioning", next_step="Use versioning=git.")
        holding = self.tracked.holding(path)
        if holding is not None and holding[0].is_dir and holding[1]:
            if datum.is_dir:
                raise PathTaken(f"{holding[0].path} is a directory of DVC, and takes no other one.", field="path")
            self._in_directory(holding[0]).put[holding[1]] = datum
        elif directory and path.startswith(f"{directory}/"):
            self._new_directory(directory).put[path[len(directory) + 1 :]] = datum
        else:
            self._check_alone(path, datum)
            held = self.tracked.outs.get(path)
            if held is None or held.is_legacy or (held.md5, held.is_dir) != (datum.md5, datum.is_dir):
                self._point(path, datum)

    def remove(self, path: str) -> list[tuple[str, Datum]]:
        """Nothing shall be at the path; what DVC kept there, by path. An empty list when Git held it all.

        Raises NotFound by way of the caller's look at the tree, PipelineOutput for outputs of stages.
        """
        holding = self.tracked.holding(path)
        if holding is not None and holding[1]:
            return self._remove_inside(*holding)
        gone: list[tuple[str, Datum]] = []
        outs = [out for out in self.tracked.outs.values() if out.path == path or out.path.startswith(f"{path}/")]
        there = self.entry(path)
        for out in outs:
            # A pointer inside the folder goes, or moves, with it.
            if there is None or there.kind != "dir" or not out.pointer.startswith(f"{path}/"):
                gone.append((out.path, Datum(out.md5, out.size, out.is_dir, out.files)))
                self._unpoint(out)
        if there is not None:
            self._changes.append(Remove(there.path, there.id))
        return gone

    def move(self, path: str, target: str) -> None:
        """What is at `path` shall be at `target`, which must be free; raises like put_in_dvc and remove."""
        if not self._is_free(target):
            raise PathTaken(f"There is a {target} already.", field="to")
        if target.startswith(f"{path}/"):
            raise PathTaken("A folder cannot be moved into itself.", field="to")
        there = self.entry(path)
        before = len(self._changes)
        kept = self.remove(path)
        del self._changes[before:]
        for place, datum in kept:
            self.put_in_dvc(target + place[len(path) :], datum)
        if there is None:
            return
        if self.tracked.holding(target) is not None or self._directory_above(target):
            raise VersioningConflict(f"{target} would lie in a directory that DVC keeps.", field="to")
        if there.kind != "dir":
            self._changes.append(Move(there.path, target.encode(), expected=there.id))
            return
        for each in _below(self.repository, self.commit, there.path):
            self._changes.append(Move(each, target.encode() + each[len(there.path) :]))

    def with_remote(self, url: str) -> None:
        """DVC shall be set up in the repository, with the hub as its remote, unless it is already."""
        if self.entry(CONFIG) is None:
            self._texts[CONFIG] = (b"", remote_config(url), "")
            if self.entry(IGNORED) is None:
                self._texts[IGNORED] = (b"", IGNORED_TEXT, "")

    def finish(self) -> list[Change]:
        """Store the lists of directories; the changes to commit."""
        for path, each in self._directories.items():
            self._finish_directory(path, each)
        found = list(self._changes)
        for path, (before, after, seen) in self._texts.items():
            if after and after != before:
                found.append(Put(path.encode(), after, seen))
            elif before and not after:
                found.append(Remove(path.encode(), seen))
        return found

    def _is_free(self, path: str) -> bool:
        holding = self.tracked.holding(path)
        if holding is not None:
            return bool(holding[1]) and directories.find_in(self.repository, *holding) is None
        return self.entry(path) is None and not any(self.tracked.inside(path))

    def _check_alone(self, path: str, datum: Datum) -> None:
        if any(self.tracked.inside(path)):
            raise PathTaken(f"{path} is a folder.", field="path")
        found = self.tracked.holding(path)
        if found is not None and found[0].is_dir and not datum.is_dir:
            raise PathTaken(f"{path} is a directory that DVC keeps.", field="path")
        self._check_above(path)

    def _check_above(self, path: str) -> None:
        steps = path.split("/")
        for above in ("/".join(steps[:length]) for length in range(1, len(steps))):
            if above in self.tracked.outs:
                raise PathTaken(f"{above} is a file, so nothing can lie in it.", field="path")

    def _in_directory(self, out: Out) -> _Directory:
        if out.is_legacy:
            raise VersioningConflict(
                f"{out.path} was added with DVC 2, whose lists the hub does not change.",
                next_step="Run “dvc add” on it with DVC 3 once, then push.",
            )
        return self._directories.setdefault(out.path, _Directory(out))

    def _new_directory(self, path: str) -> _Directory:
        if path not in self._directories and (self.entry(path) is not None or any(self.tracked.inside(path))):
            raise VersioningConflict(
                f"The folder {path} holds files that are kept by Git or one by one.",
                field="versioning", next_step="Use versioning=auto or git, or another folder.",
            )  # fmt: skip
        if path not in self._directories:
            self._check_above(f"{path}/")
        return self._directories.setdefault(path, _Directory(None))

    def _directory_above(self, path: str) -> bool:
        return any(path.startswith(f"{out.path}/") for out in self.tracked.outs.values() if out.is_dir)

    def _remove_inside(self, out: Out, inner: str) -> list[tuple[str, Datum]]:
        directory = self._in_directory(out)
        listed = self._listed(out)
        paths = [inner] if inner in listed else [each for each in listed if each.startswith(f"{inner}/")]
        stored = directories.objects_of(self.repository, [listed[each] for each in paths[:MOST_MOVED]])
        found = []
        for each in paths:
            size = stored[listed[each]].size if listed[each] in stored else None
            directory.gone.add(each)
            found.append((f"{out.path}/{each}", Datum(listed[each], size)))
        return found

    def _finish_directory(self, path: str, each: _Directory) -> None:
        old = self._listed(each.out) if each.out is not None else {}
        left = {name: md5 for name, md5 in old.items() if name not in each.gone}
        new = left | {name: datum.md5 for name, datum in each.put.items()}
        if new == old and each.out is not None:
            return
        _check_no_file_is_a_folder(path, new)
        if not new and each.out is not None:
            self._unpoint(each.out)
            return
        md5 = hashlib.md5(usedforsecurity=False)
        for block in list_blocks(sorted(new.items())):
            md5.update(block)
        put_content(
            repository=self.repository, space=DVC, key=object_key(md5.hexdigest()) + ".dir",
            chunks=list_blocks(sorted(new.items())), md5=md5.hexdigest(), want_md5=True, actor=self.actor,
        )  # fmt: skip
        self._point(path, Datum(md5.hexdigest(), self._size(each, old), is_dir=True, files=len(new)))

    def _size(self, each: _Directory, old: dict[str, str]) -> int | None:
        """Bytes of all files, reckoned from what the pointer said; None where that is not known."""
        before = each.out.size if each.out is not None else 0
        changed = [name for name in old if name in each.gone or name in each.put]
        stored = directories.objects_of(self.repository, [old[name] for name in changed])
        if before is None or any(old[name] not in stored for name in changed):
            return None
        sizes = [datum.size for datum in each.put.values()]
        if None in sizes:
            return None
        return before - sum(stored[old[name]].size for name in changed) + sum(size or 0 for size in sizes)

    def _listed(self, out: Out) -> dict[str, str]:
        """MD5s of a directory's files by path, in memory: some 200 bytes for each."""
        if out.path not in self._lists:
            self._lists[out.path] = dict(self._read_list(out))
        return self._lists[out.path]

    def _read_list(self, out: Out) -> Iterator[tuple[str, str]]:
        listed = directories.entries_of(self.repository, out)
        if not isinstance(listed, DataPage):
            return listed
        stored = presence.find_object(self.repository, DVC, out.key)
        if listed.state == "waiting" and stored is not None and stored.size <= READ_AT_ONCE:
            with closing(blob_store().open(stored.blob.sha256)) as blocks:
                return iter([(each.path, each.md5) for each in read_list(blocks)])
        if listed.state == "waiting":
            raise Unavailable(f"The list of {out.path} is being read.", next_step="Send it again in a few seconds.")
        raise Conflict(f"The list of {out.path} is not on this hub, or cannot be read.", next_step="“dvc push” it.")

    def _point(self, path: str, datum: Datum) -> None:
        """The pointer of the path says this, and Git leaves the path alone."""
        out = self.tracked.outs.get(path)
        pointer, (folder, _, name) = out.pointer if out else pointer_of(path), path.rpartition("/")
        said = posix_relative(path, pointer)
        before = self._pointer_text(pointer)
        try:
            after = with_output(before, said, Kept(datum.md5, datum.is_dir, datum.size, datum.files))
        except ForeignPointer:
            raise _pipeline(path) from None
        self._set(pointer, after)
        ignore = f"{folder}/.gitignore" if folder else ".gitignore"
        self._set(ignore, ignoring(self._text(ignore), name))

    def _unpoint(self, out: Out) -> None:
        folder, _, name = out.path.rpartition("/")
        try:
            self._set(
                out.pointer, without_output(self._pointer_text(out.pointer), posix_relative(out.path, out.pointer))
            )
        except ForeignPointer:
            raise _pipeline(out.path) from None
        ignore = f"{folder}/.gitignore" if folder else ".gitignore"
        self._set(ignore, not_ignoring(self._text(ignore), name))

    def _pointer_text(self, pointer: str) -> bytes:
        text = self._text(pointer)
        # A `wdir` or a path that leads elsewhere would be lost on the way through.
        if pointer.rpartition("/")[2] == LOCK or (text and b"wdir" in text):
            raise _pipeline(pointer)
        if text and not outs_of_file(text, pointer):
            raise PathTaken(f"{pointer} is there, and is no pointer.", field="path")
        return text

    def _text(self, path: str) -> bytes:
        if path not in self._texts:
            there, data = self.entry(path), b""
            if there is not None and there.kind == "file":
                # SECURITY: whoever writes may have made it gigabytes long.
                if objects.blob_size(git_dir(self.repository), there.id) > MOST_BYTES:
                    raise PathTaken(f"{path} is too large to be changed here.", field="path")
                data = objects.read_blob(git_dir(self.repository), there.id)
            self._texts[path] = (data, data, there.id if there else "")
        return self._texts[path][1]

    def _set(self, path: str, text: bytes) -> None:
        self._text(path)
        before, _, seen = self._texts[path]
        self._texts[path] = (before, text, seen)


def commit_draft(
    *,
    actor: Actor,
    repository: Repository,
    branch: str,
    message: str,
    draw: Callable[[Draft], None],
    new_branch: str = "",
) -> str:
    """What `draw` draws is one commit on `branch`, or on `new_branch` made from it; the id of its tip then.

    Without anything to change the tip stays. Drawn again when somebody else was first. Raises what `draw` and
    repos.services.edits.commit_changes raise, Unavailable when the branch never stood still.
    """
    for attempt in range(ATTEMPTS):
        tip = tip_of(repository, branch)
        draft = Draft(repository, tip, actor)
        draw(draft)
        changes = draft.finish()
        if not changes:
            return (
                create_branch(actor=actor, repository=repository, name=new_branch, start=tip).new if new_branch else tip
            )
        try:
            update = edits.commit_changes(
                actor=actor, repository=repository, branch=branch, changes=changes, message=message,
                new_branch=new_branch,
            )  # fmt: skip
        except Conflict as refusal:
            if new_branch and refusal.field == "new_branch":
                raise
            time.sleep(random.uniform(0.01, 0.08) * (attempt + 1))  # noqa: S311
            continue
        except Invalid as refusal:
            if refusal.field == "path":
                raise PathTaken(refusal.message, field="path") from None
            raise
        return update.new
    raise Unavailable(
        f"{branch} kept moving while this was committed; nothing was changed.", next_step="Send it again."
    )


def posix_relative(path: str, pointer: str) -> str:
    """The path as a pointer in the same folder, or one above, names it."""
    folder = pointer.rpartition("/")[0]
    return path[len(folder) + 1 :] if folder and path.startswith(f"{folder}/") else path


def tip_of(repository: Repository, branch: str) -> str:
    """The commit of a branch; "" for one that is to be born."""
    try:
        place = objects.resolve(git_dir(repository), branch)
    except objects.Missing:
        return ""
    return place.commit if place.kind == "branch" and not place.path else ""


def _pipeline(path: str) -> HubError:
    return PipelineOutput(
        f"{path} is made by a stage or an import of DVC.", field="path", next_step="Change it with dvc, and push."
    )


def blob_id_of(data: bytes) -> str:
    """The id that Git gives a file with this content."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _below(repository: Repository, commit: str, folder: bytes) -> Iterable[bytes]:
    listed, whole = tree.all_files(git_dir(repository), commit)
    found = [path for path in listed if path.startswith(folder + b"/")]
    if not whole or len(found) > MOST_MOVED:
        raise Invalid(f"The folder has more than {MOST_MOVED} files.", next_step="Rename it with Git.")
    return found


def _check_no_file_is_a_folder(path: str, listed: dict[str, str]) -> None:
    for name in listed:
        steps = name.split("/")
        for length in range(1, len(steps)):
            if "/".join(steps[:length]) in listed:
                raise PathTaken(f"{path}/{'/'.join(steps[:length])} is a file, so nothing can lie in it.", field="path")
