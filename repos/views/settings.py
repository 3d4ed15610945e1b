"""Settings of a repository: what it is called and who owns it, people and teams, protected branches, its end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from accounts.levels import Level
from accounts.models import Team, User
from hub.lib.errors import HubError, Invalid
from hub.lib.http import posted
from repos.branch_forms import MergingForm, ProtectionForm
from repos.forms import (
    GeneralForm,
    PersonForm,
    RenameForm,
    TeamForm,
    TransferForm,
    VisibilityForm,
)
from repos.git import listing
from repos.models import Repository
from repos.paths import git_dir
from repos.selectors.owners import owners_for
from repos.selectors.statuses import recent_contexts
from repos.services import branches, people, repositories
from repos.views.frame import READING, actor_of, draw, refuse, repo_page


def _try(request: HttpRequest, form: forms.BaseForm, done: str, act: Callable[[], object]) -> bool:
    """Do it if the form is sound, and say so; what a service refuses stands in the form."""
    if not form.is_valid():
        return False
    try:
        act()
    except HubError as error:
        refuse(form, error)
        return False
    messages.success(request, done)
    return True


def _fresh(repo: Repository) -> Repository:
    """The repository as it is kept: a refused change may have left its marks on the object at hand."""
    return Repository.objects.select_related("owner", "owner__user", "owner__organization").get(pk=repo.pk)


def _general(request: HttpRequest, repo: Repository, *, status: int = 200, **bound: forms.BaseForm) -> HttpResponse:
    """The first settings page; forms that were refused come bound."""
    actor = actor_of(request)
    others = [row for row in owners_for(actor) if row[0] != repo.owner.slug]
    names = listing.ref_names(git_dir(repo))[0]
    context: dict[str, Any] = {
        "general": GeneralForm(instance=repo, branches=names),
        "visibility": VisibilityForm(initial={"visibility": repo.visibility}),
        "rename": RenameForm(initial={"name": repo.name}),
        "transfer": TransferForm(owners=others) if others else None,
        "section": "general",
        **bound,
    }
    return draw(request, repo, "repos/settings.html", context, active="settings", status=status)


def _to(repo: Repository, page: str = "settings") -> HttpResponse:
    return redirect(reverse(f"repos:{page}", args=[repo.owner.slug, repo.name]))


@repo_page(*READING, "POST", needs=Level.ADMIN)
def general(request: HttpRequest, repo: Repository) -> HttpResponseBase:
    """Description and default branch."""
    if request.method != "POST":
        return _general(request, repo)
    form = GeneralForm(request.POST, instance=_fresh(repo), branches=listing.ref_names(git_dir(repo))[0])

    def act() -> None:
        values = form.cleaned_data
        repositories.change_repository(actor=actor_of(request), repository=repo, description=values["description"])
        if not repo.is_empty:
            branches.set_default_branch(actor=actor_of(request), repository=repo, name=values["default_branch"])

    if _try(request, form, "The settings were saved.", act):
        return _to(repo)
    return _general(request, repo, general=form, status=400)


@repo_page("POST", needs=Level.ADMIN)
def visibility(request: HttpRequest, repo: Repository) -> HttpResponseBase:
    """Who may read it."""
    form = VisibilityForm(request.POST)

    def act() -> None:
        chosen = form.cleaned_data["visibility"]
        repositories.change_repository(actor=actor_of(request), repository=repo, visibility=chosen)

    if _try(request, form, "The visibility was changed.", act):
        return _to(repo)
    return _general(request, repo, visibility=form, status=400)


@repo_page("POST", needs=Level.ADMIN)
def rename(request: HttpRequest, repo: Repository) -> HttpResponseBase:
    """Another name; the old address leads on."""
    form = RenameForm(request.POST)

    def act() -> None:
        repositories.move_repository(actor=actor_of(request), repository=repo, name=form.cleaned_data["name"])

    if _try(request, form, "The repository was renamed. Its old address leads here.", act):
        return _to(repo)
    return _general(request, _fresh(repo), rename=form, status=400)


@repo_page("POST", needs=Level.ADMIN)
def transfer(request: HttpRequest, repo: Repository) -> HttpResponseBase:
    """Another owner."""
    form = TransferForm(request.POST, owners=owners_for(actor_of(request)))

    def act() -> None:
        if form.cleaned_data["confirmation"] != repo.full_name:
            raise Invalid(f"Type {repo.full_name} to confirm.", field="confirmation")
        owner = repositories.owner_named(form.cleaned_data["owner"])
        repositories.move_repository(actor=actor_of(request), repository=repo, owner=owner)

    if _try(request, form, "The repository has a new owner. Its old address leads here.", act):
        return _to(repo)
    return _general(request, _fresh(repo), transfer=form, status=400)


@repo_page("POST", needs=Level.ADMIN)
def deletion(request: HttpRequest, repo: Repository) -> HttpResponseBase:
    """The end of a repository and all that hangs on it."""
    full_name = repo.full_name
    try:
        repositories.delete_repository(
            actor=actor_of(request), repository=repo, confirmation=request.POST.get("confirm", "").strip()
        )
    except Invalid as error:
        return _general(request, repo, deletion_error=error.message, status=400)  # type: ignore[arg-type]
    messages.success(request, f"{full_name} was deleted.")
    return redirect(repo.owner)


@repo_page(needs=Level.ADMIN)
def access(request: HttpRequest, repo: Repository) -> HttpResponseBase:
    """People and teams, with their levels."""
    return _access(request, repo)


def _access(request: HttpRequest, repo: Repository, *, status: int = 200, **bound: forms.BaseForm) -> HttpResponse:
    organization = repo.owner.organization
    context: dict[str, Any] = {
        "people": repo.collaborators.select_related("user").order_by("user__username"),
        "teams": repo.team_grants.select_related("team").order_by("team__name"),
        "all_teams": organization.teams.all() if organization else [],
        "person": PersonForm(),
        "team": TeamForm() if organization else None,
        "section": "access",
        **bound,
    }
    return draw(request, repo, "repos/settings_access.html", context, active="settings", status=status)


@repo_page("POST", needs=Level.ADMIN)
def person(request: HttpRequest, repo: Repository) -> HttpResponseBase:
    """Let somebody in, or change their level."""
    form = PersonForm(request.POST)

    def act() -> None:
        user = User.objects.filter(username__iexact=form.cleaned_data["user"].strip(), is_active=True).first()
        if user is None:
            raise Invalid(f"There is no user {form.cleaned_data['user']}.", field="user")
        people.set_collaborator(
            actor=actor_of(request), repository=repo, user=user, level=Level(form.cleaned_data["level"])
        )

    if _try(request, form, "Access was given.", act):
        return _to(repo, "settings_access")
    return _access(request, repo, person=form, status=400)


@repo_page("POST", needs=Level.ADMIN)
def person_removal(request: HttpRequest, repo: Repository, username: str) -> HttpResponseBase:
    """Take somebody's access by name away."""
    row = get_object_or_404(repo.collaborators.select_related("user"), user__username=username)
    people.remove_collaborator(actor=actor_of(request), repository=repo, user=row.user)
    messages.success(request, f"{username} has no access by name any more.")
    return _to(repo, "settings_access")


@repo_page("POST", needs=Level.ADMIN)
def team(request: HttpRequest, repo: Repository) -> HttpResponseBase:
    """Let a team in, or change its level."""
    form = TeamForm(request.POST)

    def act() -> None:
        teams = Team.objects.filter(organization_id=repo.owner.organization_id or 0)
        found = teams.filter(name__iexact=form.cleaned_data["team"].strip()).first()
        if found is None:
            raise Invalid(f"{repo.owner.slug} has no team {form.cleaned_data['team']}.", field="team")
        people.set_team(actor=actor_of(request), repository=repo, team=found, level=Level(form.cleaned_data["level"]))

    if _try(request, form, "Access was given.", act):
        return _to(repo, "settings_access")
    return _access(request, repo, team=form, status=400)


@repo_page("POST", needs=Level.ADMIN)
def team_removal(request: HttpRequest, repo: Repository, pk: int) -> HttpResponseBase:
    """Take a team's access away."""
    row = get_object_or_404(repo.team_grants.select_related("team"), pk=pk)
    people.remove_team(actor=actor_of(request), repository=repo, team=row.team)
    messages.success(request, f"The team {row.team.name} has no access any more.")
    return _to(repo, "settings_access")


@repo_page(*READING, "POST", needs=Level.ADMIN)
def protection(request: HttpRequest, repo: Repository) -> HttpResponseBase:
    """Rules for branches; POST adds one, or replaces that of the same pattern. `?rule=` fills the form with one."""
    known = {str(rule.pk): rule for rule in repo.protected_branches.all()}
    shown = known.get(request.GET.get("rule", ""))
    form = ProtectionForm(posted(request), instance=None if request.method == "POST" else shown)
    if request.method == "POST" and _try(
        request,
        form,
        "The rule holds from now on.",
        lambda: people.protect_branch(actor=actor_of(request), repository=repo, **form.cleaned_data),
    ):
        return _to(repo, "settings_protection")
    status = 400 if form.is_bound and form.errors else 200
    return _protection(request, repo, status=status, form=form, shown=shown)


def _protection(request: HttpRequest, repo: Repository, *, status: int = 200, **shown: Any) -> HttpResponse:
    context = {
        "rules": repo.protected_branches.all(),
        "form": ProtectionForm(),
        "merging": MergingForm(instance=repo),
        "contexts": recent_contexts(repo),
        "section": "protection",
        **shown,
    }
    return draw(request, repo, "repos/settings_protection.html", context, active="settings", status=status)


@repo_page("POST", needs=Level.ADMIN)
def merging(request: HttpRequest, repo: Repository) -> HttpResponseBase:
    """How pull requests may be merged."""
    form = MergingForm(request.POST, instance=_fresh(repo))
    if _try(request, form, "The settings were saved.", lambda: repositories.set_merging(
        actor=actor_of(request), repository=repo, **form.cleaned_data
    )):  # fmt: skip
        return _to(repo, "settings_protection")
    return _protection(request, repo, status=400, merging=form)


@repo_page("POST", needs=Level.ADMIN)
def protection_removal(request: HttpRequest, repo: Repository, pk: int) -> HttpResponseBase:
    """Take a rule away."""
    rule = get_object_or_404(repo.protected_branches.all(), pk=pk)
    people.unprotect_branch(actor=actor_of(request), rule=rule)
    messages.success(request, f"The rule for {rule.pattern} is gone.")
    return _to(repo, "settings_protection")
