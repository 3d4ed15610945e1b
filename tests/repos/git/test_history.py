"""History, blame, search, archives and distances: the answers of git, read exactly."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from repos.git import archive, blame, compare, grep, history
from repos.git.objects import Missing, resolve
from repos.git.process import GitNotFound
from tests.support.sample_repository import NOT_UTF8, Work


def test_log_tells_commits_newest_first(stones: Path, sample: Work) -> None:
    found = history.log(stones, sample.git("rev-parse", "main"))
    assert [commit.id for commit in found] == sample.git("rev-list", "main").split()
    assert found[0].is_merge and found[0].subject == "Merge branch 'feature/slope'"
    second = next(commit for commit in found if commit.subject.startswith("Add documents"))
    assert (second.author.name, second.body) == ("Grace Hopper", "The drawing is an SVG.")
    assert second.author.when.isoformat() == "2026-01-01T00:02:00+00:00"


def test_log_pages_and_follows_a_path(stones: Path, sample: Work) -> None:
    head = sample.git("rev-parse", "main")
    assert [c.subject for c in history.log(stones, head, path=b"src/train.py")] == [
        "Walk more slowly",
        "Start with a loader and a loss",
    ]
    assert [c.id for c in history.log(stones, head, skip=2, limit=2)] == sample.git("rev-list", "main").split()[2:4]
    assert history.count(stones, head) == 6


def test_a_path_with_pathspec_magic_is_taken_as_it_stands(stones: Path, sample: Work) -> None:
    assert history.log(stones, sample.git("rev-parse", "main"), path=b":(glob)**") == []


def test_unknown_commit_is_missing(stones: Path) -> None:
    with pytest.raises(Missing):
        history.commit(stones, "1" * 40)


def test_last_commits_answers_for_each_entry(stones: Path, sample: Work) -> None:
    head = sample.git("rev-parse", "main")
    found = history.last_commits(stones, head, [b"README.md", b"src", NOT_UTF8, b"not there"])
    assert {path: commit.subject for path, commit in found.items()} == {
        b"README.md": "Start with a loader and a loss",
        b"src": "Merge branch 'feature/slope'",
        NOT_UTF8: "Odd names",
    }


def test_renamed_from_tells_the_earlier_name(stones: Path, sample: Work) -> None:
    commit = sample.git("log", "-1", "--format=%H", "main", "--", "src/data/reading.py")
    assert history.renamed_from(stones, commit, b"src/data/reading.py") == b"src/data/loader.py"
    assert history.renamed_from(stones, commit, b"README.md") is None


def test_blame_covers_every_line_once(stones: Path, sample: Work) -> None:
    head = sample.git("rev-parse", "main")
    chunks = blame.blame(stones, head, b"src/train.py")
    lines = [number for chunk in chunks for number in range(chunk.first, chunk.last + 1)]
    assert lines == list(range(1, len(sample.git("show", "main:src/train.py").splitlines()) + 1))
    changed = [chunk for chunk in chunks if chunk.origin.subject == "Walk more slowly"]
    assert [(chunk.first, chunk.last, chunk.origin.author) for chunk in changed] == [(13, 13, "Grace Hopper")]
    with pytest.raises(GitNotFound):
        blame.blame(stones, head, b"nothing")


def test_grep_finds_text_as_it_stands(stones: Path, sample: Work) -> None:
    head = sample.git("rev-parse", "main")
    found = grep.grep(stones, head, "position -= rate * math.cos")
    assert [(hit.path, [line.number for line in hit.lines]) for hit in found.files] == [(b"src/train.py", [17])]
    assert [piece.text for piece in found.files[0].lines[0].pieces if piece.is_hit] == ["position -= rate * math.cos"]
    assert found.complete
    assert grep.grep(stones, head, "POSITION").files == ()
    assert grep.grep(stones, head, "apache license").files[0].path == b"LICENSE"
    assert grep.grep(stones, head, "--open-files-in-pager=touch /tmp/x").files == ()


def test_grep_stays_within_bounds(tmp_path: Path) -> None:
    work = Work(tmp_path / "many")
    for number in range(grep.MAX_FILES + 5):
        work.write(f"f{number}", "word " * 1000 + "\n" + "word\n" * 30)
    found = grep.grep(tmp_path / "many/.git", work.commit("many"), "word")
    assert len(found.files) <= grep.MAX_FILES
    assert sum(len(hit.lines) for hit in found.files) <= grep.MAX_LINES + grep.MAX_LINES_PER_FILE
    assert not found.complete
    assert found.files[0].more == 21
    assert max(len(piece.text) for line in found.files[0].lines for piece in line.pieces) <= grep.MAX_LINE_LENGTH


def test_archives_hold_every_file_below_one_folder(stones: Path, sample: Work) -> None:
    commit = resolve(stones, "v1.0").commit
    listed = {f"stones-v1.0/{name}" for name in sample.git("ls-tree", "-r", "--name-only", "v1.0").splitlines()}
    packed = b"".join(archive.archive(stones, commit, format="zip", folder="stones-v1.0"))
    with zipfile.ZipFile(io.BytesIO(packed)) as zipped:
        assert {name for name in zipped.namelist() if not name.endswith("/")} == listed
    packed = b"".join(archive.archive(stones, commit, format="tar.gz", folder="stones-v1.0"))
    with tarfile.open(fileobj=io.BytesIO(packed), mode="r:gz") as tarred:
        assert {member.name for member in tarred if member.isfile()} == listed


def test_distances_count_both_ways(stones: Path, sample: Work) -> None:
    main, slope, old = (sample.git("rev-parse", name) for name in ("main", "feature/slope", "old"))
    assert compare.distances(stones, main, [slope, old]) == {
        slope: compare.Distance(ahead=1, behind=3),
        old: compare.Distance(ahead=0, behind=4),
    }
    assert compare.merge_base(stones, main, slope) == sample.git("merge-base", "main", "feature/slope")
