"""Which changed files nobody wrote by hand: by name, and by what the repository's .gitattributes says of them."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

from repos.git import objects, tree
from repos.git.process import GitError, run

ATTRIBUTE = "linguist-generated"
MAX_ATTRIBUTES = 256 * 1024
_names = re.compile(
    rb"(?:^|/)(?:package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lock|deno\.lock|poetry\.lock"
    rb"|uv\.lock|pdm\.lock|pixi\.lock|Pipfile\.lock|conda-lock\.ya?ml|Cargo\.lock|go\.sum|composer\.lock|Gemfile\.lock"
    rb"|flake\.lock|renv\.lock|gradle\.lockfile|[^/]+\.min\.(?:js|css)|[^/]+\.(?:js|css)\.map|[^/]+_pb2(?:_grpc)?\.py"
    rb"|[^/]+\.pb\.(?:go|cc|h))$"
)


def generated(git_dir: Path, commit: str, paths: Sequence[bytes]) -> set[bytes]:
    """Those of the paths that are generated, as of a commit. A git process only when .gitattributes speaks of it."""
    said = _said(git_dir, commit, paths)
    return {path for path in paths if said.get(path, _names.search(path) is not None)}


def _said(git_dir: Path, commit: str, paths: Sequence[bytes]) -> dict[bytes, bool]:
    """What the .gitattributes at the root says of each path that it speaks of."""
    entry = tree.find(git_dir, commit, b".gitattributes")
    if entry is None or entry.kind != "file" or objects.blob_size(git_dir, entry.id) > MAX_ATTRIBUTES:
        return {}
    text = objects.read_blob(git_dir, entry.id)
    if ATTRIBUTE.encode() not in text or not paths:
        return {}
    with tempfile.NamedTemporaryFile(suffix=".gitattributes") as file:
        file.write(text)
        file.flush()
        # git's own matcher: patterns of other people must not run as regular expressions here.
        try:
            answer = run(
                git_dir,
                "check-attr",
                "-z",
                "--stdin",
                ATTRIBUTE,
                input=b"".join(path + b"\0" for path in paths),
                config={"core.attributesFile": file.name},
            )
        except GitError:
            return {}
    fields = answer.split(b"\0")
    rows = zip(fields[0::3], fields[2::3], strict=False)
    return {path: value in {b"set", b"true"} for path, value in rows if value != b"unspecified"}
