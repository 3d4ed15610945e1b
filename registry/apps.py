"""Registers the registry room."""

from __future__ import annotations

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    """The room of registered models."""

    name = "registry"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen for repositories that go away; serve our part of MLflow; keep what versions need; offer our places."""
        from registry import receivers  # noqa: F401
        from registry.mlflow import routes
        from registry.selectors.origins import needed_by_versions
        from registry.selectors.pages import model_count
        from registry.selectors.subjects import versions_named
        from registry.views.lineage import made_of_commit, registered_by
        from repos import subjects
        from repos.commit_parts import CommitPart, offer
        from repos.tabs import Tab, register
        from tracking.belongings import register_need
        from tracking.places import Part, offer_run_part

        routes.serve()
        subjects.offer(subjects.Subject("model_version", "Model version", "box", (), versions_named))
        register_need(needed_by_versions)
        offer_run_part(Part(template="registry/_run_versions.html", order=20, context=registered_by))
        offer(CommitPart(template="registry/_run_versions.html", order=20, context=made_of_commit))
        register(Tab(key="models", label="Models", icon="box", url_name="registry:models", order=40, count=model_count))
