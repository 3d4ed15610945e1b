"""Has notebooks drawn by a worker, so that a large or broken one never holds up a page."""

from __future__ import annotations

import structlog
from django.core.cache import cache
from django.db import transaction

from hub.lib.errors import Invalid
from hub.lib.render import notebook
from jobs.services import enqueue
from repos.git import objects
from repos.models import Rendering, Repository
from repos.paths import git_dir
from repos.selectors.renderings import Drawing, cache_key, drawing

log = structlog.get_logger()

MAX_BYTES = 32 * 1024 * 1024


def request_drawing(*, repository: Repository, blob_id: str) -> Drawing:
    """A worker has been asked to draw the notebook, unless that is done, failed or asked already; how it stands."""
    found = drawing(repository, blob_id)
    if found.is_settled:
        return found
    with transaction.atomic():
        row, _ = Rendering.objects.get_or_create(repository=repository, blob_id=blob_id)
        enqueue("repos.draw_notebook", row.pk, queue="render")
    return found


def draw_notebook(rendering_id: int) -> None:
    """The notebook's HTML is in the cache, or the row says why it cannot be drawn."""
    row = Rendering.objects.select_related("repository").filter(pk=rendering_id).first()
    if row is None:
        return
    html, error = _drawn(row)
    if html:
        cache.set(cache_key(row.blob_id), html)
    row.error = error
    row.save(update_fields=["error"])


def _drawn(row: Rendering) -> tuple[str, str]:
    folder = git_dir(row.repository)
    try:
        if objects.blob_size(folder, row.blob_id) > MAX_BYTES:
            return "", "It is too large to be drawn here."
        return notebook.render(objects.read_blob(folder, row.blob_id)), ""
    except objects.Missing:
        return "", "The file is gone."
    except Invalid as error:
        return "", f"{error.message} {error.next_step}".strip()
    except Exception as error:  # A notebook is other people's input: whatever is wrong with it, the page must say so.
        log.warning("notebook_not_drawn", rendering=row.pk, error=type(error).__name__)
        return "", "It is no notebook that can be read; its source may tell why."
