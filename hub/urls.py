"""The table of contents for addresses, in the order they are tried."""

from __future__ import annotations

from django.urls import include, path

from hub.health import healthz
from hub.lib.routing import register_converters
from repos.git_http.urls import exact as git_exact

register_converters()

handler400 = "hub.error_views.bad_request"
handler403 = "hub.error_views.permission_denied"
handler404 = "hub.error_views.page_not_found"
handler500 = "hub.error_views.server_error"

_REPO = "<owner:owner>/<repo:name>"

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("-/", include("accounts.urls")),
    path("-/", include("repos.owner_urls")),
    path("-/", include("storage.owner_urls")),
    path("-/", include("collab.notice_urls")),
    path(f"{_REPO}.git/info/lfs/", include("storage.lfs.urls")),
    path(f"{_REPO}.git/", include("repos.git_http.urls")),
    path(f"{_REPO}/", include((git_exact, "git_http"), namespace="git_http_short")),
    path(f"{_REPO}.dvc", include("storage.dvc.urls")),
    path(f"{_REPO}.s3", include("storage.s3.urls")),
    path("api/v1/repo-buckets/s3/<owner:owner>", include(("storage.s3.urls", "s3"), namespace="s3_of_owner")),
    path(f"{_REPO}.mlflow", include("tracking.mlflow.urls")),
    path("", include("hub.api")),
    path("", include("search.urls")),
    path("", include("web.urls")),
    path("", include("repos.urls")),
    path(f"{_REPO}/", include("storage.urls")),
    path(f"{_REPO}/", include("tracking.urls")),
    path(f"{_REPO}/", include("tracing.urls")),
    path(f"{_REPO}/", include("registry.urls")),
    path(f"{_REPO}/", include("collab.urls")),
]
