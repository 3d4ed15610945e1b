"""What changes stored objects: putting, copying, deleting, and collecting what nobody refers to any more."""

from __future__ import annotations

from storage.services.collection import Collected, collect_garbage
from storage.services.contents import copy_object, put_object
from storage.services.objects import delete_object, delete_tree
from storage.services.upkeep import Findings, adopt_orphans, check_store, forget_usage, move_usage, recount_usage
from storage.services.uploads import (
    Cleared,
    WrongOrder,
    WrongPart,
    abort_upload,
    clear_uploads,
    complete_upload,
    put_part,
    start_upload,
)
from storage.services.versions import delete_version, expire_versions, restore_version

__all__ = [
    "Cleared",
    "Collected",
    "Findings",
    "WrongOrder",
    "WrongPart",
    "abort_upload",
    "adopt_orphans",
    "check_store",
    "clear_uploads",
    "collect_garbage",
    "complete_upload",
    "copy_object",
    "delete_object",
    "delete_tree",
    "delete_version",
    "expire_versions",
    "forget_usage",
    "move_usage",
    "put_object",
    "put_part",
    "recount_usage",
    "restore_version",
    "start_upload",
]
