"""What changes stored objects: putting, copying, deleting, and collecting what nobody refers to any more."""

from __future__ import annotations

from storage.services.collection import Collected, collect_garbage
from storage.services.objects import copy_object, delete_object, delete_tree, put_object
from storage.services.upkeep import Findings, adopt_orphans, check_store, forget_usage, move_usage, recount_usage

__all__ = [
    "Collected",
    "Findings",
    "adopt_orphans",
    "check_store",
    "collect_garbage",
    "copy_object",
    "delete_object",
    "delete_tree",
    "forget_usage",
    "move_usage",
    "put_object",
    "recount_usage",
]
