"""The place on a page where people talk about what it shows."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import template
from django.urls import reverse

from repos.models import Repository

register = template.Library()


@register.inclusion_tag("repos/_talk.html")
def talk_about(repo: Repository, kind: str, key: object, at: str = "") -> dict[str, Any]:
    """A fold with what is said about a thing, fetched once the page stands: it costs the page itself nothing.

    `kind` is one of repos.subjects, `key` the thing in its repository, `at` the commit whose text is shown.
    """
    words = {"subject": kind, "key": str(key), **({"at": at} if at else {})}
    return {"url": f"{reverse('collab:talk_about', args=[repo.owner.slug, repo.name])}?{urlencode(words)}"}
