"""Deletes rows for good, in bulk: what Django's cascade would do one object at a time."""

from __future__ import annotations

from django.db import transaction

from registry.models import RegisteredModel
from repos.models import Repository
from tracking import sql

_OF_REPOSITORY = "(SELECT id FROM registry_registeredmodel WHERE repository_id = ?)"
_HOOKS = "(SELECT id FROM registry_webhook WHERE repository_id = ?)"
_ENDPOINTS = "(SELECT id FROM registry_modelendpoint WHERE repository_id = ?)"


def purge_model(*, model: RegisteredModel) -> None:
    """Nothing of the model is left; the files of its versions belong to the runs that made them."""
    with transaction.atomic():
        _purge_models("(?)", model.pk)


def purge_repository(*, repository: Repository) -> None:
    """Nothing of the repository's registry is left."""
    with transaction.atomic():
        _purge_models(_OF_REPOSITORY, repository.pk)
        sql.change(f"DELETE FROM registry_webhookdelivery WHERE webhook_id IN {_HOOKS}", (repository.pk,))
        sql.change(f"DELETE FROM registry_endpointuse WHERE endpoint_id IN {_ENDPOINTS}", (repository.pk,))
        for table in ("registry_webhook", "registry_modelendpoint", "registry_promotionrule", "registry_modelevent"):
            sql.change(f"DELETE FROM {table} WHERE repository_id = ?", (repository.pk,))


def _purge_models(which: str, value: int) -> None:
    versions = f"(SELECT id FROM registry_modelversion WHERE model_id IN {which})"
    promotions = f"(SELECT id FROM registry_promotion WHERE model_id IN {which})"
    trials = f"(SELECT id FROM registry_prompttrial WHERE model_id IN {which})"
    for where in (
        f"registry_promptcall WHERE trial_id IN {trials}",
        f"registry_prompttrial WHERE model_id IN {which}",
        f"registry_promotionreview WHERE promotion_id IN {promotions}",
        f"registry_promotion WHERE model_id IN {which}",
        f"registry_promotionrule WHERE model_id IN {which}",
        f"registry_modelalias WHERE model_id IN {which}",
        f"registry_modelversiontag WHERE version_id IN {versions}",
        f"registry_modelversion WHERE model_id IN {which}",
        f"registry_registeredmodeltag WHERE model_id IN {which}",
        f"registry_registeredmodel WHERE id IN {which}",
    ):
        sql.change(f"DELETE FROM {where}", (value,))
