"""Files that are sent for a repository's tree: each is stored as it comes, all become one commit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain

from accounts.actor import Actor
from hub.lib.errors import Conflict, Invalid, TooLarge
from repos.git import names, objects
from repos.models import Repository
from repos.paths import git_dir
from storage.blobs import Written
from storage.keys import checked_key
from storage.pointers import is_pointer
from storage.pointers.files import object_key
from storage.services.contents import put_named
from storage.services.tree_edits import Datum, Draft, blob_id_of, commit_draft, tip_of
from storage.spaces import DVC

VERSIONING = ("auto", "git", "dvc", "")
MOST_FILES = 1000
SMALL_TEXT = 1024 * 1024
"""Bytes up to which a text goes to Git unless its sender says otherwise; what is longer, or no text, goes to DVC."""
MOST_FOR_GIT = 64 * 1024 * 1024
"""Bytes that one commit takes for Git: they lie in memory until it is made."""
_settings = {".gitignore", ".gitattributes", ".gitmodules", ".dvcignore", "dvc.yaml", "dvc.lock"}


class MissingLastCommit(Conflict):
    """A file is there already, and the sender did not say which state of the branch they saw."""

    code = "missing last_commit"


class InvalidLastCommit(Conflict):
    """The file has changed since the commit that the sender saw."""

    code = "invalid last_commit"


@dataclass(frozen=True, slots=True)
class Wish:
    """How files shall be kept. `folder` is where they go ("" for the root); `last_commit` is "" or what was seen.

    `versioning` is one of VERSIONING; `as_directory` asks DVC to keep the folder as one thing.
    """

    folder: str = ""
    versioning: str = "auto"
    as_directory: bool = False
    last_commit: str = ""


@dataclass(slots=True)
class Arrivals:
    """What has come so far for a branch: bytes for Git in memory, data for DVC in the store."""

    actor: Actor
    repository: Repository
    branch: str
    wish: Wish
    for_git: dict[str, bytes] = field(default_factory=dict)
    for_dvc: dict[str, Datum] = field(default_factory=dict)
    _start: Draft | None = None

    def take(self, name: str, blocks: Iterator[bytes]) -> None:
        """Receive one file, `name` being its path below the folder.

        Raises Invalid for paths that cannot be, TooLarge, QuotaExceeded. Nothing of the tree has changed.
        """
        path = self._path(name)
        if len(self.for_git) + len(self.for_dvc) >= MOST_FILES:
            raise TooLarge(f"One request takes at most {MOST_FILES} files.", next_step="Send the rest in another.")
        if self._start is None:
            self._start = Draft(self.repository, tip_of(self.repository, self.branch), self.actor)
        head, rest = _peeked(blocks, SMALL_TEXT + 1)
        if self._belongs_to_git(path, head):
            self._keep_for_git(path, chain([head], rest))
        else:
            written = put_named(
                repository=self.repository, space=DVC, name=_key, chunks=chain([head], rest), actor=self.actor
            )
            self.for_dvc[path] = Datum(written.md5, written.size)

    def commit(self, *, message: str, new_branch: str = "", remote: str = "") -> str:
        """All files are one commit; the id of the branch's tip. `remote` is the address of the DVC remote.

        Raises MissingLastCommit, InvalidLastCommit, and what commit_draft raises.
        """
        if not self.for_git and not self.for_dvc:
            raise Invalid("No file was sent.", field="files")

        def draw(draft: Draft) -> None:
            self._check_last_commit(draft)
            for path, data in self.for_git.items():
                draft.put_in_git(path, data)
            for path, datum in self.for_dvc.items():
                draft.put_in_dvc(path, datum, directory=self._directory(draft))
            if self.for_dvc and remote:
                draft.with_remote(remote)

        count = len(self.for_git) + len(self.for_dvc)
        first = next(chain(self.for_git, self.for_dvc))
        word = f"Upload {first}" if count == 1 else f"Upload {count} files"
        return commit_draft(
            actor=self.actor, repository=self.repository, branch=self.branch, message=message or word, draw=draw,
            new_branch=new_branch,
        )  # fmt: skip

    def _path(self, name: str) -> str:
        # SECURITY: a leading slash is the root of the repository; `..`, `.git`, NUL and backslashes lead elsewhere.
        path = "/".join(filter(None, (self.wish.folder, name.lstrip("/"))))
        if not names.is_plain_path(path.encode("utf-8", "replace")) or name.endswith("/"):
            raise Invalid(f"“{name[:200]}” cannot be the path of a file in a repository.", field="files")
        if path in self.for_git or path in self.for_dvc:
            raise Invalid(f"{path} was sent twice.", field="files")
        return checked_key(path)

    def _belongs_to_git(self, path: str, head: bytes) -> bool:
        """The rule: what is there decides, then the sender, then size and kind."""
        draft, name = self._start, path.rpartition("/")[2]
        assert draft is not None
        if self.wish.versioning == "git":
            return True
        if draft.tracked.holding(path) is not None or self._directory(draft):
            return False
        if name in _settings or is_pointer(path) or path.startswith(".dvc/"):
            return True
        if self.wish.versioning == "dvc":
            return False
        there = draft.entry(path)
        return (there is not None and there.kind != "dir") or (len(head) <= SMALL_TEXT and not objects.is_binary(head))

    def _directory(self, draft: Draft) -> str:
        """The folder that DVC keeps, or shall keep, as one thing; "" when each file is by itself."""
        folder = self.wish.folder
        if not self.wish.as_directory or not folder or self.wish.versioning in {"git", "auto"}:
            return ""
        if self.wish.versioning == "" and (draft.entry(folder) is not None or any(draft.tracked.inside(folder))):
            return ""
        return folder

    def _keep_for_git(self, path: str, blocks: Iterable[bytes]) -> None:
        left, found = MOST_FOR_GIT - sum(map(len, self.for_git.values())), bytearray()
        for block in blocks:
            found += block
            if len(found) > left:
                raise TooLarge(
                    f"One commit takes at most {MOST_FOR_GIT} bytes for Git here.",
                    next_step="Send less at a time, use versioning=dvc, or push with Git.",
                )
        self.for_git[path] = bytes(found)

    def _check_last_commit(self, draft: Draft) -> None:
        seen, then = self.wish.last_commit, None
        if seen and seen != draft.commit:
            if not objects.known_commits(git_dir(self.repository), [seen]):
                raise InvalidLastCommit("last_commit is no commit of this repository.", field="last_commit")
            then = Draft(self.repository, seen, self.actor)
        for path in chain(self.for_git, self.for_dvc):
            there = draft.kept_at(path)
            if not there or there == self._wanted(path):
                continue
            if not seen:
                raise MissingLastCommit(
                    f"{path} is there already.", field="last_commit",
                    next_step="Send the tip of the branch as last_commit to replace it.",
                )  # fmt: skip
            if then is not None and then.kept_at(path) != there:
                raise InvalidLastCommit(
                    f"{path} has changed since {seen[:10]}.", field="last_commit", next_step="Look at it again."
                )

    def _wanted(self, path: str) -> str:
        if path in self.for_git:
            return f"git {blob_id_of(self.for_git[path])}"
        return f"dvc {self.for_dvc[path].md5}"


def _key(written: Written) -> str:
    return object_key(written.md5)


def _peeked(blocks: Iterator[bytes], size: int) -> tuple[bytes, Iterator[bytes]]:
    """At least the first `size` bytes where there are so many, and what follows."""
    head = bytearray()
    while len(head) < size and (block := next(blocks, b"")):
        head += block
    return bytes(head), blocks
