"""Registers the repos room."""

from __future__ import annotations

from django.apps import AppConfig


class ReposConfig(AppConfig):
    """The room of repositories."""

    name = "repos"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Offer accounts what tokens may be bound to, and pages the tabs of this room."""
        from accounts import places, settings_menu
        from accounts.levels import Level
        from repos import commit_parts, hook_tellers, receivers, subjects, tabs  # noqa: F401
        from repos.places import RepositoryPlaces
        from repos.selectors.statuses import checks_part
        from repos.selectors.subjects import file_start, files_named

        places.offer(RepositoryPlaces())
        subjects.offer(
            subjects.Subject(
                "file", "File", "file-text", ("lines", "cell", "row", "area"), files_named, start=file_start
            )
        )
        hook_tellers.offer()
        settings_menu.register(
            settings_menu.SettingsPlace(
                "webhooks", "Webhooks", "webhook", "repos_owner:person_webhooks", "repos_owner:group_webhooks"
            )
        )
        commit_parts.offer(commit_parts.CommitPart("repos/_commit_checks.html", 10, checks_part))
        for tab in (
            tabs.Tab("overview", "Overview", "book-open", "repos:overview", 10),
            tabs.Tab("files", "Files", "folder", "repos:files", 20),
            tabs.Tab("settings", "Settings", "settings", "repos:settings", 90, needs=Level.ADMIN),
        ):
            tabs.register(tab)
