"""Atom feeds (RFC 4287): entries in, an answer out that says when nothing is new."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.feedgenerator import Atom1Feed
from django.utils.http import quote_etag

# XML has no way to write these, whoever put them into a title.
_unwritable = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: `url` is whole and names it for ever with `key`; `html` is safe HTML, "" for none."""

    key: str
    title: str
    url: str
    author: str
    when: dt.datetime
    html: str = ""


def atom(request: HttpRequest, *, title: str, page: str, entries: Sequence[Entry]) -> HttpResponseBase:
    """A feed of the entries, the newest first; 304 when the reader has it already. `page` is the feed's page, whole."""
    words = "|".join(f"{each.key} {each.when.isoformat()} {each.title} {len(each.html)}" for each in entries)
    etag = quote_etag(hashlib.sha256(f"{title}|{page}|{words}".encode(errors="replace")).hexdigest()[:32])
    latest = max((each.when for each in entries), default=None)
    known = get_conditional_response(request, etag=etag, last_modified=int(latest.timestamp()) if latest else None)
    if known is not None:
        return known
    feed = Atom1Feed(
        title=_written(title), link=page, description="", feed_url=request.build_absolute_uri(request.path)
    )
    for each in entries:
        feed.add_item(
            title=_written(each.title), link=each.url, description=_written(each.html), unique_id=f"{page}#{each.key}",
            author_name=each.author or "somebody", pubdate=each.when, updateddate=each.when,
        )  # fmt: skip
    answer = HttpResponse(content_type="application/atom+xml; charset=utf-8")
    feed.write(answer, "utf-8")
    answer["ETag"] = etag
    if latest is not None:
        answer["Last-Modified"] = latest.astimezone(dt.UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
    # SECURITY: what a feed holds depends on who asks: nothing between the hub and its reader may keep it.
    answer["Cache-Control"] = "private, no-cache"
    answer["Referrer-Policy"] = "no-referrer"
    return answer


def _written(text: str) -> str:
    return _unwritable.sub("\ufffd", text)
