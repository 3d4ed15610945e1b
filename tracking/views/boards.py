"""The page of charts of an experiment, and its boards: changed in the address by everybody, saved by who may write."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.levels import Level
from hub.lib.errors import Conflict, Invalid
from repos.models import Repository
from repos.views.frame import actor_of, draw, repo_page
from tracking.board_forms import BoardForm, PanelForm
from tracking.board_state import BoardState
from tracking.charts import panels as engine
from tracking.charts.panels import KINDS, Panel
from tracking.models import Board, Experiment
from tracking.selectors.boards import board_of, boards_of, panels_of
from tracking.selectors.panels import chosen_runs, logged_keys
from tracking.selectors.run_page import experiment_of
from tracking.services.boards import change_board, create_board, delete_board
from tracking.views.board_page import page_context
from tracking.views.experiments import TAB, experiment_context, home_of


@dataclass(frozen=True, slots=True)
class Opened:
    """A board as it is looked at: the saved one behind it, if any, and its panels; None where nothing is saved."""

    saved: Board | None
    panels: list[Panel] | None
    all: list[Board]


@repo_page()
def charts(request: HttpRequest, repo: Repository, number: int) -> HttpResponse:
    """The panels of a board; automatic ones, a chart for each metric, where none is saved."""
    experiment = experiment_of(repo, number)
    state = _state(request, experiment)
    opened = open_board(experiment, state)
    context = page_context(request, repo, experiment, state, opened.panels)
    context |= {
        **experiment_context(repo, experiment, "charts"),
        "boards": opened.all,
        "saved": opened.saved,
        "changed": bool(state.draft),
        "form": BoardForm(initial={"name": opened.saved.name if opened.saved else ""}),
    }
    status = 400 if context["fault"] else 200
    return draw(request, repo, "tracking/charts.html", context, active=TAB, status=status)


@repo_page()
def panel(request: HttpRequest, repo: Repository, number: int) -> HttpResponse:
    """A form for a new panel, or for panel number `at`; sent, it leads to the board with the panel in place."""
    experiment = experiment_of(repo, number)
    state = _state(request, experiment)
    panels = _panels(repo, experiment, state)
    at = _place(request.GET.get("at", ""))
    now = panels[at] if at is not None and at < len(panels) else None
    kind = request.GET.get("kind", now.kind if now else "line")
    if "do" in request.GET:
        form = PanelForm(kind, request.GET)
        if form.is_valid():
            done = engine.put(panels, at if now else None, form.panel)
            return _to_charts(repo, experiment, state, done, at if now else len(done) - 1)
    else:
        form = PanelForm(kind, initial=PanelForm.initial_of(now or Panel()))
    context = {
        **experiment_context(repo, experiment, "charts"),
        "form": form,
        "kinds": KINDS,
        "kind": form.kind,
        "at": at if now else None,
        "keys": logged_keys(chosen_runs(repo, number, state.table, state.lines)),
        "fields": state.fields,
        "query": state.to_query(),
    }
    return draw(request, repo, "tracking/charts_panel.html", context, active=TAB, status=400 if form.errors else 200)


@repo_page()
def edit(request: HttpRequest, repo: Repository, number: int) -> HttpResponse:
    """To the board with one thing done (`do`) to panel number `at`. Nothing is saved."""
    experiment = experiment_of(repo, number)
    state = _state(request, experiment)
    panels = _panels(repo, experiment, state)
    at, to = _place(request.GET.get("at", "")), _place(request.GET.get("to", ""))
    what = request.GET.get("do", "")
    if at is None:
        return _to_charts(repo, experiment, state, panels, None)
    done = engine.moved(panels, at, to) if what == "move" and to is not None else engine.edited(panels, at, what)
    shift = {"up": -1, "down": 1}.get(what, 0)
    return _to_charts(repo, experiment, state, done, to if what == "move" else max(0, at + shift))


@repo_page("POST", needs=Level.WRITE)
def save(request: HttpRequest, repo: Repository, number: int) -> HttpResponse:
    """Save the board in the address: over the one it was begun from, or (`as` is "new") under a new name."""
    experiment = experiment_of(repo, number)
    state = BoardState.from_query(request.GET)
    opened = open_board(experiment, state)
    form = BoardForm(request.POST)
    if not form.is_valid():
        raise Invalid("A board needs a name of at most 100 characters. Nothing was saved.", field="name")
    panels, actor, name = _panels(repo, experiment, state), actor_of(request), form.cleaned_data["name"]
    try:
        if opened.saved and request.POST.get("as") != "new":
            begun = state.revision or opened.saved.revision
            board = change_board(
                experiment=experiment, board=opened.saved.pk, name=name, panels=panels, revision=begun, actor=actor
            )
        else:
            board = create_board(experiment=experiment, name=name, panels=panels, actor=actor)
    except Conflict as error:
        messages.error(request, f"{error.message} {error.next_step}".strip())
        return redirect(_address(repo, experiment, state))
    messages.success(request, f"{board.name} is saved, for everybody who sees this experiment.")
    return redirect(_address(repo, experiment, state.changed(board=board.pk, draft="", revision=0)))


@repo_page("GET", "HEAD", "POST", needs=Level.WRITE)
def deletion(request: HttpRequest, repo: Repository, number: int, board: int) -> HttpResponse:
    """Delete a board, after a look at what that means."""
    experiment = experiment_of(repo, number)
    found = board_of(experiment, board)
    if request.method == "POST":
        delete_board(experiment=experiment, board=board)
        messages.success(request, f"The board {found.name} is deleted. Runs and metrics are as they were.")
        return redirect(home_of(repo, "charts", number=number))
    context = {
        "heading": f"Delete the board {found.name}",
        "words": f"Its {len(panels_of(found))} panels are gone for everybody, and cannot be restored. Runs and what "
        "they have logged stay.",
        "verb": "Delete board",
        "back": home_of(repo, "charts", number=number) + f"?board={board}",
    }
    return draw(request, repo, "tracking/deletion.html", context, active=TAB)


def open_board(experiment: Experiment, state: BoardState) -> Opened:
    """The board that the state names, with the changes in the address. Raises NotFound; Invalid for a broken one."""
    boards = boards_of(experiment)
    wanted = state.board
    saved = boards[0] if wanted is None and boards else board_of(experiment, wanted) if wanted else None
    draft = engine.read_draft(state.draft) if state.draft else None
    return Opened(saved, draft if draft is not None else panels_of(saved) if saved else None, boards)


def _state(request: HttpRequest, experiment: Experiment) -> BoardState:
    if request.GET.get("draft") and not BoardState.from_query(request.GET).draft:
        engine.read_draft(request.GET["draft"])  # Says what is wrong with it.
    return BoardState.from_query(request.GET, usual_view="deleted" if experiment.is_deleted else "active")


def _panels(repo: Repository, experiment: Experiment, state: BoardState) -> list[Panel]:
    """The panels that a change starts from; those of the automatic board where none is saved."""
    panels = open_board(experiment, state).panels
    if panels is not None:
        return panels
    return engine.automatic(logged_keys(chosen_runs(repo, experiment.number, state.table, state.lines)).curves)


def _to_charts(
    repo: Repository, experiment: Experiment, state: BoardState, panels: list[Panel], at: int | None
) -> HttpResponse:
    opened = open_board(experiment, state.changed(draft=""))
    draft = engine.draft_text(panels)
    if len(draft) > engine.MOST_DRAFT:
        raise Invalid("This board is too long for an address. Nothing was changed.", next_step="Save it, then go on.")
    begun = state.revision or (opened.saved.revision if opened.saved else 0)
    board = opened.saved.pk if opened.saved else 0
    place = f"#panel-{at}" if at is not None else ""
    return redirect(_address(repo, experiment, state.changed(board=board, draft=draft, revision=begun)) + place)


def _address(repo: Repository, experiment: Experiment, state: BoardState) -> str:
    query = state.to_query()
    return home_of(repo, "charts", number=experiment.number) + (f"?{query}" if query else "")


def _place(text: str) -> int | None:
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 4 else None
