"""Addresses of repositories and their refs, below /api/v1/."""

from __future__ import annotations

from django.urls import path

from repos.api import forks, hooks, refs, repositories, rules, statuses

_REPO = "repos/<owner:owner>/<repo:name>"

urlpatterns = [
    path("user/repos", repositories.Mine.as_view()),
    path("org/<owner:org>/repos", repositories.OfOrganization.as_view()),
    path(_REPO, repositories.One.as_view()),
    path(f"{_REPO}/branches", refs.Branches.as_view()),
    path(f"{_REPO}/branches/<path:branch>", refs.Branch.as_view()),
    path(f"{_REPO}/tags", refs.Tags.as_view()),
    path(f"{_REPO}/commits", refs.Commits.as_view()),
    path(f"{_REPO}/commits/<path:sha>/status", statuses.Combined.as_view()),
    path(f"{_REPO}/commits/<path:sha>", refs.Commit.as_view()),
    path(f"{_REPO}/statuses/<path:sha>", statuses.Statuses.as_view()),
    path(f"{_REPO}/forks", forks.Forks.as_view()),
    path(f"{_REPO}/stargazers", forks.Stargazers.as_view()),
    path("user/starred", forks.Starred.as_view()),
    path("user/starred/<owner:owner>/<repo:name>", forks.OneStar.as_view()),
    path(f"{_REPO}/branch_protections", rules.Protections.as_view()),
    path(f"{_REPO}/branch_protections/<path:pattern>", rules.OneProtection.as_view()),
    path(f"{_REPO}/collaborators", rules.Collaborators.as_view()),
    path(f"{_REPO}/collaborators/<owner:username>", rules.OneCollaborator.as_view()),
    path(f"{_REPO}/hooks", hooks.Webhooks.as_view()),
    path(f"{_REPO}/hooks/<int:hook>", hooks.OneWebhook.as_view()),
    path(f"{_REPO}/hooks/<int:hook>/tests", hooks.WebhookTest.as_view()),
]
