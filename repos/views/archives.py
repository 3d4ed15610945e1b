"""Downloading everything that a ref holds."""

from __future__ import annotations

import re
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from hub.lib.errors import NotFound
from hub.lib.http import attachment
from repos.git import archive as archiving
from repos.git import objects
from repos.models import Repository
from repos.paths import git_dir
from repos.views.frame import repo_page


@repo_page()
def archive(request: HttpRequest, repo: Repository, place: str) -> HttpResponseBase:
    """`<ref>.zip` or `<ref>.tar.gz`, streamed as git packs it."""
    for format_, content_type in archiving.CONTENT_TYPES.items():
        ref = place.removesuffix(f".{format_}")
        if ref != place:
            return _packed(request, repo, ref, format_, content_type)
    raise NotFound("Archives end in .zip or .tar.gz.")


def _packed(
    request: HttpRequest, repo: Repository, ref: str, format_: archiving.Format, content_type: str
) -> HttpResponseBase:
    here = objects.resolve(git_dir(repo), ref)
    if here.path:
        raise objects.Missing(ref)
    folder = f"{repo.name}-{re.sub(r'[^A-Za-z0-9._-]+', '-', here.short_ref)}"
    headers = {
        "Content-Disposition": attachment(f"{folder}.{format_}"),
        "ETag": f'"{here.commit}-{quote(folder)}.{format_}"',
        "X-Content-Type-Options": "nosniff",
    }
    if request.headers.get("If-None-Match") == headers["ETag"]:
        return HttpResponse(status=304, headers=headers)
    if request.method == "HEAD":
        return HttpResponse(content_type=content_type, headers=headers)
    packed = archiving.archive(git_dir(repo), here.commit, format=format_, folder=folder)
    return StreamingHttpResponse(packed, content_type=content_type, headers=headers)
