"""Begins talk about what changed in data: cells, rows, regions of pictures, files of directories."""

from __future__ import annotations

from typing import Any

from accounts.actor import Actor
from collab.marks import Place
from collab.models import PullRequest, Review, Thread
from collab.selectors.threads_of_change import CHANGE
from collab.services.comments import begin_thread
from hub.lib.errors import Invalid, NotFound
from hub.lib.render import notebook
from hub.lib.render.notebook_outputs import Limits
from repos.git import diffs, objects
from repos.git.diffs import EMPTY_TREE, FileChange
from repos.paths import git_dir
from storage.pointers import is_pointer
from storage.tracked import tracked_at

EXCERPT_LINES = 12
NOTEBOOK = ".ipynb"


def begin_on_mark(
    *, actor: Actor, pull: PullRequest, path: str, place: Place, body: str, review: Review | None = None
) -> Thread:
    """Begin to talk about a place that collab.marks has read, in the change of a file (its path in Git).

    Raises NotFound for a file that does not differ or a cell that is not in it, Invalid for a file that the pointer
    does not stand for, Unauthenticated, Forbidden.
    """
    change = _change_at(pull, path)
    if "file" in place:
        _check_file(pull, change, str(place["file"]))
    excerpt: list[list[Any]] = []
    if "cell" in place and path.endswith(NOTEBOOK):
        place, excerpt = _cell_in(pull, change, place)
    return begin_thread(
        actor=actor,
        repository=pull.repository,
        subject=CHANGE,
        key=change.path_text,
        place=place,
        body=body,
        topic=pull.topic,
        commit=pull.head_commit,
        excerpt=excerpt,
        review=review,
    )


def _change_at(pull: PullRequest, path: str) -> FileChange:
    old = pull.merge_base or EMPTY_TREE
    changes = diffs.changed_files(git_dir(pull.repository), old, pull.head_commit, counts=False)
    found = next((each for each in changes if each.path_text == path), None)
    if found is None:
        raise NotFound("That file is not changed any more.", next_step="Load the page again.")
    return found


def _check_file(pull: PullRequest, change: FileChange, file: str) -> None:
    """Only what the changed pointer stands for, before or after, can be talked about there."""
    if file == change.path_text:
        return
    pointers = {change.path_text, change.old_path_text}
    for commit in filter(None, (pull.head_commit, pull.merge_base)) if is_pointer(change.path_text) else ():
        holding = tracked_at(pull.repository, commit).holding(file)
        if holding is not None and holding[0].pointer in pointers:
            return
    raise Invalid(f"{change.path_text} does not stand for {file[:200]}.", field="file")


def _cell_in(pull: PullRequest, change: FileChange, place: Place) -> tuple[Place, list[list[Any]]]:
    """The cell with the number that it has now, and its first lines; of a removed one those that it had."""
    sides = [_cells(pull, sha) for sha in (change.new_id, change.old_id)]
    if not any(sides):
        return place, []  # The content lies elsewhere: the cell cannot be looked up.
    numbered = [(number, name, source) for cells in sides for number, (_, source, _, name) in enumerate(cells, 1)]
    wanted = place["cell"]
    # By the id, which stays when cells are moved; people count.
    by_id = [row for row in numbered if row[1] == wanted]
    for number, name, source in by_id or [row for row in numbered if str(row[0]) == wanted]:
        excerpt = [[" ", at, line[:1000]] for at, line in enumerate(source.split("\n")[:EXCERPT_LINES], 1)]
        return {**place, "cell": name or str(number), "number": number}, excerpt
    raise NotFound("The notebook has no such cell.", field="cell", next_step="Load the page again.")


def _cells(pull: PullRequest, sha: str) -> list[tuple[str, str, list[dict[str, Any]], str]]:
    folder = git_dir(pull.repository)
    if not sha.strip("0") or objects.blob_sizes(folder, [sha]).get(sha, 0) > Limits().notebook_bytes:
        return []
    try:
        return notebook.cells_of(objects.read_blob(folder, sha))
    except Invalid:  # An LFS pointer, or a broken notebook: there are no cells to be sure of.
        return []
