"""Addresses of the registry's pages, below /<owner>/<repo>/."""

from __future__ import annotations

from django.urls import path

from registry.views import aliases, comparison, files, lists, models, prompts, versions

app_name = "registry"

_MODEL = "models/<str:model>"
_VERSION = f"{_MODEL}/<int:number>"
_PROMPT = "prompts/<str:model>"

urlpatterns = [
    path("models", lists.listed, name="models"),
    path("prompts", lists.listed, {"prompts": True}, name="prompts"),
    path(_PROMPT, prompts.prompt, name="prompt"),
    path(f"{_PROMPT}/<int:number>", prompts.prompt, name="prompt_version"),
    path(_MODEL, models.model, name="model"),
    # What follows also changes prompts: they are models with a mark.
    path(f"{_MODEL}/name", models.name, name="rename_model"),
    path(f"{_MODEL}/description", models.description, name="describe_model"),
    path(f"{_MODEL}/tags", models.tags, name="model_tags"),
    path(f"{_MODEL}/deletion", models.deletion, name="delete_model"),
    path(f"{_MODEL}/history", models.history, name="model_history"),
    path(f"{_MODEL}/aliases", aliases.aliases, name="aliases"),
    path(f"{_MODEL}/aliases/removal", aliases.removal, name="remove_alias"),
    path(f"{_MODEL}/compare", comparison.compare, name="compare"),
    path(_VERSION, versions.version, name="model_version"),
    path(f"{_VERSION}/description", versions.description, name="describe_version"),
    path(f"{_VERSION}/tags", versions.tags, name="version_tags"),
    path(f"{_VERSION}/stage", versions.stage, name="version_stage"),
    path(f"{_VERSION}/deletion", versions.deletion, name="delete_version"),
    path(f"{_VERSION}/files", files.files, name="files"),
    path(f"{_VERSION}/files/<path:place>", files.files, name="file"),
    path(f"{_VERSION}/raw/<path:place>", files.raw, name="raw"),
    path(f"{_VERSION}/frame/<path:place>", files.framed, name="frame"),
]
