"""Addresses of discussions."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from collab.views import discussion_acts, discussion_categories, discussions

_ONE = "discussions/<int:number>"
_CATEGORY = "discussions/categories/<slug:slug>"

PATHS: list[URLPattern | URLResolver] = [
    path("discussions", discussions.discussions, name="discussions"),
    path("discussions/new", discussions.new, name="new_discussion"),
    path("discussions/categories", discussion_categories.categories, name="discussion_categories"),
    path(_CATEGORY, discussion_categories.category, name="discussion_category"),
    path(f"{_CATEGORY}/removal", discussion_categories.removal, name="remove_discussion_category"),
    path(_ONE, discussions.discussion, name="discussion"),
    path(f"{_ONE}/answer", discussion_acts.answer, name="answer_discussion"),
    path(f"{_ONE}/votes", discussion_acts.votes, name="discussion_votes"),
    path(f"{_ONE}/poll", discussion_acts.poll, name="vote_in_poll"),
    path(f"{_ONE}/poll/end", discussion_acts.poll_end, name="end_poll"),
    path(f"{_ONE}/category", discussion_acts.category, name="move_discussion"),
    path("comments/<int:pk>/votes", discussion_acts.comment_votes, name="comment_votes"),
    path("issues/<int:number>/conversion", discussion_acts.conversion, name="convert_issue"),
]
