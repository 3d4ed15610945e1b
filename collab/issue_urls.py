"""Addresses of issues, their lists, labels, milestones and boards, below /<owner>/<repo>/."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from collab.views import board_cards, bulk, issue_boards, issues, labels, milestones, side, topic_list

_TOPIC = "topics/<int:number>"
_LABEL = "labels/<int:key>"
_MILESTONE = "milestones/<int:number>"
_BOARD = "boards/<int:board>"
_COLUMN = f"{_BOARD}/columns/<int:column>"

PATHS: list[URLPattern | URLResolver] = [
    path("issues", topic_list.issues, name="issues"),
    path("pulls", topic_list.pulls, name="pulls"),
    path("issues/new", issues.new, name="new_issue"),
    path("issues/bulk", bulk.bulk, name="bulk"),
    path("issues/changes/<int:key>", bulk.change, name="topic_change"),
    path("issues/<int:number>", issues.issue, name="issue"),
    path(f"{_TOPIC}/labels", side.labels, name="topic_labels"),
    path(f"{_TOPIC}/assignees", side.assignees, name="topic_assignees"),
    path(f"{_TOPIC}/milestone", side.milestone, name="topic_milestone"),
    path(f"{_TOPIC}/due", side.due, name="topic_due"),
    path("labels", labels.labels, name="labels"),
    path("labels/usual", labels.usual, name="usual_labels"),
    path(_LABEL, labels.edit, name="label"),
    path(f"{_LABEL}/deletion", labels.deletion, name="delete_label"),
    path("milestones", milestones.milestones, name="milestones"),
    path("milestones/new", milestones.new, name="new_milestone"),
    path(_MILESTONE, milestones.milestone, name="milestone"),
    path(f"{_MILESTONE}/edit", milestones.edit, name="edit_milestone"),
    path(f"{_MILESTONE}/closure", milestones.closure, name="close_milestone"),
    path(f"{_MILESTONE}/deletion", milestones.deletion, name="delete_milestone"),
    path("boards", issue_boards.boards, name="boards"),
    path(_BOARD, issue_boards.board, name="board"),
    path(f"{_BOARD}/settings", issue_boards.settings, name="board_settings"),
    path(f"{_BOARD}/deletion", issue_boards.deletion, name="delete_board"),
    path(f"{_BOARD}/cards", board_cards.cards, name="cards"),
    path(f"{_BOARD}/cards/<int:card>", board_cards.card, name="card"),
    path(f"{_BOARD}/columns", issue_boards.columns, name="columns"),
    path(_COLUMN, issue_boards.column, name="column"),
    path(f"{_COLUMN}/deletion", issue_boards.column_deletion, name="delete_column"),
]
