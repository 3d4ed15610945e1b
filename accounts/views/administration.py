"""What administrators of the hub see and do: people and quotas."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from accounts import selectors
from accounts.access import administrator
from accounts.forms.administration import NewPersonForm, QuotaForm, size_words
from accounts.models import User
from accounts.services.owners import set_quota
from accounts.services.users import (
    create_user,
    random_password,
    set_active,
    set_administrator,
    set_password,
)
from hub.lib.errors import Invalid
from hub.lib.http import posted

ROWS = 50
LONGEST_SEARCH = 200


@require_http_methods(["GET", "HEAD"])
def people(request: HttpRequest) -> HttpResponse:
    """Everybody with an account, searchable."""
    administrator(request)
    text = _search_words(request)
    page = Paginator(selectors.people_matching(text), ROWS).get_page(request.GET.get("page"))
    return render(request, "accounts/people.html", {"place": "people", "page": page, "text": text})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@sensitive_variables("password")
def new_person(request: HttpRequest) -> HttpResponse:
    """Make somebody with a random password, shown on the answer alone."""
    administrator(request)
    form = NewPersonForm(posted(request))
    password = random_password()
    if request.method == "POST" and form.carried_out(create_user, password=password):
        return _show_password(request, form.result, password, "can sign in now")
    context = {"place": "people", "form": form}
    return render(request, "accounts/new_person.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD"])
def person(request: HttpRequest, name: str) -> HttpResponse:
    """One person, and what an administrator may do about them."""
    administrator(request)
    user = selectors.user_named(name)
    context = {
        "place": "people",
        "person": user,
        "memberships": selectors.organizations_of(user),
        "token_count": user.tokens.count(),
    }
    return render(request, "accounts/person.html", context)


@require_POST
def activation(request: HttpRequest, name: str) -> HttpResponse:
    """Disable or enable somebody."""
    administrator(request)
    active = _yes_or_no(request, "active")
    user = set_active(user=selectors.user_named(name), active=active)
    messages.success(request, f"{user.username} is {'enabled' if active else 'disabled'}.")
    return redirect("accounts:person", name=user.username)


@require_POST
def administration_right(request: HttpRequest, name: str) -> HttpResponse:
    """Make somebody an administrator, or not one."""
    administrator(request)
    is_admin = _yes_or_no(request, "admin")
    user = set_administrator(user=selectors.user_named(name), is_admin=is_admin)
    messages.success(request, f"{user.username} {'administers' if is_admin else 'no longer administers'} the hub.")
    return redirect("accounts:person", name=user.username)


@require_POST
@never_cache
@sensitive_variables("password")
def password_reset(request: HttpRequest, name: str) -> HttpResponse:
    """Give somebody a random password, shown on the answer alone."""
    administrator(request)
    password = random_password()
    user = set_password(user=selectors.user_named(name), password=password)
    return _show_password(request, user, password, "has a new password; their sessions have ended")


@require_http_methods(["GET", "HEAD"])
def owners(request: HttpRequest) -> HttpResponse:
    """Addresses, the bytes under them, and their quotas."""
    administrator(request)
    text = _search_words(request)
    page = Paginator(selectors.owners_matching(text), ROWS).get_page(request.GET.get("page"))
    return render(request, "accounts/owners.html", {"place": "owners", "page": page, "text": text})


@require_http_methods(["GET", "HEAD", "POST"])
def quota(request: HttpRequest, name: str) -> HttpResponse:
    """Change one quota."""
    administrator(request)
    owner = selectors.owner_named(name)
    form = QuotaForm(
        posted(request),
        initial={"quota_bytes": size_words(owner.quota_bytes)},
    )
    if request.method == "POST" and form.carried_out(set_quota, owner=owner):
        messages.success(request, f"The quota of {owner.slug} is saved.")
        return redirect("accounts:owners")
    context = {"place": "owners", "owner": owner, "form": form}
    return render(request, "accounts/quota.html", context, status=400 if form.errors else 200)


def _search_words(request: HttpRequest) -> str:
    """What the search box asks for; raises Invalid for what no name can hold."""
    text = request.GET.get("q", "").strip()
    if len(text) > LONGEST_SEARCH or "\0" in text:
        raise Invalid(f"Search for at most {LONGEST_SEARCH} characters of text.", field="q")
    return text


def _yes_or_no(request: HttpRequest, field: str) -> bool:
    word = request.POST.get(field, "")
    if word not in {"yes", "no"}:
        raise Invalid(f"Say {field}=yes or {field}=no.", field=field)
    return word == "yes"


def _show_password(request: HttpRequest, user: User, password: str, what: str) -> HttpResponse:
    context = {"place": "people", "person": user, "password": password, "what": what}
    return render(request, "accounts/password_once.html", context)
