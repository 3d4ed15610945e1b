"""The WSGI application: the full middleware for pages, none of it for wire doors, and a straight way for MLflow's.

A program that logs metrics calls a thousand times where a person opens one page, and each call is over in a fraction
of a millisecond: Django's address resolver, its signals and its chain of handlers would be a third of that. So
addresses of the MLflow door are recognised here and handed over; everything else takes Django's way. So is the
question whether all is well, which is the first that a hub is asked: it does not wait until all pages are loaded.
"""

from __future__ import annotations

import gc
import os
import re
import sys
import threading
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIHandler, get_path_info
from django.db import connections
from django.http import HttpRequest, HttpResponseBase
from django.urls import set_urlconf

from hub.lib.routing import is_owner_name, is_repo_name

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")

# Wire doors need no session, CSRF, messages or HTML errors, and a program's log_metric should not pay for them.
WIRE = re.compile(
    r"/[^/]+/[^/]+\.(?:git|dvc|s3|mlflow)(?:/|$)|/[^/]+/[^/]+/(?:info/refs|git-upload-pack|git-receive-pack)$"
    r"|/api/v1/repo-buckets/s3/|/healthz$"
)
HEALTH = "/healthz"
PAGES_AFTER = 0.2  # seconds: a start is over with its first answer, and the first page is seldom asked for sooner
MLFLOW = re.compile(r"/([^/]+)/([^/]+)\.mlflow((?:/.*)?)", re.DOTALL)


class HubHandler(WSGIHandler):
    """Django's handler with a second, short chain for the addresses of wire doors."""

    _wire_chain: Callable[[HttpRequest], HttpResponseBase]
    _mlflow_door: Callable[[HttpRequest, str, str, str], HttpResponseBase]
    _health: Callable[[HttpRequest], HttpResponseBase]

    def load_middleware(self, is_async: bool = False) -> None:
        """Build both chains once."""
        from hub.health import healthz
        from tracking.mlflow.door import door

        super().load_middleware(is_async)
        view: Any = self
        chain: Any = convert_exception_to_response(view._get_response)
        self._wire_chain = chain
        self._mlflow_door = door
        self._health = healthz

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        """Answer a request of the server; what is returned yields the blocks of the body."""
        path = environ["PATH_INFO"]
        if ".mlflow" in path and (found := mlflow_address(get_path_info(environ))) is not None:
            return self._straight(environ, start_response, self._mlflow_door, *found)
        if path == HEALTH:
            return self._straight(environ, start_response, self._health)
        page: Any = super().__call__(environ, start_response)
        return page

    def _straight(self, environ: dict[str, Any], start_response: Callable[..., Any], view: Any, *words: str) -> Any:
        # In place of the signals request_started and request_finished, of which nothing else is for these.
        connections["default"].close_if_unusable_or_obsolete()
        response: Any = view(self.request_class(environ), *words)
        headers = list(response.items())
        start_response(f"{response.status_code} {response.reason_phrase}", headers)
        if response.streaming:
            return response  # Its close() sends request_finished once all is sent.
        connections["default"].close_if_unusable_or_obsolete()
        return [response.content]

    def get_response(self, request: HttpRequest) -> HttpResponseBase:
        """Answer by the chain that the address belongs to."""
        load_pages()
        if not WIRE.match(request.path_info):
            page: Any = super().get_response(request)
            return page
        set_urlconf(None)
        response: Any = self._wire_chain(request)
        response._resource_closers.append(request.close)
        return response


_loading = threading.Lock()
_loaded = threading.Event()


def load_pages() -> None:
    """All views are loaded. Two threads that loaded the same modules in different orders could see half of one."""
    if _loaded.is_set():
        return
    with _loading:
        if not _loaded.is_set():
            import_module(settings.ROOT_URLCONF)
            gc.freeze()
            _loaded.set()


def mlflow_address(path: str) -> tuple[str, str, str] | None:
    """Owner, repository and the rest of an address of the MLflow door, as hub.urls tells them; None for others."""
    match = MLFLOW.fullmatch(path)
    if match is None or not is_owner_name(match[1]) or not is_repo_name(match[2]):
        return None
    return match[1], match[2], match[3]


MARK = ".mlflow/"
SMALL = 6  # digits of the length of a body: one below a megabyte


def use_lane() -> None:
    """Quick calls of the MLflow door take turns in one lane, where Granian serves us on SQLite.

    Granian offers no place between itself and a WSGI application where a request may be handed to another thread, so
    its wrapper is wrapped. A Granian that has none is served as it comes: slower, and no less right.
    """
    server: Any = sys.modules.get("granian.server.mp")
    wrap = getattr(server, "_wsgi_call_wrap", None)
    if wrap is None or connections["default"].vendor != "sqlite":
        return

    from hub.lane import Lane
    from tracking.mlflow.routes import TABLE

    quick = TABLE.quick()

    def is_quick(scope: Mapping[str, Any]) -> bool:
        _, mark, rest = scope["PATH_INFO"].partition(MARK)
        if not mark or rest not in quick:
            return False
        length = scope.get("CONTENT_LENGTH")
        return scope["REQUEST_METHOD"] == "GET" if length is None else len(length) <= SMALL

    server._wsgi_call_wrap = lambda callback, *rest: Lane(wrap(callback, *rest), is_quick)


def get_application() -> HubHandler:
    """The application, with Django set up; the pages are loaded a moment later, unless somebody asks for one."""
    import django

    gc.disable()  # Nothing of what is loaded now is garbage, and looking for some took a quarter of the start.
    try:
        django.setup(set_prefix=False)
        handler = HubHandler()
        use_lane()
        gc.freeze()  # What is loaded now stays: looking for garbage among it took up to a tenth of a call.
    finally:
        gc.enable()
    later = threading.Timer(PAGES_AFTER, load_pages)
    later.daemon = True
    later.start()
    return handler


application = get_application()
