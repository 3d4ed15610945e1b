"""The WSGI application: the full middleware for pages, none of it for wire doors, and a straight way for MLflow's.

A program that logs metrics calls a thousand times where a person opens one page, and each call is over in a fraction
of a millisecond: Django's address resolver, its signals and its chain of handlers would be a third of that. So
addresses of the MLflow door are recognised here and handed over; everything else takes Django's way.
"""

from __future__ import annotations

import gc
import os
import re
from collections.abc import Callable
from typing import Any

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
MLFLOW = re.compile(r"/([^/]+)/([^/]+)\.mlflow((?:/.*)?)", re.DOTALL)


class HubHandler(WSGIHandler):
    """Django's handler with a second, short chain for the addresses of wire doors."""

    _wire_chain: Callable[[HttpRequest], HttpResponseBase]
    _mlflow_door: Callable[[HttpRequest, str, str, str], HttpResponseBase]

    def load_middleware(self, is_async: bool = False) -> None:
        """Build both chains once."""
        from tracking.mlflow.door import door

        super().load_middleware(is_async)
        view: Any = self
        chain: Any = convert_exception_to_response(view._get_response)
        self._wire_chain = chain
        self._mlflow_door = door

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        """Answer a request of the server; what is returned yields the blocks of the body."""
        found = mlflow_address(get_path_info(environ)) if ".mlflow" in environ["PATH_INFO"] else None
        if found is None:
            page: Any = super().__call__(environ, start_response)
            return page
        # In place of the signals request_started and request_finished, of which nothing else is for this door.
        connections["default"].close_if_unusable_or_obsolete()
        response: Any = self._mlflow_door(self.request_class(environ), *found)
        headers = list(response.items())
        start_response(f"{response.status_code} {response.reason_phrase}", headers)
        if response.streaming:
            return response  # Its close() sends request_finished once all is sent.
        connections["default"].close_if_unusable_or_obsolete()
        return [response.content]

    def get_response(self, request: HttpRequest) -> HttpResponseBase:
        """Answer by the chain that the address belongs to."""
        if not WIRE.match(request.path_info):
            page: Any = super().get_response(request)
            return page
        set_urlconf(None)
        response: Any = self._wire_chain(request)
        response._resource_closers.append(request.close)
        return response


def mlflow_address(path: str) -> tuple[str, str, str] | None:
    """Owner, repository and the rest of an address of the MLflow door, as hub.urls tells them; None for others."""
    match = MLFLOW.fullmatch(path)
    if match is None or not is_owner_name(match[1]) or not is_repo_name(match[2]):
        return None
    return match[1], match[2], match[3]


def get_application() -> HubHandler:
    """The application, with Django set up."""
    import django

    django.setup(set_prefix=False)
    handler = HubHandler()
    gc.freeze()  # What is loaded now stays: looking for garbage among it took up to a tenth of a call.
    return handler


application = get_application()
