"""The table of contents for addresses, in the order they are tried."""

from __future__ import annotations

from pathlib import Path

from django.urls import include, path

from hub.health import healthz
from hub.lib.routing import register_converters

register_converters()

handler400 = "hub.error_views.bad_request"
handler403 = "hub.error_views.permission_denied"
handler404 = "hub.error_views.page_not_found"
handler500 = "hub.error_views.server_error"

_REPO = "<owner:owner>/<repo:name>"

# Each row: prefix, URLconf. A row whose module does not exist is a room not built on this branch.
_ROWS = [
    ("-/", "accounts.urls"),
    (f"{_REPO}.git/", "repos.git_http.urls"),
    (f"{_REPO}.mlflow", "tracking.mlflow.urls"),
    ("", "web.urls"),
    ("", "repos.urls"),
    (f"{_REPO}/", "tracking.urls"),
]

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    *[
        path(prefix, include(module))
        for prefix, module in _ROWS
        if (Path(__file__).parent.parent / (module.replace(".", "/") + ".py")).exists()
    ],
]
