"""Connected storage: administrators connect outside buckets, readers browse them like the repository's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial, wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from accounts.levels import Level
from hub.lib.errors import HubError, NotFound
from hub.lib.http import guess_type, posted, untrusted
from repos.models import Repository
from repos.services.transport import release_database
from repos.views.frame import actor_of, draw, refuse, repo_page
from storage.connected import Found, KeyMissing, Place, StoreFault, find, list_folder, open_range
from storage.connected.reading import addressable
from storage.connections import ConnectedSource, connection_named, place_of
from storage.forms import ConnectionForm
from storage.models import ConnectedBucket
from storage.services.connections import change_connection, connect_bucket, disconnect_bucket, leads_elsewhere
from storage.views.framing import framed
from storage.views.view import has_thumbnail, links_of, thumbnail_response, view_file

PER_PAGE = 100
FIELDS = ("name", "kind", "bucket", "region", "endpoint", "account")
View = Callable[..., HttpResponseBase]


def connected_page(view: View) -> View:
    """Find the connection and where it leads; what is wrong with the outside store becomes a page about it."""

    @repo_page()
    @wraps(view)
    def page(request: HttpRequest, repo: Repository, bucket: str, **rest: Any) -> HttpResponseBase:
        connection = connection_named(repo, bucket)
        try:
            return view(request, repo, connection, place_of(connection), **rest)
        except StoreFault as fault:
            context = {"connection": connection, "fault": fault, "crumbs": _crumbs(repo, connection, "")}
            return draw(request, repo, "storage/connect_fault.html", context, active="data", status=fault.status)

    return page


@connected_page
def top(request: HttpRequest, repo: Repository, connection: ConnectedBucket, place: Place) -> HttpResponseBase:
    """The top of an outside bucket."""
    return _folder(request, repo, connection, place, "")


@connected_page
def item(
    request: HttpRequest, repo: Repository, connection: ConnectedBucket, place: Place, key: str
) -> HttpResponseBase:
    """A folder of it (the key ends in a slash), or an object in its viewer."""
    _check(key)
    if key.endswith("/"):
        return _folder(request, repo, connection, place, key)
    try:
        found = find(place, key)
    except KeyMissing:
        inside = list_folder(place, f"{key}/", limit=1)
        if not inside.folders and not inside.files:
            raise
        return redirect(_address(repo, connection, f"{key}/"))
    raw = reverse("storage:connected_content", args=[repo.owner.slug, repo.name, connection.name, key])
    source = ConnectedSource(connection, place, found)
    context = {
        "connection": connection,
        "found": found,
        "crumbs": _crumbs(repo, connection, key),
        "raw": raw,
        "body": view_file(request, source, links_of(raw)),
    }
    return draw(request, repo, "storage/connect_object.html", context, active="data")


@connected_page
def content(
    request: HttpRequest, repo: Repository, connection: ConnectedBucket, place: Place, key: str
) -> HttpResponseBase:
    """An object's bytes through the hub, unable to run anything; `?small` for a small picture."""
    _check(key)
    source = ConnectedSource(connection, place, find(place, key))
    if "small" in request.GET:
        if not has_thumbnail(source.name, source.size):
            raise NotFound("There is no small picture of this file.")
        return thumbnail_response(request, source)

    def part(offset: int, length: int) -> Iterator[bytes]:
        return open_range(place, key, offset, length, source.found.etag) if length else iter(())

    release_database()  # A slow download must not hold on to it.
    plain = partial(
        untrusted,
        request,
        filename=source.name,
        size=source.size,
        open_range=part,
        content_type=guess_type(source.name),
        etag=source.etag,
        download="download" in request.GET,
    )
    return framed(request, source, plain) if "frame" in request.GET else plain()


@sensitive_post_parameters("key_id", "secret")
@repo_page("GET", "HEAD", "POST", needs=Level.ADMIN)
def connect(request: HttpRequest, repo: Repository) -> HttpResponse:
    """Connect an outside bucket; it is tried before it is kept."""
    form = ConnectionForm(posted(request))
    if request.method == "POST" and form.is_valid() and _has_keys(form):
        try:
            made = connect_bucket(
                repository=repo, name=form.cleaned_data["name"], place=form.place(), actor=actor_of(request)
            )  # fmt: skip
        except HubError as error:
            refuse(form, error)
        else:
            messages.success(request, f"{made.name} is connected.")
            return redirect(_address(repo, made, ""))
    return _form(request, repo, form, None)


@sensitive_post_parameters("key_id", "secret")
@repo_page("GET", "HEAD", "POST", needs=Level.ADMIN)
def change(request: HttpRequest, repo: Repository, bucket: str) -> HttpResponse:
    """Change where it leads, or its name. Whoever changes where it leads enters the keys again."""
    connection = connection_named(repo, bucket)
    initial = {name: getattr(connection, name) for name in FIELDS}
    initial |= {"folder": connection.prefix, "anonymous": not connection.sealed_keys}
    form = ConnectionForm(posted(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            _carry_out(request, form, connection)
        except HubError as error:
            refuse(form, error)
        if not form.errors:
            messages.success(request, f"{connection.name} is saved.")
            return redirect(_address(repo, connection, ""))
    return _form(request, repo, form, connection_named(repo, bucket))


@repo_page("GET", "HEAD", "POST", needs=Level.ADMIN)
def disconnection(request: HttpRequest, repo: Repository, bucket: str) -> HttpResponse:
    """Show it no more, after saying what that is."""
    connection = connection_named(repo, bucket)
    if request.method != "POST":
        return draw(request, repo, "storage/connect_deletion.html", {"connection": connection}, active="data")
    disconnect_bucket(connection=connection, actor=actor_of(request))
    messages.success(request, f"{bucket} is disconnected; the bucket itself is as it was.")
    return redirect(reverse("storage:data", args=[repo.owner.slug, repo.name]))


@sensitive_variables()
def _carry_out(request: HttpRequest, form: ConnectionForm, connection: ConnectedBucket) -> None:
    place: Place | None = form.place()
    # SECURITY: keys that one administrator entered go nowhere else because another one names another place.
    left_empty = not form.cleaned_data["secret"] and not form.cleaned_data["anonymous"]
    if left_empty and connection.sealed_keys and not leads_elsewhere(connection, form.place()):
        place = None
    if place is None or _has_keys(form):
        name = form.cleaned_data["name"]
        change_connection(connection=connection, name=name, place=place, actor=actor_of(request))


def _has_keys(form: ConnectionForm) -> bool:
    if form.cleaned_data["secret"] or form.cleaned_data["anonymous"]:
        return True
    form.add_error("secret", "Enter the secret (again, when it leads elsewhere), or say that the bucket is public.")
    return False


def _form(
    request: HttpRequest, repo: Repository, form: ConnectionForm, connection: ConnectedBucket | None
) -> HttpResponse:
    context = {"form": form, "connection": connection}
    return draw(request, repo, "storage/connect.html", context, active="data", status=400 if form.errors else 200)


def _folder(
    request: HttpRequest, repo: Repository, connection: ConnectedBucket, place: Place, folder: str
) -> HttpResponseBase:
    token = request.GET.get("after", "")
    listing = list_folder(place, folder, token, PER_PAGE)
    if folder and not token and not listing.folders and not listing.files and not listing.token:
        raise NotFound(f"There is no {folder} in this bucket.")
    context = {
        "connection": connection,
        "folder": folder,
        "crumbs": _crumbs(repo, connection, folder.rstrip("/")),
        "folders": [_row(name, f"{folder}{name}/", None) for name in listing.folders],
        "files": [_row(found.name, f"{folder}{found.key}", found) for found in listing.files],
        "pictures": [
            _row(each.name, f"{folder}{each.key}", each)
            for each in listing.files
            if has_thumbnail(each.name, each.size) and addressable(f"{folder}{each.key}")
        ],
        "is_first": not token,
        "next": listing.token,
    }
    return draw(request, repo, "storage/connected.html", context, active="data")


def _row(name: str, key: str, found: Found | None) -> dict[str, Any]:
    """An entry of a folder; `key` is "" for what has a key that pages cannot open."""
    return {"name": name or "(no name)", "key": key if addressable(key) else "", "found": found}


def _crumbs(repo: Repository, connection: ConnectedBucket, key: str) -> list[dict[str, str]]:
    steps = key.split("/") if key else []
    inside = [
        {"label": step, "url": _address(repo, connection, "/".join(steps[: n + 1]) + "/")}
        for n, step in enumerate(steps)
    ]
    data = reverse("storage:data", args=[repo.owner.slug, repo.name])
    return [
        {"label": "Data", "url": data},
        {"label": connection.name, "url": _address(repo, connection, "")},
        *inside,
    ]  # fmt: skip


def _address(repo: Repository, connection: ConnectedBucket, key: str) -> str:
    where = [repo.owner.slug, repo.name, connection.name]
    return reverse("storage:connected_item", args=[*where, key]) if key else reverse("storage:connected", args=where)


def _check(key: str) -> None:
    if not addressable(key):
        raise NotFound("There is no such object in the connected bucket.")
