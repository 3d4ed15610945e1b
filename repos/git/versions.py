"""Every version of some files, over all refs and all history: for whoever must know what any commit still needs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from repos.git.process import lines, run, stream

TIMEOUT = 3600.0
_change = re.compile(rb":\d+ \d+ [0-9a-f]+ ([0-9a-f]+) ")
_zeros = re.compile(r"0+")


def blobs_of_history(git_dir: Path, globs: Iterable[str]) -> set[str]:
    """Ids of the blobs that files matching `globs` ever were, in any commit of any ref; `**/` is any folder."""
    # Each merge against each of its parents, and no commit left out for bringing nothing new to its branch:
    # what is missed here may be deleted there.
    words = ("log", "--all", "--full-history", "-m", "--raw", "--no-abbrev", "--no-renames", "--format=", "--")
    found = lines(
        git_dir,
        *words,
        *(f":(glob){each}" for each in globs),
        timeout=TIMEOUT,
        max_output=None,
        env={"GIT_LITERAL_PATHSPECS": "0"},
    )
    ids = {match[1].decode() for line in found if (match := _change.match(line))}
    return {each for each in ids if not _zeros.fullmatch(each)}


def blobs_of_tips(git_dir: Path, endings: tuple[str, ...]) -> set[str]:
    """Ids of the blobs that files with such endings are at the commits that refs point at."""
    found = set()
    last = tuple(ending.encode() for ending in endings)
    for commit in run(git_dir, "rev-list", "--all", "--no-walk", timeout=TIMEOUT).split():
        for row in lines(git_dir, "ls-tree", "-r", "-z", "--full-tree", commit.decode(), separator=b"\0"):
            facts, _, path = row.partition(b"\t")
            if path.endswith(last) and facts.split()[1] == b"blob":
                found.add(facts.split()[2].decode())
    return found


def contents(git_dir: Path, blob_ids: Iterable[str]) -> Iterator[bytes]:
    """The blobs' bytes in blocks, one blob after another with a line of git's between them."""
    asked = "".join(f"{each}\n" for each in blob_ids).encode()
    return stream(git_dir, "cat-file", "--batch", input=asked, timeout=TIMEOUT)
