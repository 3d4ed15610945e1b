"""The WSGI application: the full middleware for pages, none of it for wire doors."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any

from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponseBase
from django.urls import set_urlconf

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")

# Wire doors need no session, CSRF, messages or HTML errors, and a program's log_metric should not pay for them.
WIRE = re.compile(
    r"/[^/]+/[^/]+\.(?:git|dvc|s3|mlflow)(?:/|$)|/[^/]+/[^/]+/(?:info/refs|git-upload-pack|git-receive-pack)$|/healthz$"
)


class HubHandler(WSGIHandler):
    """Django's handler with a second, short chain for the addresses of wire doors."""

    _wire_chain: Callable[[HttpRequest], HttpResponseBase]

    def load_middleware(self, is_async: bool = False) -> None:
        """Build both chains once."""
        super().load_middleware(is_async)
        view: Any = self
        chain: Any = convert_exception_to_response(view._get_response)
        self._wire_chain = chain

    def get_response(self, request: HttpRequest) -> HttpResponseBase:
        """Answer by the chain that the address belongs to."""
        if not WIRE.match(request.path_info):
            page: Any = super().get_response(request)
            return page
        set_urlconf(None)
        response: Any = self._wire_chain(request)
        response._resource_closers.append(request.close)
        return response


def get_application() -> HubHandler:
    """The application, with Django set up."""
    import django

    django.setup(set_prefix=False)
    return HubHandler()


application = get_application()
