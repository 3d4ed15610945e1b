"""Which artifacts of a run are its logs: what lies in a folder `logs`, and files called as programs call them."""

from __future__ import annotations

import re

from repos.models import Repository
from storage.selectors import list_tree
from tracking.locations import SPACE
from tracking.models import Run
from tracking.selectors.run_page import artifact_folder

MOST_LOOKED_AT = 2000
"""Files of a run among which its logs are looked for: every page of a run asks whether there are any."""

_named_so = re.compile(r"(?:.*\.(?:log|out|err)(?:\.\d+|\.txt)?|(?:stdout|stderr|console|output)(?:\.txt)?)", re.I)
_below_logs = re.compile(r"(?:^|/)logs?/")
_text = re.compile(r".*\.(?:txt|log|out|err|jsonl?|\d+)|[^.]*", re.I)


def is_log(path: str) -> bool:
    """Whether an artifact at this path, below the run's folder, is a log: in `logs/`, or `*.log`, `stdout.txt`, …."""
    name = path.rpartition("/")[2]
    if _named_so.fullmatch(name):
        return True
    return _below_logs.search(path) is not None and _text.fullmatch(name) is not None


def logs_of(repository: Repository, run: Run) -> list[tuple[str, int]]:
    """Path and bytes of each log of a run, by path, among its first MOST_LOOKED_AT files."""
    folder = artifact_folder(run)
    if folder is None:
        return []
    files = list_tree(repository, SPACE, folder).values_list("key", "size")[:MOST_LOOKED_AT]
    found = [(key[len(folder) + 1 :], size) for key, size in files]
    return [(path, size) for path, size in found if is_log(path)]


def has_logs(repository: Repository, run: Run) -> bool:
    """Whether the run has a log."""
    return bool(logs_of(repository, run))
