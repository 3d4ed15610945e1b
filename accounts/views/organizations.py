"""Making organisations and looking after them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts import selectors
from accounts.access import owned_organization, signed_in
from accounts.forms.base import HubForm, in_words, show_error
from accounts.forms.organizations import (
    MemberForm,
    NewOrganizationForm,
    OrganizationProfileForm,
    RoleForm,
    TeamForm,
    TeamMemberForm,
)
from accounts.models import Organization
from accounts.services import organizations as services
from accounts.services import teams as team_services
from hub.lib.errors import Conflict, Invalid, NotFound
from hub.lib.http import posted

PAGE = ["GET", "HEAD", "POST"]


def _page(
    request: HttpRequest, organization: Organization, place: str, context: dict[str, Any], *, form: HubForm
) -> HttpResponse:
    whole = {"organization": organization, "owner": organization.owner, "place": place, "form": form, **context}
    return render(request, f"accounts/organization_{place}.html", whole, status=400 if form.errors else 200)


@require_http_methods(PAGE)
def new_organization(request: HttpRequest) -> HttpResponse:
    """Make an organisation."""
    user = signed_in(request)
    form = NewOrganizationForm(posted(request))
    if request.method == "POST" and form.carried_out(services.create_organization, creator=user):
        slug = form.result.owner.slug
        messages.success(request, f"{slug} exists; you are its owner. Add people to it.")
        return redirect("accounts:organization_members", slug=slug)
    return render(request, "accounts/new_organization.html", {"form": form}, status=400 if form.errors else 200)


@require_http_methods(PAGE)
def organization(request: HttpRequest, slug: str) -> HttpResponse:
    """The words that introduce it."""
    group = owned_organization(request, slug)
    initial = {"display_name": group.display_name, "description": group.description}
    form = OrganizationProfileForm(posted(request), initial=initial)
    if request.method == "POST" and form.carried_out(services.change_organization, organization=group):
        messages.success(request, "Profile saved.")
        return redirect("accounts:organization", slug=slug)
    return _page(request, group, "profile", {}, form=form)


@require_http_methods(PAGE)
def members(request: HttpRequest, slug: str) -> HttpResponse:
    """List people, add one."""
    group = owned_organization(request, slug)
    form = MemberForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            user = selectors.user_named(form.cleaned_data["username"])
            services.add_member(organization=group, user=user, role=form.cleaned_data["role"])
        except (NotFound, Conflict) as error:
            show_error(form, error)
        else:
            messages.success(request, f"{user.username} belongs to {group.owner.slug} now.")
            return redirect("accounts:organization_members", slug=slug)
    return _page(request, group, "members", {"memberships": selectors.members_of(group)}, form=form)


@require_POST
def role(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """Give a member another role."""
    group = owned_organization(request, slug)
    membership = selectors.membership_of(group, name)
    form = RoleForm(request.POST)
    if not form.is_valid():
        raise Invalid("A role is owner or member.", field="role")
    services.change_role(membership=membership, role=form.cleaned_data["role"])
    label = membership.get_role_display().lower()
    messages.success(request, f"{membership.user.username} is {label} now.")
    return redirect("accounts:organization_members", slug=slug)


@require_POST
def removal(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """Take a member out of the organisation and its teams."""
    group = owned_organization(request, slug)
    membership = selectors.membership_of(group, name)
    services.remove_member(membership=membership)
    messages.success(request, f"{membership.user.username} has left {group.owner.slug} and its teams.")
    return redirect("accounts:organization_members", slug=slug)


@require_http_methods(PAGE)
def teams(request: HttpRequest, slug: str) -> HttpResponse:
    """List teams, make one."""
    group = owned_organization(request, slug)
    form = TeamForm(posted(request))
    if request.method == "POST" and form.carried_out(team_services.create_team, organization=group):
        messages.success(request, f"Team {form.result.name} exists. Add people to it.")
        return redirect("accounts:organization_team", slug=slug, number=form.result.pk)
    return _page(request, group, "teams", {"teams": selectors.teams_of(group)}, form=form)


@require_http_methods(PAGE)
def team(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """A team's people; add one."""
    group = owned_organization(request, slug)
    found = get_object_or_404(group.teams, pk=number)
    form = TeamMemberForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            user = selectors.user_named(form.cleaned_data["username"])
            team_services.add_to_team(team=found, user=user)
        except (NotFound, Invalid) as error:
            show_error(form, error)
        else:
            messages.success(request, f"{user.username} is in team {found.name} now.")
            return redirect("accounts:organization_team", slug=slug, number=number)
    people = found.members.order_by("username")
    return _page(request, group, "team", {"team": found, "people": people}, form=form)


@require_http_methods(PAGE)
def team_profile(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Rename or describe a team."""
    group = owned_organization(request, slug)
    found = get_object_or_404(group.teams, pk=number)
    initial = {"name": found.name, "description": found.description}
    form = TeamForm(posted(request), initial=initial)
    if request.method == "POST" and form.carried_out(team_services.change_team, team=found):
        messages.success(request, "Team saved.")
        return redirect("accounts:organization_team", slug=slug, number=number)
    return _page(request, group, "team_profile", {"team": found}, form=form)


@require_POST
def team_removal(request: HttpRequest, slug: str, number: int, name: str) -> HttpResponse:
    """Take somebody out of a team."""
    group = owned_organization(request, slug)
    found = get_object_or_404(group.teams, pk=number)
    user = get_object_or_404(found.members, username=name)
    team_services.remove_from_team(team=found, user=user)
    messages.success(request, f"{user.username} is not in team {found.name} any more.")
    return redirect("accounts:organization_team", slug=slug, number=number)


@require_POST
def team_deletion(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Delete a team."""
    group = owned_organization(request, slug)
    found = get_object_or_404(group.teams, pk=number)
    team_services.delete_team(team=found)
    messages.success(request, f"Team {found.name} is deleted; its people stay members.")
    return redirect("accounts:organization_teams", slug=slug)


@require_http_methods(PAGE)
def deletion(request: HttpRequest, slug: str) -> HttpResponse:
    """Delete the organisation."""
    group = owned_organization(request, slug)
    error = None
    if request.method == "POST":
        try:
            services.delete_organization(organization=group, confirmation=request.POST.get("confirm", "").strip())
        except (Invalid, Conflict) as refused:
            error = refused
        else:
            messages.success(request, f"{slug} is deleted and its name is free.")
            return redirect("accounts:organizations")
    context = {
        "organization": group,
        "owner": group.owner,
        "place": "deletion",
        "error": in_words(error) if error else "",
        "action_url": reverse("accounts:organization_deletion", kwargs={"slug": slug}),
    }
    return render(request, "accounts/organization_deletion.html", context, status=error.status if error else 200)
