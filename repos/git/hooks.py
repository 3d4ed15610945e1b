"""The one hook the hub runs: git's `update`, by which a push may lose some of its refs and keep the others.

Everything that can be told from the names is decided before git starts. Whether a push rewrites history can
only be told once its objects are there, so the question is asked inside receive-pack, ref by ref, by this
script; it reads a file of rules made for this one push. Rules that it cannot read refuse.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

RULES_VARIABLE = "HUB_PUSH_RULES"
LOCKED, FORWARD = b"locked", b"forward"

_SCRIPT = f"""\
#!/bin/sh
# update <ref> <old> <new>: refuses what the rules of this push forbid. Written by the hub; changes are lost.
LC_ALL=C
ruled() {{
    grep -Fxq -e "$1" "${RULES_VARIABLE}"
    case $? in 0) return 0 ;; 1) return 1 ;; *) exit 1 ;; esac
}}
if ruled "locked $1"; then exit 1; fi
if ruled "forward $1"; then exec git merge-base --is-ancestor "$2" "$3"; fi
exit 0
"""


class HooksUnusable(Exception):
    """The hook cannot be executed where it lies, so that protected branches could not be kept."""


def ensure_hooks(folder: Path) -> Path:
    """Return a folder below `folder` that holds this release's `update` hook, written when missing.

    Raises HooksUnusable where files cannot be executed.
    """
    place = folder / hashlib.sha256(_SCRIPT.encode()).hexdigest()[:16]
    script = place / "update"
    if not script.exists():
        place.mkdir(parents=True, exist_ok=True)
        draft = place / f"update.{os.getpid()}"
        draft.write_text(_SCRIPT)
        draft.chmod(0o755)
        draft.replace(script)
    # SECURITY: git silently skips a hook it may not execute (noexec mounts), and every protection with it.
    if not os.access(script, os.X_OK):
        raise HooksUnusable(f"{script} cannot be executed; is the data folder mounted noexec?")
    return place
