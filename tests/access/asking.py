"""Asks the hub as its server does, and tells what must not happen: a failure of ours, or a refusal that left a trace."""

from __future__ import annotations

import copy
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.db import connection, transaction
from django.http import QueryDict
from django.test import Client
from django.test.client import ClientHandler
from django.utils.datastructures import MultiValueDict

from hub.wsgi import HubHandler

# What a request may leave behind whatever it asks: the session, and what allauth notes of a person's address.
NOT_COUNTED = {"django_session", "account_emailaddress"}


class ServerHandler(ClientHandler, HubHandler):
    """The test client's handler with the hub's two chains: wire doors go without middleware, as on the server."""


def on_the_server(visitor: Client) -> Client:
    """The same visitor (cookies, headers), asking through the chains of the server."""
    visitor.handler = ServerHandler(visitor.handler.enforce_csrf_checks)
    return visitor


@cache
def _counting() -> str:
    names = sorted(set(connection.introspection.table_names()) - NOT_COUNTED)
    return " UNION ALL ".join(f"SELECT '{name}', count(*) FROM \"{name}\"" for name in names)


def row_counts() -> dict[str, int]:
    """How many rows each table has."""
    with connection.cursor() as cursor:
        cursor.execute(_counting())
        return dict(cursor.fetchall())


@dataclass
class Attempts:
    """Requests of one visitor; `faults` tells those that were answered wrongly. Whatever they did is undone."""

    visitor: Client
    faults: list[str] = field(default_factory=list)
    may: frozenset[int] = frozenset()
    """Answers from 500 on that a door gives on purpose."""

    def ask(self, verb: str, address: str, body: bytes = b"", kind: str = "", headers: Any = None) -> int:
        """Send one request and judge its answer; returns the status (0: it raised)."""
        shown = f"{verb} {address[:160]} {kind[:40]} {body[:120]!r} {str(headers or '')[:120]}"
        if verb in ("GET", "HEAD"):  # These write nothing, whatever they are asked: finish() sees to that.
            return self._status(shown, verb, address, body, kind, headers)
        cookies = copy.deepcopy(self.visitor.cookies)
        with transaction.atomic():
            before = row_counts()
            status = self._status(shown, verb, address, body, kind, headers)
            if status >= 400 and row_counts() != before:
                self.faults.append(f"{status} but wrote: {shown}")
            transaction.set_rollback(True)
        self.visitor.cookies = cookies
        return status

    def _status(self, shown: str, verb: str, address: str, body: bytes, kind: str, headers: Any) -> int:
        environ = {"CONTENT_TYPE": kind, "CONTENT_LENGTH": str(len(body))}
        for name, value in (headers or {}).items():
            environ["HTTP_" + name.upper().replace("-", "_")] = value
        try:
            answer = self.visitor.generic(verb, address, body, content_type=kind, **environ)  # type: ignore[arg-type]
            for _ in answer.streaming_content if answer.streaming else ():  # type: ignore[attr-defined]
                pass
        except Exception as error:
            self.visitor.exc_info = None
            self.faults.append(f"{type(error).__name__}: {str(error)[:150]} at {_where(error)}: {shown}")
            return 0
        if answer.status_code >= 500 and answer.status_code not in self.may:
            self.faults.append(f"{answer.status_code}: {shown}")
        return int(answer.status_code)


def _where(error: Exception) -> str:
    """The last lines of our own that an exception went through."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if ".venv" not in frame.filename and "/tests/" not in frame.filename]
    return " < ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in reversed(ours[-3:])) or "?"


@contextmanager
def noted_fields() -> Iterator[set[str]]:
    """Which parameters and fields are looked at meanwhile, by name."""
    seen: set[str] = set()
    item, listed = MultiValueDict.__getitem__, MultiValueDict._getlist

    def note_item(self: Any, key: Any) -> Any:
        if isinstance(self, QueryDict):
            seen.add(key)
        return item(self, key)

    def note_list(self: Any, key: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(self, QueryDict):
            seen.add(key)
        return listed(self, key, *args, **kwargs)

    MultiValueDict.__getitem__, MultiValueDict._getlist = note_item, note_list
    try:
        yield seen
    finally:
        MultiValueDict.__getitem__, MultiValueDict._getlist = item, listed
