"""The cards of a board: put on, moved and taken off; HTMX gets the columns drawn anew."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from accounts.levels import Level
from collab.models import BoardCard, BoardColumn, IssueBoard
from collab.selectors.finding import find_topic
from collab.selectors.issue_boards import find_board, find_card, find_column
from collab.services import board_cards as services
from collab.views.issue_boards import drawn
from collab.views.side import keys_of
from collab.views.talk_frame import told
from hub.lib.errors import HubError, Invalid
from hub.lib.http import wants_part
from repos.models import Repository
from repos.views.frame import actor_of, repo_page


@repo_page("POST", needs=Level.WRITE)
@told
def cards(request: HttpRequest, repo: Repository, board: int) -> HttpResponseBase:
    """Put the issue or pull request with a number on the board."""
    found, words = find_board(repo, board), request.POST.get("number", "").strip().removeprefix("#")
    try:
        if not (words.isascii() and words.isdecimal() and len(words) < 10):
            raise Invalid("Name it by its number.", field="number", next_step="Write 12 or #12.")
        topic = find_topic(repo, int(words))
        keys = keys_of(request, "column")
        column = find_column(found, keys[0]) if keys else None
        services.add_card(actor=actor_of(request), board=found, topic=topic, column=column)
    except HubError as error:
        if wants_part(request) or error.status == 403:
            raise
        fault = f"{error.message} {error.next_step}".strip()
        return drawn(request, found, "", add_fault=fault, add_value=words[:20], status=error.status)
    return _answer(request, found)


@repo_page("POST", needs=Level.WRITE)
@told
def card(request: HttpRequest, repo: Repository, board: int, card: int) -> HttpResponseBase:
    """Move a card to a `column`, before another (`before`), to its `top` or else to its end; or take it off (`do`)."""
    found, actor = find_board(repo, board), actor_of(request)
    row = find_card(found, card)
    if request.POST.get("do") == "remove":
        services.remove_card(actor=actor, card=row)
        return _answer(request, found)
    keys = keys_of(request, "column")
    column = find_column(found, keys[0]) if keys else row.column
    services.move_card(actor=actor, card=row, column=column, before=_neighbour(request, found, column, row))
    return _answer(request, found)


def _neighbour(request: HttpRequest, board: IssueBoard, column: BoardColumn, card: BoardCard) -> BoardCard | None:
    keys = keys_of(request, "before")
    if keys:
        return find_card(board, keys[0])
    if request.POST.get("place") == "top":
        return column.cards.exclude(pk=card.pk).order_by("position", "pk").first()
    return None


def _answer(request: HttpRequest, board: IssueBoard) -> HttpResponse:
    words = request.POST.get("q", "")[:600]
    if wants_part(request):
        return drawn(request, find_board(board.repository, board.pk), words)
    repo = board.repository
    here = reverse("collab:board", args=[repo.owner.slug, repo.name, board.pk])
    return redirect(f"{here}?{urlencode({'q': words})}" if words else here)
