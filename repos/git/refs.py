"""Refs: all of them at one moment, where HEAD points, and what a push moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dulwich.refs import Ref, check_ref_format

from repos.git.environment import HIDDEN_REFS
from repos.git.names import as_text
from repos.git.objects import opened
from repos.git.process import GitError, GitTimeout, lines, run, succeeds

ZERO = "0" * 40
BRANCHES = "refs/heads/"
TAGS = "refs/tags/"
PULLS = "refs/pull/"
# Nobody outside is shown these.
HIDDEN = HIDDEN_REFS
COUNT_TIMEOUT = 10.0


class RefMoved(Exception):
    """A ref does not stand where it was expected; no ref was moved."""


@dataclass(frozen=True, slots=True)
class RefUpdate:
    """One ref that moved: `old` and `new` are object ids, all zeros where there was or is none."""

    ref: str
    old: str
    new: str

    @property
    def is_creation(self) -> bool:
        """The ref was not there before."""
        return not self.old.strip("0")

    @property
    def is_deletion(self) -> bool:
        """The ref is gone."""
        return not self.new.strip("0")

    @property
    def branch(self) -> str | None:
        """The branch's short name, None for anything else."""
        return self.ref.removeprefix(BRANCHES) if self.ref.startswith(BRANCHES) else None

    @property
    def tag(self) -> str | None:
        """The tag's short name, None for anything else."""
        return self.ref.removeprefix(TAGS) if self.ref.startswith(TAGS) else None

    @property
    def name(self) -> str:
        """The short name of a branch or tag, the full name of other refs."""
        return self.branch or self.tag or self.ref


def snapshot(git_dir: Path) -> dict[str, str]:
    """Every ref's full name and the object id it holds now, hub-internal ones included."""
    rows = lines(git_dir, "for-each-ref", "--format=%(objectname) %(refname)", max_output=None)
    pairs = (row.split(b" ", 1) for row in rows)
    return {as_text(name): oid.decode() for oid, name in pairs}


def branch_tip(git_dir: Path, branch: str) -> str | None:
    """The commit that a branch stands at, None when there is no such branch."""
    name = Ref(BRANCHES.encode() + branch.encode("utf-8", "replace"))
    # SECURITY: the check keeps `..` and friends away from the file system, where loose refs live.
    if not check_ref_format(name):
        return None
    with opened(git_dir) as repo:
        found = repo.refs.read_ref(name)
    return found.decode() if found else None


def hidden_tip(git_dir: Path, ref: str) -> str | None:
    """What a ref of the hub's own holds, None when it is not there."""
    with opened(git_dir) as repo:
        found = repo.refs.read_ref(Ref(ref.encode()))
    return found.decode() if found else None


def move_refs(git_dir: Path, updates: Sequence[RefUpdate]) -> None:
    """Move refs, all or none, each from exactly where its update says; raises RefMoved when one stands elsewhere."""
    commands = b"".join(
        b"update " + update.ref.encode() + b"\0" + update.new.encode() + b"\0" + update.old.encode() + b"\0"
        for update in updates
    )
    try:
        run(git_dir, "update-ref", "-z", "--stdin", input=b"start\0" + commands + b"prepare\0commit\0")
    except GitError as error:
        raise RefMoved(error.stderr.decode("utf-8", "replace").strip().removeprefix("fatal: ")) from error


def set_ref(git_dir: Path, ref: str, commit: str) -> None:
    """Let a ref of the hub's own (no branch, no tag) stand at a commit, wherever it stood."""
    run(git_dir, "update-ref", "-z", "--stdin", input=f"update {ref}\0{commit}\0\0".encode())


def drop_ref(git_dir: Path, ref: str) -> None:
    """Remove a ref of the hub's own; harmless when it is not there."""
    run(git_dir, "update-ref", "-d", ref)


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[RefUpdate]:
    """What moved between two snapshots, in the order of names."""
    names = sorted(before.keys() | after.keys())
    moved = (RefUpdate(name, before.get(name, ZERO), after.get(name, ZERO)) for name in names)
    return [update for update in moved if update.old != update.new]


def head_branch(git_dir: Path) -> str:
    """The branch that HEAD names, whether or not it has been born."""
    target = as_text(run(git_dir, "symbolic-ref", "HEAD").rstrip(b"\n"))
    return target.removeprefix(BRANCHES)


def set_head(git_dir: Path, branch: str) -> None:
    """Make `branch` the one that a clone checks out; raises GitError for a name that git does not accept."""
    run(git_dir, "check-ref-format", "--branch", branch)
    run(git_dir, "symbolic-ref", "HEAD", BRANCHES + branch)


def is_fast_forward(git_dir: Path, update: RefUpdate) -> bool:
    """Whether nothing that the branch held was lost by the update."""
    if update.is_creation or update.is_deletion:
        return update.is_creation
    try:
        return succeeds(git_dir, "merge-base", "--is-ancestor", update.old, update.new, timeout=COUNT_TIMEOUT)
    except GitTimeout:
        raise
    except GitError:  # one of the two is no commit, or gone: not a step forward along one history
        return False


def count_commits(git_dir: Path, update: RefUpdate) -> int:
    """How many commits an update brought to a branch (for a new one: which no other ref holds)."""
    if update.is_deletion or update.branch is None:
        return 0
    if update.is_creation:
        span = [update.new, "--not", f"--exclude={update.ref}", "--glob=refs/*"]
    else:
        span = [f"{update.old}..{update.new}"]
    return int(run(git_dir, "rev-list", "--count", *span, timeout=COUNT_TIMEOUT))
