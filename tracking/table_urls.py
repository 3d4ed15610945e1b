"""Addresses of what is done with a runs table, below the address of its experiment."""

from __future__ import annotations

from django.urls import URLPattern, path

from tracking.views import bulk, export, filtering, groups, named_views

_TABLE = "experiments/<int:number>"

TABLE: list[URLPattern] = [
    path(f"{_TABLE}/completions", filtering.completions, name="completions"),
    path(f"{_TABLE}/views", named_views.named_views, name="named_views"),
    path(f"{_TABLE}/views/<int:view>", named_views.named_view, name="named_view"),
    path(f"{_TABLE}/views/<int:view>/deletion", named_views.deletion, name="delete_view"),
    path(f"{_TABLE}/views/<int:view>/default", named_views.default, name="default_view"),
    path(f"{_TABLE}/selection/change", bulk.change, name="change_selection"),
    path(f"{_TABLE}/changes", bulk.changes, name="bulk_changes"),
    path(f"{_TABLE}/groups", groups.groups, name="groups"),
    path(f"{_TABLE}/export", export.export, name="export"),
]
