"""Notebooks drawn by a worker: what is ready, what failed, what is awaited."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.cache import cache
from django.utils.safestring import SafeString, mark_safe

from repos.models import Rendering, Repository

# Raise it when the drawing changes, so that kept pages are drawn anew.
RELEASE = 1


@dataclass(frozen=True, slots=True)
class Drawing:
    """A notebook's HTML, or why there is none; with neither it has not been drawn yet."""

    html: SafeString | None = None
    error: str = ""

    @property
    def is_settled(self) -> bool:
        """There is nothing to wait for."""
        return bool(self.html or self.error)


def cache_key(blob_id: str) -> str:
    """Where the HTML of a notebook is kept; the same bytes give the same page in every repository."""
    return f"notebook:{RELEASE}:{blob_id}"


def drawing(repository: Repository, blob_id: str) -> Drawing:
    """What is known of a notebook's drawing now."""
    html: str | None = cache.get(cache_key(blob_id))
    if html is not None:
        return Drawing(html=mark_safe(html))  # noqa: S308 (hub.lib.render.notebook gives safe HTML only)
    row = Rendering.objects.filter(repository=repository, blob_id=blob_id).first()
    return Drawing(error=row.error if row else "")
