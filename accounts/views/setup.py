"""The page which makes the first administrator, behind a one-time link."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.forms.signing import SetupForm
from accounts.services.setup import check_setup_link, use_setup_link
from hub.lib.http import posted

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@sensitive_post_parameters("password")
def setup(request: HttpRequest, token: str) -> HttpResponse:
    """Ask for a name and a password, make the administrator, sign in."""
    check_setup_link(token=token)
    form = SetupForm(posted(request))
    if request.method == "POST" and form.carried_out(use_setup_link, token=token):
        login(request, form.result, backend=BACKEND)
        messages.success(request, f"You administer this hub as {form.result.username}.")
        return redirect("/")
    return render(request, "accounts/setup.html", {"form": form}, status=400 if form.errors else 200)
