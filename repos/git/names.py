"""Names of refs and paths: bytes in git, text in addresses and on pages, and the way between the two."""

from __future__ import annotations

import codecs
import os
import re
from urllib.parse import unquote_to_bytes

from dulwich.index import validate_path_element_hfs, validate_path_element_ntfs
from dulwich.refs import Ref, check_ref_format

MAX_LENGTH = 4096

_commit_id = re.compile(r"[0-9a-f]{40}")
_abbreviated = re.compile(r"[0-9a-f]{4,40}")
_escape = re.compile(rb"%[0-9A-Fa-f]{2}")


def _percent(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    broken = error.object[error.start : error.end]
    return "".join(f"%{byte:02X}" for byte in broken), error.end


codecs.register_error("percent", _percent)


def as_text(raw: bytes) -> str:
    """The name as text that every page and address can carry; bytes that are not UTF-8 become `%FF`."""
    return raw.decode("utf-8", "percent")


def as_argument(raw: bytes) -> str:
    """The name as an argument of a git process, which gets the very same bytes back."""
    return os.fsdecode(raw)


def readings(text: str) -> list[bytes]:
    """The byte names a text may stand for, most likely first; empty when no git name can be meant.

    The inverse of as_text: `caf%E9` may be a file of that very name, or one whose name is not UTF-8.
    """
    if "\0" in text or len(text) > MAX_LENGTH:
        return []
    plain = text.encode("utf-8", "replace")
    if not _escape.search(plain):
        return [plain]
    decoded = unquote_to_bytes(plain)
    return [plain] if b"\0" in decoded else [plain, decoded]


def may_be_in_tree(path: bytes) -> bool:
    """Whether git may be asked for this path: it fails, rather than find nothing, at those that lead out of a tree."""
    return not path.startswith(b"/") and b".." not in path.split(b"/")


def is_commit_id(text: str) -> bool:
    """Whether the text is a full object id."""
    return bool(_commit_id.fullmatch(text))


def may_be_commit_id(text: str) -> bool:
    """Whether the text may be an abbreviated or full object id."""
    return bool(_abbreviated.fullmatch(text))


def is_plain_path(path: bytes) -> bool:
    """Whether a commit made in the browser may write this path: relative, no empty or dotted steps, not `.git`.

    SECURITY: the same rules as git's fsck, so that a clone never writes outside its folder or into its own `.git`,
    whatever file system it is made on.
    """
    if not path or len(path) > MAX_LENGTH or b"\0" in path:
        return False
    return all(
        step and validate_path_element_ntfs(step) and validate_path_element_hfs(step) for step in path.split(b"/")
    )


def is_branch_name(text: str) -> bool:
    """Whether git takes the text as the name of a branch or tag."""
    raw = text.encode("utf-8", "replace")
    return len(raw) <= 200 and not raw.startswith(b"-") and check_ref_format(Ref(b"heads/" + raw)) and raw != b"HEAD"
