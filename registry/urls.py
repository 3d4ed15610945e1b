"""Addresses of the registry's pages, below /<owner>/<repo>/."""

from __future__ import annotations

from django.urls import path

from registry.views import (
    aliases,
    comparison,
    endpoints,
    files,
    history,
    lineage,
    lists,
    models,
    playground,
    promotions,
    prompts,
    rules,
    versions,
)

app_name = "registry"

_MODEL = "models/<str:model>"
_VERSION = f"{_MODEL}/<int:number>"
_REQUEST = f"{_MODEL}/requests/<int:number>"
_PROMPT = "prompts/<str:model>"

urlpatterns = [
    path("models", lists.listed, name="models"),
    path("prompts", lists.listed, {"prompts": True}, name="prompts"),
    path(_PROMPT, prompts.prompt, name="prompt"),
    path(f"{_PROMPT}/<int:number>", prompts.prompt, name="prompt_version"),
    path(f"{_PROMPT}/<int:number>/try", playground.playground, name="playground"),
    path(f"{_PROMPT}/<int:number>/trials", playground.trials, name="trials"),
    path(f"{_PROMPT}/trials/<int:trial>", playground.trial, name="trial"),
    path(f"{_PROMPT}/trials/<int:trial>/stop", playground.stop, name="stop_trial"),
    path("playground/endpoints", endpoints.endpoints, name="endpoints"),
    path("playground/endpoints/new", endpoints.new, name="new_endpoint"),
    path("playground/endpoints/<int:number>", endpoints.endpoint, name="endpoint"),
    path("playground/endpoints/<int:number>/models", endpoints.offered, name="endpoint_models"),
    path("playground/endpoints/<int:number>/removal", endpoints.removal, name="remove_endpoint"),
    # Of all models: not below models/, where a model may have any name.
    path("lineage", lineage.lineage, name="lineage"),
    path("promotions", promotions.listed, name="promotions"),
    path("promotions/rules", rules.rules, name="default_rules"),
    path("promotions/rules/setting", rules.setting, name="set_default_rule"),
    path("promotions/rules/removal", rules.removal, name="remove_default_rule"),
    path("promotions/history", history.history, name="all_history"),
    path("promotions/history/export", history.export, name="all_history_export"),
    path(_MODEL, models.model, name="model"),
    # What follows also changes prompts: they are models with a mark.
    path(f"{_MODEL}/name", models.name, name="rename_model"),
    path(f"{_MODEL}/description", models.description, name="describe_model"),
    path(f"{_MODEL}/tags", models.tags, name="model_tags"),
    path(f"{_MODEL}/deletion", models.deletion, name="delete_model"),
    path(f"{_MODEL}/history", history.history, name="model_history"),
    path(f"{_MODEL}/history/export", history.export, name="model_history_export"),
    path(f"{_MODEL}/rules", rules.rules, name="rules"),
    path(f"{_MODEL}/rules/setting", rules.setting, name="set_rule"),
    path(f"{_MODEL}/rules/removal", rules.removal, name="remove_rule"),
    path(f"{_MODEL}/requests", promotions.listed, name="requests"),
    path(_REQUEST, promotions.shown, name="request"),
    path(f"{_REQUEST}/review", promotions.review, name="review"),
    path(f"{_REQUEST}/withdrawal", promotions.withdrawal, name="withdraw"),
    path(f"{_REQUEST}/check", promotions.check, name="check"),
    path(f"{_REQUEST}/override", promotions.override, name="override"),
    path(f"{_MODEL}/aliases", aliases.aliases, name="aliases"),
    path(f"{_MODEL}/aliases/removal", aliases.removal, name="remove_alias"),
    path(f"{_MODEL}/compare", comparison.compare, name="compare"),
    path(_VERSION, versions.version, name="model_version"),
    path(f"{_VERSION}/description", versions.description, name="describe_version"),
    path(f"{_VERSION}/tags", versions.tags, name="version_tags"),
    path(f"{_VERSION}/promotion", promotions.ask, name="ask"),
    path(f"{_VERSION}/stage", versions.stage, name="version_stage"),
    path(f"{_VERSION}/deletion", versions.deletion, name="delete_version"),
    path(f"{_VERSION}/files", files.files, name="files"),
    path(f"{_VERSION}/files/<path:place>", files.files, name="file"),
    path(f"{_VERSION}/zip", files.packed, name="version_zip"),
    path(f"{_VERSION}/zip/<path:place>", files.packed, name="version_folder_zip"),
    path(f"{_VERSION}/raw/<path:place>", files.raw, name="raw"),
    path(f"{_VERSION}/frame/<path:place>", files.framed, name="frame"),
]
