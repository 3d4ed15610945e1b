"""The merge engine beside stock git: the same trees, commits and conflicts, on histories made at random."""

from __future__ import annotations

import random
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from repos.git import merging
from repos.git.commits import Person
from repos.git.process import run
from tests.support.sample_repository import Work

GRACE = Person("Grace Hopper", "grace@example.org")
FILES = [f"{letter}.txt" for letter in "abcd"]


@pytest.fixture
def work(tmp_path: Path) -> Work:
    """One file on main; a branch `topic` begins there."""
    made = Work(tmp_path / "work")
    made.write("a.txt", "".join(f"line {number}\n" for number in range(20)))
    made.commit("Begin")
    made.git("branch", "topic")
    return made


def _bare(work: Work) -> Path:
    return work.folder / ".git"


def _history(folder: Path, seed: int) -> Work:
    """Two branches that edit, add, delete, move and mark files, now and then merged into each other."""
    dice = random.Random(seed)
    work = Work(folder)
    for name in FILES:
        work.write(name, "".join(f"{name} {number}\n" for number in range(12)))
    work.commit("Begin")
    work.git("branch", "topic")
    for branch in ("main", "topic"):
        work.git("checkout", "-q", branch)
        for number in range(dice.randint(1, 4)):
            _step(work, dice, branch, number)
            work.commit(f"{branch} {number}", author=dice.choice(["Ada Lovelace", "Ünal Ö"]))
    return work


def _step(work: Work, dice: random.Random, branch: str, number: int) -> None:
    there = sorted(path.relative_to(work.folder) for path in work.folder.rglob("*.txt"))
    kind = dice.choice(["edit", "edit", "edit", "add", "delete", "move", "mode", "empty", "same"])
    path = work.folder / dice.choice(there) if there else work.folder / "a.txt"
    if kind == "add" or not there:
        work.write(f"new/{branch}{number}.txt", f"{number}\n" * 8)
    elif kind == "edit":
        lines = path.read_text().splitlines()
        lines[dice.randrange(len(lines))] = f"{dice.choice(['x', branch])} {number}"
        path.write_text("\n".join(lines) + "\n")
    elif kind == "delete" and len(there) > 1:
        path.unlink()
    elif kind == "move":
        (work.folder / "moved").mkdir(exist_ok=True)
        path.rename(work.folder / "moved" / f"{branch}-{path.name}")
    elif kind == "mode":
        path.chmod(0o755)
    elif kind == "same":  # What both branches do alike: a rebase leaves it out.
        work.write("same.txt", "the same\n" * 6)


def _stock(work: Work, *args: str) -> str | None:
    """HEAD after a command of stock git in a copy of the work tree, None when it stopped at conflicts."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        shutil.copytree(work.folder, copy, symlinks=True)
        env = {
            "PATH": "/usr/bin:/bin", "HOME": folder, "GIT_EDITOR": "true", "GIT_COMMITTER_NAME": GRACE.name,
            "GIT_COMMITTER_EMAIL": GRACE.email, "GIT_AUTHOR_NAME": GRACE.name, "GIT_AUTHOR_EMAIL": GRACE.email,
        }  # fmt: skip
        done = subprocess.run(["git", *args], cwd=copy, env=env, capture_output=True)
        if done.returncode:
            assert b"CONFLICT" in done.stdout, (done.stdout, done.stderr)
            return None
        # Objects only: the refs of the copy are thrown away with it.
        subprocess.run(["cp", "-Rn", f"{copy}/.git/objects/.", f"{_bare(work)}/objects/"], check=True)
        return subprocess.run(["git", "rev-parse", "HEAD"], cwd=copy, capture_output=True, text=True).stdout.strip()


def _log(work: Work, base: str, head: str) -> list[str]:
    """What a rebase keeps of each commit, and its tree."""
    return work.git("log", "--reverse", "--format=%T %an %ae %at %B %cn", f"{base}..{head}").splitlines()


@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10**6))
@example(7)
@example(21)
def test_merges_and_rebases_as_stock_git_does(seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        work = _history(Path(folder) / "work", seed)
        base, head = work.git("rev-parse", "main"), work.git("rev-parse", "topic")
        work.git("checkout", "-q", "main")
        merged = _stock(work, "merge", "-q", "--no-ff", "-m", "Merge", "topic")
        assert _ours(lambda: merging.merge(_bare(work), base, head, person=GRACE, message="Merge"), work) == (
            work.git("rev-parse", f"{merged}^{{tree}}") if merged else None
        )
        work.git("checkout", "-q", "topic")
        rebased = _stock(work, "rebase", "-q", "main")
        try:
            made: str | None = merging.rebase(_bare(work), base, head, committer=GRACE)
        except merging.Conflicts:
            made = None
        except merging.NothingToMerge:
            made = base
        assert (made is None) == (rebased is None)
        if made and rebased:
            assert _log(work, base, made) == _log(work, base, rebased)
        assert _leftovers(work) == []


def _ours(act: Callable[[], str], work: Work) -> str | None:
    try:
        made = act()
    except merging.Conflicts as found:
        assert found.paths
        return None
    return work.git("rev-parse", f"{made}^{{tree}}")


def _named(person: Person) -> str:
    return f"{person.name} <{person.email}>"


def _leftovers(work: Work) -> list[str]:
    return [path.name for path in (_bare(work) / "objects").iterdir() if path.name.startswith("incoming-")]


def _counted(work: Work) -> Iterator[str]:
    return iter(sorted(str(path) for path in (_bare(work) / "objects").rglob("*") if path.is_file()))


def test_conflicts_name_the_files_and_leave_nothing(work: Work) -> None:
    work.write("a.txt", "main\n")
    work.write("sub/ü b.txt", "main\n")
    base = work.commit("Main")
    work.git("checkout", "-q", "topic")
    work.write("a.txt", "topic\n")
    work.write("sub/ü b.txt", "topic\n")
    head = work.commit("Topic")
    before = list(_counted(work))
    assert merging.conflicts(_bare(work), base, head) == ("a.txt", "sub/ü b.txt")
    for act in (
        lambda: merging.merge(_bare(work), base, head, person=GRACE, message="m"),
        lambda: merging.squash(_bare(work), base, head, author=GRACE, committer=GRACE, message="m"),
        lambda: merging.rebase(_bare(work), base, head, committer=GRACE),
    ):
        with pytest.raises(merging.Conflicts):
            act()
    assert list(_counted(work)) == before


def test_rebase_keeps_authors_dates_encodings_and_empty_commits(work: Work) -> None:
    work.write("main.txt", "main\n")
    base = work.commit("Main goes on")
    work.git("checkout", "-q", "topic")
    work.write("b.txt", "b\n")
    work.git("config", "i18n.commitEncoding", "ISO-8859-1")
    work.commit("Grüße\n\nMit Körper\n", author="Jürgen")
    head = work.commit("Empty on purpose")
    made = merging.rebase(_bare(work), base, head, committer=GRACE)
    kept = "--format=%an|%ae|%at|%B|%e"
    assert work.git("log", "--reverse", kept, f"{base}..{made}") == work.git(
        "log", "--reverse", kept, f"{base}..{head}"
    )
    assert set(work.git("log", "--format=%cn <%ce>", f"{base}..{made}").splitlines()) == {_named(GRACE)}
    assert work.git("diff-tree", made) == ""
    assert run(_bare(work), "fsck", "--strict", "--no-dangling", made) == b""


def test_squash_is_one_commit_with_author_and_committer(work: Work) -> None:
    base = work.git("rev-parse", "main")
    work.git("checkout", "-q", "topic")
    work.write("b.txt", "b\n")
    work.commit("One")
    work.write("run.sh", "#!/bin/sh\n")
    (work.folder / "run.sh").chmod(0o755)
    head = work.commit("Two")
    ada = Person("Ada <x>\n", "ada@example.org")
    made = merging.squash(_bare(work), base, head, author=ada, committer=GRACE, message="Both\r\n\r\nof them")
    assert work.git("log", "-1", "--format=%P|%an|%cn|%B", made) == f"{base}|Ada x|Grace Hopper|Both\n\nof them"
    assert work.git("rev-parse", f"{made}^{{tree}}") == work.git("rev-parse", f"{head}^{{tree}}")


def test_steps_forward_only_where_that_loses_nothing(work: Work) -> None:
    base = work.git("rev-parse", "main")
    work.git("checkout", "-q", "topic")
    work.write("b.txt", "b\n")
    head = work.commit("Topic")
    assert merging.fast_forward(_bare(work), base, head) == head
    assert merging.rebase(_bare(work), base, head, committer=GRACE) == head
    with pytest.raises(merging.NothingToMerge):
        merging.fast_forward(_bare(work), head, base)
    work.git("checkout", "-q", "main")
    work.write("c.txt", "c\n")
    with pytest.raises(merging.NotForward):
        merging.fast_forward(_bare(work), work.commit("Main"), head)


def test_histories_that_never_met_are_refused(work: Work) -> None:
    base = work.git("rev-parse", "main")
    work.git("checkout", "-q", "--orphan", "alone")
    head = work.commit("Alone")
    for act in (
        lambda: merging.conflicts(_bare(work), base, head),
        lambda: merging.rebase(_bare(work), base, head, committer=GRACE),
    ):
        with pytest.raises(merging.Unrelated):
            act()


def test_revert_takes_back_what_was_merged_and_keeps_what_came_later(work: Work) -> None:
    base = work.git("rev-parse", "main")
    work.git("checkout", "-q", "topic")
    work.write("b.txt", "b\n")
    head = work.commit("Topic")
    merged = merging.merge(_bare(work), base, head, person=GRACE, message="Merge")
    work.git("checkout", "-q", "-B", "main", merged)
    work.write("c.txt", "later\n")
    tip = work.commit("Later")
    made = merging.revert(_bare(work), tip, before=base, after=merged, person=GRACE, message="Revert")
    assert work.git("ls-tree", "--name-only", made).split() == ["a.txt", "c.txt"]
    with pytest.raises(merging.NothingToMerge):
        merging.revert(_bare(work), made, before=base, after=merged, person=GRACE, message="Revert")
