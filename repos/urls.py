"""Addresses of code pages and settings. A place is `ref/path`; refs may hold slashes, so views take it apart."""

from __future__ import annotations

from django.urls import include, path, register_converter

from repos.views import (
    archives,
    branches,
    code,
    creation,
    diffs,
    edits,
    finding,
    forks,
    history,
    hooks,
    overview,
    renderings,
    settings,
    stars,
)

app_name = "repos"


class PlaceConverter:
    """The rest of an address, whatever git allows in names: also newlines, which Django's own `path` refuses."""

    regex = r"[\s\S]+"

    def to_python(self, value: str) -> str:
        """As it is; nothing is looked up here."""
        return value

    def to_url(self, value: str) -> str:
        """As it is; reverse quotes it."""
        return value


register_converter(PlaceConverter, "place")

pages = [
    path("", overview.overview, name="overview"),
    path("/arrival", overview.arrival, name="arrival"),
    path("/src", code.files, name="files"),
    path("/src/<place:place>", code.src, name="src"),
    path("/entries/<place:place>", code.entries, name="entries"),
    path("/raw/<place:place>", code.raw, name="raw"),
    path("/rendering/<place:place>", renderings.rendering, name="rendering"),
    path("/blame/<place:place>", history.blame, name="blame"),
    path("/commits", history.default_commits, name="default_commits"),
    path("/commits/<place:place>", history.commits, name="commits"),
    path("/commit/<str:sha>", diffs.commit, name="commit"),
    path("/commit/<str:sha>/patch", diffs.commit_patch, name="commit_patch"),
    path("/compare", diffs.compare_form, name="compare_form"),
    path("/compare/<place:span>", diffs.compare, name="compare"),
    path("/diff/<str:old>/<str:new>", diffs.file_diff, name="file_diff"),
    path("/context/<str:new>", diffs.diff_context, name="diff_context"),
    path("/find/<place:place>", finding.find, name="find"),
    path("/search", finding.search, name="search"),
    path("/archive/<place:place>", archives.archive, name="archive"),
    path("/branches", branches.branches, name="branches"),
    path("/branches/new", branches.new_branch, name="new_branch"),
    path("/branches/delete/<place:place>", branches.delete_branch, name="delete_branch"),
    path("/tags", branches.tags, name="tags"),
    path("/tags/new", branches.new_tag, name="new_tag"),
    path("/tags/delete/<place:place>", branches.delete_tag, name="delete_tag"),
    path("/fork", forks.fork, name="fork"),
    path("/fork/sync", forks.sync, name="sync_fork"),
    path("/forks", forks.forks, name="forks"),
    path("/edit/<place:place>", edits.edit, name="edit"),
    path("/new/<place:place>", edits.create, name="create"),
    path("/upload/<place:place>", edits.upload, name="upload"),
    path("/rename/<place:place>", edits.rename, name="rename"),
    path("/delete/<place:place>", edits.delete, name="delete"),
    path("/star", stars.star, name="star"),
    path("/stars", stars.stars, name="stars"),
    path("/settings", settings.general, name="settings"),
    path("/settings/visibility", settings.visibility, name="settings_visibility"),
    path("/settings/name", settings.rename, name="settings_rename"),
    path("/settings/owner", settings.transfer, name="settings_transfer"),
    path("/settings/deletion", settings.deletion, name="settings_deletion"),
    path("/settings/access", settings.access, name="settings_access"),
    path("/settings/access/people", settings.person, name="settings_person"),
    path("/settings/access/people/<owner:username>/removal", settings.person_removal, name="settings_person_removal"),
    path("/settings/access/teams", settings.team, name="settings_team"),
    path("/settings/access/teams/<int:pk>/removal", settings.team_removal, name="settings_team_removal"),
    path("/settings/branches", settings.protection, name="settings_protection"),
    path("/settings/merging", settings.merging, name="settings_merging"),
    path("/settings/branches/<int:pk>/removal", settings.protection_removal, name="settings_protection_removal"),
    path("/settings/webhooks", hooks.hooks.of_repo, name="webhooks"),
    path("/settings/webhooks/new", hooks.new_hook.of_repo, name="webhook_new"),
    path("/settings/webhooks/<int:pk>", hooks.hook.of_repo, name="webhook"),
    path("/settings/webhooks/<int:pk>/test", hooks.hook_test.of_repo, name="webhook_test"),
    path("/settings/webhooks/<int:pk>/deletion", hooks.hook_deletion.of_repo, name="webhook_deletion"),
    path("/settings/webhooks/<int:pk>/deliveries/<int:number>", hooks.hook_delivery.of_repo, name="webhook_delivery"),
    path(
        "/settings/webhooks/<int:pk>/deliveries/<int:number>/again",
        hooks.hook_redelivery.of_repo,
        name="webhook_redelivery",
    ),
]

urlpatterns = [
    path("-/new", creation.new, name="new"),
    path("<owner:owner>/<repo:name>", include(pages)),
]
