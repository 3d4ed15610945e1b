"""What pages need to show where a thread is on changed data."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django import template

from collab.marks import mark_words
from collab.models import PullRequest
from collab.selectors.pull_data import DataClash, clashes_of
from collab.views.files import FileView
from collab.views.marks import kinds_of

register = template.Library()


@register.filter
def words_of_mark(place: Mapping[str, Any]) -> str:
    """`cell 3`, `row 17 of table.csv` …; "" for lines and whole files."""
    return mark_words(place)


@register.filter
def mark_at(place: Mapping[str, Any]) -> str:
    """A place as JSON, for the element that shows threads where they belong."""
    return json.dumps(place) if mark_words(place) else ""


@register.filter
def can_be_marked(path: str) -> bool:
    """Whether parts of what changed in a file can be talked about."""
    return bool(kinds_of(path))


@register.filter
def has_talk_on_data(files: Iterable[FileView]) -> bool:
    """Whether a thread of these files may have to be moved to a part of their data."""
    return any(view.others for view in files)


@register.simple_tag
def data_clashes(pull: PullRequest) -> list[DataClash]:
    """What both sides of a pull request changed in its data: `{% data_clashes pull as clashes %}`."""
    return clashes_of(pull)
