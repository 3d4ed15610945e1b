"""Files that nobody wrote by hand."""

from __future__ import annotations

from pathlib import Path

from repos.git.generated import generated
from tests.support.sample_repository import Work


def test_lock_files_and_what_gitattributes_says(tmp_path: Path) -> None:
    work = Work(tmp_path / "work")
    paths = [b"uv.lock", b"web/package-lock.json", b"src/schema.py", b"src/train.py", b"go.sum", b"lock.py"]
    work.write("a", "a\n")
    bare = work.commit("Without")
    work.write(".gitattributes", "src/schema.py linguist-generated\ngo.sum -linguist-generated\nlock.py text\n")
    told = work.commit("With")
    folder = tmp_path / "work/.git"
    assert generated(folder, bare, paths) == {b"uv.lock", b"web/package-lock.json", b"go.sum"}
    assert generated(folder, told, paths) == {b"uv.lock", b"web/package-lock.json", b"src/schema.py"}
