"""Addresses of reviews: files changed, comments on them, one's own review, verdicts and suggestions."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from collab.views import files, on_files, review, suggestions

_PULL = "pulls/<int:number>"

PATHS: list[URLPattern | URLResolver] = [
    path(f"{_PULL}/files", files.files, name="pull_files"),
    path(f"{_PULL}/files/list", files.file_list, name="pull_file_list"),
    path(f"{_PULL}/files/context", files.file_context, name="pull_file_context"),
    path(f"{_PULL}/files/comments", on_files.comments, name="comment_on_files"),
    path(f"{_PULL}/files/viewed", on_files.viewed, name="viewed"),
    path(f"{_PULL}/suggestions", suggestions.suggestions, name="suggestions"),
    path(f"{_PULL}/review", review.review, name="review"),
    path(f"{_PULL}/review/discard", review.discard, name="discard_review"),
    path(f"{_PULL}/reviews/again", review.again, name="review_again"),
    path(f"{_PULL}/reviews/<int:pk>/dismissal", review.dismissal, name="dismiss_review"),
]
