"""What the palette offers beside things that were found: places to go and things to make, by words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse

from accounts.actor import Actor
from accounts.levels import Level
from repos.access import level_for
from repos.models import Repository
from repos.tabs import tabs_for


@dataclass(frozen=True, slots=True)
class Command:
    """A line of the palette: `facts` says where it belongs."""

    title: str
    url: str
    icon: str
    facts: str = ""


def commands(actor: Actor, repository: Repository | None, text: str) -> list[Command]:
    """Those whose words hold all that was typed, the ones of the repository first."""
    wanted = text.casefold().split()
    every = [*(_of(actor, repository) if repository else ()), *_everywhere(actor)]
    return [each for each in every if all(word in f"{each.title} {each.facts}".casefold() for word in wanted)]


def _of(actor: Actor, repository: Repository) -> Iterable[Command]:
    level, name = level_for(actor, repository), repository.full_name
    for tab in tabs_for(repository, level, ""):
        yield Command(f"Go to {tab.label}", tab.url, tab.icon, name)
    if actor.is_anonymous:
        return
    where = [repository.owner.slug, repository.name]
    yield Command("New issue", reverse("collab:new_issue", args=where), "circle-dot", name)
    yield Command("New discussion", reverse("collab:new_discussion", args=where), "messages-square", name)
    if level >= Level.WRITE:
        yield Command("New branch", reverse("repos:new_branch", args=where), "git-branch", name)
        yield Command("New experiment", reverse("tracking:new_experiment", args=where), "flask-conical", name)


def _everywhere(actor: Actor) -> Iterable[Command]:
    yield Command("Go home", reverse("web:home"), "house")
    yield Command("Explore repositories", reverse("web:explore"), "compass")
    if actor.is_anonymous:
        yield Command("Sign in", reverse("account_login"), "log-in")
        return
    yield Command("Notifications", reverse("notices:inbox"), "bell")
    yield Command("New repository", reverse("repos:new"), "book")
    yield Command("New organisation", reverse("accounts:new_organization"), "building-2")
    yield Command("Your profile", f"/{actor.name}/", "user")
    yield Command("Settings", reverse("accounts:settings"), "settings")
    yield Command("Access tokens", reverse("accounts:tokens"), "key-round")
    if actor.is_site_admin:
        yield Command("Administration", reverse("accounts:admin"), "wrench")
