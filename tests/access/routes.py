"""Reads the routes out of the whole URLconf, with their converters taken off: `/<owner>/<name>/settings`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RegexPattern

_word = re.compile(r"<(?:\w+:)?(\w+)>")
_group = re.compile(r"\(\?P<(\w+)>")


def mounted_routes() -> set[str]:
    """Every route that the hub answers, as the table writes them."""
    return set(_below(get_resolver(), ""))


def _below(resolver: URLResolver, prefix: str) -> Iterator[str]:
    for entry in resolver.url_patterns:
        here = prefix + _readable(entry)
        if isinstance(entry, URLPattern):
            yield "/" + here
        else:
            yield from _below(entry, here)


def _readable(entry: URLPattern | URLResolver) -> str:
    text = str(entry.pattern)
    if not isinstance(entry.pattern, RegexPattern):
        return _word.sub(r"<\1>", text)
    return _without_groups(text.removeprefix("^").removesuffix("$"))


def _without_groups(text: str) -> str:
    """`key/(?P<id>[0-9]+)` → `key/<id>`; what is not a named group stays as it is."""
    match = _group.search(text)
    if match is None:
        return text
    depth, end = 1, match.end()
    while depth:
        depth += {"(": 1, ")": -1}.get(text[end], 0)
        end += 1
    return f"{text[: match.start()]}<{match[1]}>{_without_groups(text[end:])}"
