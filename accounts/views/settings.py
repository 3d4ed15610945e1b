"""What people see and change about themselves."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import selectors
from accounts.access import actor_on, signed_in
from accounts.authn import check_own_password
from accounts.forms.base import in_words, show_error
from accounts.forms.settings import EmailForm, ProfileForm
from accounts.models import User
from accounts.services.organizations import remove_member
from accounts.services.users import change_email, change_profile, delete_user
from hub.lib.errors import Conflict, Invalid

THEME_COOKIE = {"max_age": 400 * 24 * 3600, "samesite": "Lax", "httponly": True}


def _profile(request: HttpRequest, user: User, status: int = 200, **forms: Any) -> HttpResponse:
    context = {
        "place": "profile",
        "form": ProfileForm(initial={"full_name": user.full_name, "bio": user.bio, "theme": user.theme or "system"}),
        "email_form": EmailForm(initial={"email": user.email}, prefix="mail"),
        **forms,
    }
    return render(request, "accounts/profile.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest) -> HttpResponse:
    """Name, words about oneself, appearance."""
    user = signed_in(request)
    if request.method != "POST":
        return _profile(request, user)
    form = ProfileForm(request.POST)
    if not form.carried_out(change_profile, user=user):
        return _profile(request, user, 400, form=form)
    messages.success(request, "Profile saved.")
    response = redirect("accounts:settings")
    _remember_theme(response, user.theme)
    return response


@require_POST
@sensitive_post_parameters("mail-password")
def email(request: HttpRequest) -> HttpResponse:
    """Another e-mail address, for whoever knows the password."""
    user = signed_in(request)
    form = EmailForm(request.POST, prefix="mail")
    if form.is_valid():
        try:
            check_own_password(request, user, form.cleaned_data["password"])
            change_email(user=user, email=form.cleaned_data["email"])
        except (Invalid, Conflict) as error:
            user.refresh_from_db()
            show_error(form, error)
    if form.errors:
        return _profile(request, user, 400, email_form=form)
    messages.success(request, "E-mail address saved.")
    return redirect("accounts:settings")


@require_http_methods(["GET", "HEAD"])
def organizations(request: HttpRequest) -> HttpResponse:
    """The organisations one belongs to."""
    user = signed_in(request)
    context = {"place": "organizations", "memberships": selectors.organizations_of(user)}
    return render(request, "accounts/organizations.html", context)


@require_POST
def departure(request: HttpRequest, slug: str) -> HttpResponse:
    """Leave an organisation."""
    user = signed_in(request)
    organization = selectors.organization_named(slug)
    remove_member(membership=selectors.membership_of(organization, user.username))
    messages.success(request, f"You have left {organization.owner.slug}.")
    return redirect("accounts:organizations")


@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """Delete one's account."""
    user = signed_in(request)
    error = None
    if request.method == "POST":
        try:
            delete_user(user=user, confirmation=request.POST.get("confirm", "").strip())
        except (Invalid, Conflict) as refused:
            error = refused
        else:
            logout(request)
            messages.success(request, "Your account is deleted.")
            return redirect("/")
    context = {"place": "account", "error": in_words(error) if error else "", "action_url": reverse("accounts:account")}
    return render(request, "accounts/account.html", context, status=error.status if error else 200)


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Light, dark or as the system: kept in a cookie, and for people who signed in with their account."""
    chosen = request.POST.get("theme", "")
    if chosen not in {"system", "light", "dark"}:
        raise Invalid("A theme is system, light or dark.", field="theme")
    chosen = "" if chosen == "system" else chosen
    user = actor_on(request).user
    if user is not None:
        change_profile(user=user, theme=chosen)
    target = request.POST.get("next", "/")
    # SECURITY: only back to a page of this hub, or the form could send people elsewhere.
    safe = url_has_allowed_host_and_scheme(target, allowed_hosts=None) and target.startswith("/")
    response = HttpResponse(status=204) if "HX-Request" in request.headers else redirect(target if safe else "/")
    _remember_theme(response, chosen)
    return response


def _remember_theme(response: HttpResponse, chosen: str) -> None:
    if chosen:
        response.set_cookie("theme", chosen, **THEME_COOKIE)  # type: ignore[arg-type]
    else:
        response.delete_cookie("theme")
