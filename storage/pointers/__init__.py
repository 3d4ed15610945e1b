"""What small files in Git say about data that lies elsewhere: `.dvc` files, `dvc.lock`, directory lists; no models."""

from __future__ import annotations

from storage.pointers.files import Out, is_pointer, outs_of_file, outs_of_lock
from storage.pointers.lists import BadList, Listed, read_list

__all__ = ["BadList", "Listed", "Out", "is_pointer", "outs_of_file", "outs_of_lock", "read_list"]
