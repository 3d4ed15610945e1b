"""Finds rows by the names that clients use and holds them for the transaction; the first step of every write.

The model's row is held for whatever changes a model, its versions or aliases, so such writers queue up per model.
"""

from __future__ import annotations

from registry import rules
from registry.models import ModelVersion, RegisteredModel
from registry.selectors.versions import model_not_found, version_not_found
from repos.models import Repository


def hold_model(repository: Repository, name: str) -> RegisteredModel:
    """Hold a model of the repository; raises Invalid, NotFound."""
    rules.check_model_name(name)
    found = RegisteredModel.objects.select_for_update(no_key=True).filter(repository=repository, name=name).first()
    if found is None:
        raise model_not_found(name)
    return found


def hold_version(repository: Repository, name: str, version: str) -> ModelVersion:
    """Hold a model and one of its versions; raises Invalid, NotFound. An unknown model is an unknown version, too."""
    rules.check_model_name(name)
    number = rules.parse_version(version)
    models = RegisteredModel.objects.select_for_update(no_key=True)
    model = models.filter(repository=repository, name=name).first()
    found = None
    if model is not None:
        found = ModelVersion.objects.filter(model=model, number=number, deleted_at__isnull=True).first()
    if model is None or found is None:
        raise version_not_found(name, version)
    found.model = model
    return found
