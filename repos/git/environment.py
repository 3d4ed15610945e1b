"""What a git process gets to see: a clean environment, and the hub's configuration handed over in it.

Nothing of the machine's own configuration reaches git: no HOME, no system file; and repositories on disk need no
settings of their own.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

HIDDEN_REFS = "refs/hub/"

BASE_CONFIG: Mapping[str, str] = {
    "safe.directory": "*",
    # SECURITY: no hook found in a repository folder is ever run.
    "core.hooksPath": os.devnull,
    "core.quotePath": "false",
    # What has been answered "ok" must survive a power cut.
    "core.fsync": "all",
    # Larger files are streamed, neither held in memory nor compared for deltas.
    "core.bigFileThreshold": "32m",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "receive.autogc": "false",
    "transfer.hideRefs": HIDDEN_REFS.rstrip("/"),
    "init.templateDir": "",
    "protocol.allow": "never",
}


def environment(
    git_dir: Path | None,
    *,
    env: Mapping[str, str] | None = None,
    config: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The whole environment of a git process: nothing is inherited but PATH and the temporary folder."""
    values = {
        "PATH": os.environ.get("PATH", os.defpath),
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
    }
    if "TMPDIR" in os.environ:
        values["TMPDIR"] = os.environ["TMPDIR"]
    if git_dir is not None:
        values["GIT_DIR"] = str(git_dir)
    settings = {**BASE_CONFIG, **(config or {})}
    values["GIT_CONFIG_COUNT"] = str(len(settings))
    for index, (key, value) in enumerate(settings.items()):
        values[f"GIT_CONFIG_KEY_{index}"] = key
        values[f"GIT_CONFIG_VALUE_{index}"] = value
    return {**values, **(env or {})}
