"""Merges what both sides of a pull request say of data: directories file by file, stages one by one."""

from __future__ import annotations

from accounts.actor import Actor
from collab.models import PullRequest
from collab.selectors.pull_data import entries_in, sources_of
from repos.git.resolving import Clash, Resolver
from repos.models import Repository
from storage.pointers.files import object_key
from storage.pointers.merging import Entries, Merged, may_merge, merge_file
from storage.pointers.writing import list_blocks
from storage.services.contents import put_content
from storage.spaces import DVC


def data_resolver(pull: PullRequest, *, keeps_for: Actor | None = None, into: Repository | None = None) -> Resolver:
    """Resolves conflicts of `.dvc` files, `dvc.lock` and `.gitignore` where both sides can have what they changed.

    With `keeps_for` the lists of merged directories are stored as well, in the base's store or that of `into`; without,
    nothing is written, which suffices to know whether a merge would do. As after a `dvc push` that was broken off, they
    stay when the merge is refused later.
    """
    homes = [pull.repository, *sources_of(pull)]

    def resolve(clash: Clash) -> bytes | None:
        if not may_merge(clash.path):
            return None
        found = merge_file(clash.path, clash.base, clash.ours, clash.theirs, lambda md5: entries_in(homes, md5))
        if not isinstance(found, Merged):
            return None
        if keeps_for is not None:
            for md5, entries in found.lists.items():
                _keep(into or pull.repository, md5, entries, keeps_for)
        return found.data

    return resolve


def _keep(repository: Repository, md5: str, entries: Entries, actor: Actor) -> None:
    put_content(
        repository=repository,
        space=DVC,
        key=f"{object_key(md5)}.dir",
        chunks=list_blocks(sorted(entries.items())),
        md5=md5,
        want_md5=True,
        actor=actor,
    )
