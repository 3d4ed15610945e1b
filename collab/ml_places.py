"""Offers the places of what only an ML hub reviews: a tab of pull requests, a page of settings, data before merges."""

from __future__ import annotations

from collab import merge_places, pull_tabs
from collab.services.data_on_merge import bring_data
from repos import settings_menu


def offer() -> None:
    """Called once, when the room is made ready."""
    pull_tabs.register(pull_tabs.PullTab("experiments", "Experiments", "flask-conical", "collab:pull_experiments", 40))
    settings_menu.register(settings_menu.SettingsPage("gates", "Metric gates", "gauge", "collab:gates", 30))
    merge_places.register(bring_data)
