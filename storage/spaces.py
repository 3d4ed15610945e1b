"""The spaces of keys that a repository's data remotes use, and how each of them names an object."""

from __future__ import annotations

from django.conf import settings

DVC = "dvc"
LFS = "lfs"
DATA = "data"
"""The bucket that S3 clients know by the repository's own name."""


def dvc_keys(md5: str, *, is_dir: bool = False) -> tuple[str, str]:
    """Where DVC keeps what has this MD5 (32 hexadecimal digits): the key of DVC 3, then that of DVC 2.

    A directory is kept as a JSON list of its files under a key that ends in `.dir`.
    """
    name = f"{md5[:2]}/{md5[2:]}{'.dir' if is_dir else ''}"
    return f"files/md5/{name}", name


def lfs_key(oid: str) -> str:
    """Where Git LFS keeps what has this SHA-256 (64 hexadecimal digits): in folders, so that pages can list them."""
    return f"{oid[:2]}/{oid[2:4]}/{oid}"


def keeps_versions(space: str) -> bool:
    """Whether replaced and deleted objects stay to be restored: where people choose the keys, not their digests."""
    return space == DATA and settings.VERSION_DAYS > 0
