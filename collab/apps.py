"""Registers the collab room."""

from __future__ import annotations

from django.apps import AppConfig


class CollabConfig(AppConfig):
    """The room of issues, pull requests and discussions."""

    name = "collab"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen for what happens; offer tabs, places in settings and parts of pages."""
        from accounts import settings_menu
        from collab import (
            board_receivers,  # noqa: F401
            gate_receivers,  # noqa: F401
            hook_tellers,
            ml_places,
            notice_receivers,  # noqa: F401
            pull_lines,
            pull_receivers,  # noqa: F401
            pull_tabs,
            receivers,  # noqa: F401
            review_lines,  # noqa: F401
        )
        from collab.selectors.topic_lists import open_discussions, open_issues, open_pulls
        from repos import tabs

        for place in (
            tabs.Tab("issues", "Issues", "circle-dot", "collab:issues", 60, count=open_issues),
            tabs.Tab("pulls", "Pull requests", "git-pull-request", "collab:pulls", 70, count=open_pulls),
            tabs.Tab("discussions", "Discussions", "messages-square", "collab:discussions", 75, count=open_discussions),
        ):
            tabs.register(place)
        hook_tellers.offer()
        ml_places.offer()
        pull_lines.offer()
        for tab in (
            pull_tabs.PullTab("conversation", "Conversation", "messages-square", "collab:pull", 10),
            pull_tabs.PullTab(
                "commits", "Commits", "git-commit-horizontal", "collab:pull_commits", 20, lambda p: p.commits_count
            ),
        ):
            pull_tabs.register(tab)
        pull_tabs.register(
            pull_tabs.PullTab("files", "Files changed", "file-diff", "collab:pull_files", 30, lambda p: p.changed_files)
        )
        settings_menu.register(
            settings_menu.SettingsPlace("notifications", "Notifications", "bell", "notices:settings")
        )
