"""Files as things to talk about: where they are, and their lines at a commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from hub.lib.errors import NotFound
from hub.lib.render.text import decode
from repos.git import objects, tree
from repos.git.objects import Missing
from repos.models import Repository
from repos.paths import git_dir
from repos.subjects import Found, Start, is_held

MOST_BYTES = 1024 * 1024


def files_named(repository: Repository, keys: Sequence[str]) -> Mapping[str, Found]:
    """Files by their paths, on the default branch; whether they are still there is not asked for lists."""
    return {key: Found(key, f"/src/{quote(repository.default_branch)}/{quote(key)}") for key in keys}


def file_start(repository: Repository, key: str, ref: str) -> Start:
    """A file at a ref, the default branch without one; raises NotFound."""
    folder = git_dir(repository)
    try:
        place = objects.resolve(folder, f"{ref or repository.default_branch}/{key}")
    except Missing:
        raise NotFound("There is no such branch, tag or commit.") from None
    entry = tree.find(folder, place.commit, place.path)
    if entry is None:
        if not is_held(repository, place.commit, key):
            raise NotFound(f"There is no file {key[:200]} at this commit.")
        return Start(place.commit)
    if entry.kind not in {"file", "symlink"}:
        raise NotFound("That is no file.", next_step="Talk about one of the files in it.")
    if entry.kind == "symlink" or objects.blob_size(folder, entry.id) > MOST_BYTES:
        return Start(place.commit)
    data = objects.read_blob(folder, entry.id)
    return Start(place.commit, () if objects.is_binary(data) else decode(data)[0].splitlines())
