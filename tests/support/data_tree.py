"""A repository whose tree points at data, as clients of DVC and Git LFS would leave it."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from accounts.actor import Actor
from repos.git.refs import changes, snapshot
from repos.models import Repository
from repos.paths import git_dir
from repos.services.pushes import record_push
from storage.pointers.files import object_key
from storage.services import put_object
from storage.spaces import DVC, LFS, lfs_key
from tests.support.sample_repository import Work, bare_copy


@dataclass
class Data:
    """The repository, its work tree, and ways to add data as clients would."""

    repository: Repository
    work: Work
    actor: Actor

    def keep(self, content: bytes, *, is_dir: bool = False) -> str:
        """Store one object as `dvc push` would; its MD5."""
        md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
        key = object_key(md5) + (".dir" if is_dir else "")
        put_object(repository=self.repository, space=DVC, key=key, chunks=[content], md5=md5)
        return md5

    def keep_folder(self, files: dict[str, bytes]) -> str:
        """Store a directory with its list; the MD5 of the list."""
        listed = [{"md5": self.keep(data), "relpath": path} for path, data in sorted(files.items())]
        return self.keep(json.dumps(listed).encode(), is_dir=True)

    def lfs(self, content: bytes) -> str:
        """Store one object as git-lfs would; the text of its pointer."""
        oid = hashlib.sha256(content).hexdigest()
        put_object(repository=self.repository, space=LFS, key=lfs_key(oid), chunks=[content], sha256=oid)
        return f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(content)}\n"

    def push(self, message: str = "Change data") -> str:
        """Commit what was written and put it where a push would; the commit."""
        commit = self.work.commit(message)
        folder = git_dir(self.repository)
        before = snapshot(folder)
        shutil.rmtree(folder)
        shutil.copytree(bare_copy(self.work, self.work.folder.parent / f"{commit}.git"), folder)
        record_push(actor=self.actor, repository=self.repository, updates=changes(before, snapshot(folder)))
        return commit


def pointer(md5: str, path: str, *, size: int = 0, files: int | None = None) -> str:
    """A `.dvc` file; a directory when `files` is given."""
    count = "" if files is None else f"  nfiles: {files}\n"
    return f"outs:\n- md5: {md5}{'' if files is None else '.dir'}\n  size: {size}\n{count}  hash: md5\n  path: {path}\n"


IMAGES = {"cat/1.txt": b"one cat\n", "cat/2.txt": b"two cats\n", "dog/1.txt": b"a dog\n", "readme.txt": b"animals\n"}


def fill(repository: Repository, actor: Actor, folder: Path) -> Data:
    """A directory and a file of DVC, an output of a stage, files of Git LFS; some of it was never pushed."""
    found = Data(repository, Work(folder), actor)
    md5 = found.keep_folder(IMAGES)
    found.work.write("data/images.dvc", pointer(md5, "images", size=30, files=4))
    found.work.write("data/lost.csv.dvc", pointer("ab" * 16, "lost.csv", size=5))
    found.work.write("table.csv.dvc", pointer(found.keep(b"a,b\n1,2\n"), "table.csv", size=8))
    found.work.write("dvc.yaml", "stages:\n  train:\n    cmd: x\n    outs: [out/deep/model.bin]\n")
    model = found.keep(b"\0model")
    out = f"    - path: out/deep/model.bin\n      hash: md5\n      md5: {model}\n      size: 6\n"
    found.work.write("dvc.lock", f"schema: '2.0'\nstages:\n  train:\n    outs:\n{out}")
    found.work.write(".gitattributes", "*.big filter=lfs diff=lfs merge=lfs -text\n")
    found.work.write("a.big", found.lfs(b"big content\n"))
    found.work.write("b.big", f"version https://git-lfs.github.com/spec/v1\noid sha256:{'1' * 64}\nsize 77\n")
    found.push()
    return found
