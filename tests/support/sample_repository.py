"""A real repository with everything pages must cope with: merges, renames, odd names, links, big and binary files."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

NOT_UTF8 = b"caf\xe9.txt"
ODD = "odd names/with space & <b>bold</b> ü ☃ #1?.md"


class Work:
    """A work tree in which tests commit with git itself; every commit is a minute after the one before."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = 1_767_225_600  # 2026-01-01 UTC
        folder.mkdir(parents=True)
        self.git("init", "-q", "-b", "main")

    def git(self, *args: str | bytes, env: Mapping[str, str] | None = None) -> str:
        """Run git here and give its output."""
        stamp = f"{self.clock} +0000"
        base = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "Ada Lovelace",
            "GIT_AUTHOR_EMAIL": "ada@example.org",
            "GIT_COMMITTER_NAME": "Ada Lovelace",
            "GIT_COMMITTER_EMAIL": "ada@example.org",
            "GIT_AUTHOR_DATE": stamp,
            "GIT_COMMITTER_DATE": stamp,
        }
        done = subprocess.run(["git", *args], cwd=self.folder, env={**base, **(env or {})}, capture_output=True)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode("utf-8", "replace").strip()

    def write(self, path: str | bytes, content: str | bytes) -> None:
        """Write a file, with its folders."""
        name = os.fsencode(path)
        target = os.path.join(os.fsencode(self.folder), name)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)

    def commit(self, message: str, *, author: str = "Ada Lovelace") -> str:
        """Commit everything and give the id."""
        self.clock += 60
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message, env={"GIT_AUTHOR_NAME": author})
        return self.git("rev-parse", "HEAD")


def picture(width: int = 48, height: int = 32) -> bytes:
    """A PNG of a soft gradient."""
    rows = b"".join(
        b"\0" + b"".join(bytes(((90 + x * 3) % 256, (80 + y * 4) % 256, 60)) for x in range(width))
        for y in range(height)
    )

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def notebook() -> str:
    """A small notebook with text, code and output."""
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": ["# Look at the data\n", "Some *words*."]},
        {
            "cell_type": "code",
            "execution_count": 1,
            "metadata": {},
            "source": ["print(1 + 1)"],
            "outputs": [{"output_type": "stream", "name": "stdout", "text": ["2\n"]}],
        },
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return json.dumps({"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5})


README = """# Stones

Predicts how a stack of stones settles. ![A picture](docs/picture.png)

- [Training](src/train.py)
- [Guide](docs/guide.md)

```python
from stones import settle
print(settle(9))
```

| model | error |
|---|---:|
| linear | 0.31 |
| forest | 0.12 |
"""

TRAIN = '''"""Trains the model."""

from __future__ import annotations

import math


def loss(prediction: float, target: float) -> float:
    """Squared error."""
    return (prediction - target) ** 2


def train(rate: float = 0.1, steps: int = 100) -> float:
    """Walk downhill and give where it ends."""
    position = 9.0
    for step in range(steps):
        position -= rate * math.cos(position) * step
    return position


if __name__ == "__main__":
    print(train())
'''


def build(folder: Path) -> Work:
    """The sample in a work tree: branches main, feature/slope and old, tags v1.0 (annotated) and light."""
    work = Work(folder)
    work.write("README.md", README)
    work.write("LICENSE", "Apache License\nVersion 2.0\n")
    work.write("src/train.py", TRAIN)
    work.write("src/data/loader.py", "def load():\n    return []\n")
    work.commit("Start with a loader and a loss")
    work.write("docs/guide.md", "# Guide\n\nRead the *guide*.\n")
    work.write("docs/picture.png", picture())
    work.write("docs/drawing.svg", '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')
    work.write("docs/page.html", "<script>alert(document.cookie)</script>")
    work.write("data/stones.csv", "name,weight,place\ngranite,2.65,Alps\nslate,2.8,Wales\nbasalt,3.0,Iceland\n")
    work.write("notebooks/explore.ipynb", notebook())
    work.commit("Add documents, data and a notebook\n\nThe drawing is an SVG.\n", author="Grace Hopper")
    work.git("tag", "-a", "v1.0", "-m", "First release")
    work.git("branch", "old")
    work.git("checkout", "-q", "-b", "feature/slope")
    work.write("src/train.py", TRAIN.replace("rate: float = 0.1", "rate: float = 0.05"))
    work.commit("Walk more slowly", author="Grace Hopper")
    work.git("checkout", "-q", "main")
    work.git("mv", "src/data/loader.py", "src/data/reading.py")
    work.commit("Call the loader what it is")
    work.write(ODD, "# Odd\n")
    work.write(NOT_UTF8, b"latin-1: \xe9\n")
    work.write("data/blob.bin", bytes(range(256)) * 8)
    os.symlink("README.md", folder / "link.md")
    work.commit("Odd names")
    work.clock += 60
    work.git("merge", "-q", "--no-ff", "-m", "Merge branch 'feature/slope'", "feature/slope")
    work.git("tag", "light")
    work.git("checkout", "-q", "feature/slope")
    work.write("src/slope.py", "SLOPE = 3\n")
    work.commit("Add the slope")
    work.git("checkout", "-q", "main")
    return work


def bare_copy(work: Work, target: Path, also: Callable[[Path], None] | None = None) -> Path:
    """Every ref of the work tree in a bare repository."""
    target.parent.mkdir(parents=True, exist_ok=True)
    work.git("clone", "-q", "--mirror", str(work.folder), str(target))
    if also:
        also(target)
    return target
