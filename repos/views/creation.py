"""The page that makes a repository."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from hub.lib.errors import HubError
from hub.lib.http import posted, render_page
from repos.forms import NewRepositoryForm
from repos.models import Repository
from repos.selectors.owners import owners_for
from repos.services.repositories import owner_named
from repos.services.starting import start_repository
from repos.views.frame import actor_of, refuse


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new(request: HttpRequest) -> HttpResponseBase:
    """Choose owner, name and visibility, and what it begins with."""
    actor = actor_of(request)
    owners = owners_for(actor)
    initial = {"owner": request.GET.get("owner", ""), "name": request.GET.get("name", "")}
    form = NewRepositoryForm(posted(request), owners=owners, initial=initial)
    if request.method == "POST" and form.is_valid():
        made = _made(request, form)
        if made:
            return redirect(made)
    status = 400 if form.is_bound and form.errors else 200
    return render_page(request, "repos/new.html", None, {"form": form}, status=status)


def _made(request: HttpRequest, form: NewRepositoryForm) -> Repository | None:
    values = dict(form.cleaned_data)
    try:
        owner = owner_named(values.pop("owner"))
        return start_repository(actor=actor_of(request), owner=owner, **values)
    except HubError as error:
        refuse(form, error)
        return None
