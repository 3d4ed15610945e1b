"""Boards: listed, looked at, made, changed and deleted, with their columns."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone

from accounts.levels import Level
from collab.access import check_triage
from collab.forms.sorting import BoardForm, ColumnForm
from collab.models import IssueBoard
from collab.search_language import Query, parse
from collab.selectors import issue_boards as selectors
from collab.selectors.labels import labels_of
from collab.services import issue_boards as services
from collab.views.talk_frame import told
from hub.lib.errors import HubError, Invalid
from repos.access import level_for
from repos.models import Repository
from repos.views.frame import READING, actor_of, draw, refuse, repo_page


@repo_page(*READING, "POST")
def boards(request: HttpRequest, repo: Repository) -> HttpResponseBase:
    """Every board; POST makes one."""
    form = BoardForm(request.POST if request.method == "POST" else None)
    if form.is_bound:
        check_triage(actor_of(request), repo)
    if form.is_bound and form.is_valid():
        try:
            made = services.create_board(actor=actor_of(request), repository=repo, **form.cleaned_data)
        except HubError as error:
            refuse(form, error)
        else:
            return redirect("collab:board", repo.owner.slug, repo.name, made.pk)
    context = {"boards": selectors.boards_of(repo), "form": form}
    status = 400 if form.is_bound else 200
    return draw(request, repo, "collab/boards.html", context, active="issues", status=status)


@repo_page()
@told
def board(request: HttpRequest, repo: Repository, board: int) -> HttpResponseBase:
    """A board: its columns with the cards that the search means."""
    return drawn(request, selectors.find_board(repo, board), request.GET.get("q", ""))


def drawn(request: HttpRequest, found: IssueBoard, words: str, **more: Any) -> HttpResponse:
    """The page of a board, or for HTMX its columns alone; `words` is the search."""
    actor, today, status = actor_of(request), timezone.now().date(), more.pop("status", 200)
    try:
        columns = selectors.columns_of(found, parse(words), actor, today)
    except Invalid as fault:
        status, more["fault"] = 400, fault
        columns = selectors.columns_of(found, Query(), actor, today)
    may_move = level_for(actor, found.repository) >= Level.WRITE
    context = {"board": found, "columns": columns, "words": words[:600], "may_move": may_move, **more}
    page, part = "collab/board.html", "collab/_board.html"
    return draw(request, found.repository, page, context, part=part, active="issues", status=status)


@repo_page(*READING, "POST", needs=Level.WRITE)
def settings(request: HttpRequest, repo: Repository, board: int) -> HttpResponseBase:
    """The name of a board and what its columns do; POST changes the name."""
    found = selectors.find_board(repo, board)
    form = BoardForm.of(found, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            services.edit_board(actor=actor_of(request), board=found, **form.cleaned_data)
        except HubError as error:
            refuse(form, error)
        else:
            messages.success(request, f"The board {found.name} was changed.")
            return redirect("collab:board_settings", repo.owner.slug, repo.name, found.pk)
    return _settings(request, found, form=form, status=400 if form.is_bound else 200)


def _settings(request: HttpRequest, found: IssueBoard, *, status: int = 200, **forms: Any) -> HttpResponse:
    repo = found.repository
    labels = labels_of(repo)
    changed = forms.pop("changed", None)
    columns = list(found.columns.select_related("label"))
    context = {
        "board": found,
        "form": BoardForm.of(found),
        "new_form": ColumnForm(labels=labels, auto_id="id_new_%s"),
        "columns": [
            (column, changed[1] if changed and changed[0] == column.pk else ColumnForm.of(column, labels))
            for column in columns
        ],
        **forms,
    }
    return draw(request, repo, "collab/board_settings.html", context, active="issues", status=status)


@repo_page("POST", needs=Level.WRITE)
def columns(request: HttpRequest, repo: Repository, board: int) -> HttpResponseBase:
    """Add a column."""
    found = selectors.find_board(repo, board)
    form = ColumnForm(request.POST, labels=labels_of(repo), auto_id="id_new_%s")
    if form.is_valid():
        try:
            services.add_column(actor=actor_of(request), board=found, **form.cleaned_data)
        except HubError as error:
            refuse(form, error)
        else:
            return redirect("collab:board_settings", repo.owner.slug, repo.name, found.pk)
    return _settings(request, found, new_form=form, status=400)


@repo_page("POST", needs=Level.WRITE)
def column(request: HttpRequest, repo: Repository, board: int, column: int) -> HttpResponseBase:
    """Change a column, or with `do` move it to the left or to the right."""
    found = selectors.find_board(repo, board)
    row, actor, do = selectors.find_column(found, column), actor_of(request), request.POST.get("do", "")
    if do in ("left", "right"):
        services.move_column(actor=actor, column=row, step=-1 if do == "left" else 1)
        return redirect("collab:board_settings", repo.owner.slug, repo.name, found.pk)
    form = ColumnForm.of(row, labels_of(repo), request.POST)
    if form.is_valid():
        try:
            services.edit_column(actor=actor, column=row, **form.cleaned_data)
        except HubError as error:
            refuse(form, error)
        else:
            messages.success(request, f"The column {row.name} was changed.")
            return redirect("collab:board_settings", repo.owner.slug, repo.name, found.pk)
    return _settings(request, found, changed=(row.pk, form), status=400)


@repo_page(*READING, "POST", needs=Level.WRITE)
def column_deletion(request: HttpRequest, repo: Repository, board: int, column: int) -> HttpResponseBase:
    """Ask whether a column shall go; POST with its name deletes it."""
    found = selectors.find_board(repo, board)
    row, error = selectors.find_column(found, column), ""
    if request.method == "POST":
        if request.POST.get("confirm", "").strip() == row.name:
            services.delete_column(actor=actor_of(request), column=row)
            messages.success(request, f"The column {row.name} was deleted.")
            return redirect("collab:board_settings", repo.owner.slug, repo.name, found.pk)
        error = f"Type {row.name} to delete it. Nothing was deleted."
    context = {"board": found, "column": row, "count": row.cards.count(), "error": error}
    status = 400 if error else 200
    return draw(request, repo, "collab/board_deletion.html", context, active="issues", status=status)


@repo_page(*READING, "POST", needs=Level.WRITE)
def deletion(request: HttpRequest, repo: Repository, board: int) -> HttpResponseBase:
    """Ask whether a board shall go; POST with its name deletes it."""
    found, error = selectors.find_board(repo, board), ""
    if request.method == "POST":
        if request.POST.get("confirm", "").strip() == found.name:
            count = services.delete_board(actor=actor_of(request), board=found)
            messages.success(request, f"The board {found.name} was deleted; the issues of its {count} cards are kept.")
            return redirect("collab:boards", repo.owner.slug, repo.name)
        error = f"Type {found.name} to delete it. Nothing was deleted."
    context = {"board": found, "count": found.cards.count(), "error": error}
    status = 400 if error else 200
    return draw(request, repo, "collab/board_deletion.html", context, active="issues", status=status)
