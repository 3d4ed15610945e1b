"""Addresses of the registry's pages: a prompt has its own, a model another."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from registry.models import RegisteredModel
from repos.models import Repository

TAB = "models"


def home_of(repo: Repository, page: str = "models", **rest: Any) -> str:
    """The address of a page of the registry in the repository."""
    return reverse(f"registry:{page}", kwargs={"owner": repo.owner.slug, "name": repo.name, **rest})


def page_of(repo: Repository, model: RegisteredModel, number: int | None = None) -> str:
    """The page of a model or prompt, or of one of its versions."""
    kind = "prompt" if model.is_prompt else "model"
    if number is None:
        return home_of(repo, kind, model=model.name)
    return home_of(repo, f"{kind}_version", model=model.name, number=number)
