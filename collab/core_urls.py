"""Addresses of the talk that all topics share: comments, threads, signs, state, and what a box for writing asks."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from collab.views import comments, composer, reactions, talk_threads, topic_state

_TOPIC = "topics/<int:number>"
_COMMENT = "comments/<int:pk>"
_THREAD = "threads/<int:pk>"

PATHS: list[URLPattern | URLResolver] = [
    path(_TOPIC, topic_state.opening, name="topic_text"),
    path(f"{_TOPIC}/comments", comments.comments, name="comments"),
    path(f"{_TOPIC}/folded", comments.folded, name="folded"),
    path(f"{_TOPIC}/latest", comments.latest, name="latest"),
    path(f"{_TOPIC}/source", composer.source_of_topic, name="topic_source"),
    path(f"{_TOPIC}/edit", topic_state.edit, name="edit_topic"),
    path(f"{_TOPIC}/closure", topic_state.closure, name="closure"),
    path(f"{_TOPIC}/lock", topic_state.lock, name="lock_topic"),
    path(f"{_TOPIC}/pin", topic_state.pin, name="pin_topic"),
    path(f"{_TOPIC}/reactions", reactions.on_topic, name="topic_reactions"),
    path(f"{_TOPIC}/deletion", topic_state.deletion, name="delete_topic"),
    path(_COMMENT, comments.comment, name="comment"),
    path(f"{_COMMENT}/source", composer.source_of_comment, name="comment_source"),
    path(f"{_COMMENT}/edit", comments.edit, name="edit_comment"),
    path(f"{_COMMENT}/hiding", comments.hiding, name="hide_comment"),
    path(f"{_COMMENT}/deletion", comments.deletion, name="delete_comment"),
    path(f"{_COMMENT}/reactions", reactions.on_comment, name="comment_reactions"),
    path(_THREAD, talk_threads.thread, name="thread"),
    path(f"{_THREAD}/replies", talk_threads.replies, name="thread_replies"),
    path(f"{_THREAD}/resolution", talk_threads.resolution, name="resolve_thread"),
    path("composer/preview", composer.preview, name="preview"),
    path("composer/people", composer.people, name="complete_people"),
    path("composer/topics", composer.topics, name="complete_topics"),
]
