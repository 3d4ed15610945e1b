"""What a click in a runs table does to its state: each action is a word, a colon and what it is about.

The same words stand behind buttons of a form and in what scripts ask for, so that both lead to the same address.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from tracking.table_state import (
    COLOURS,
    HIDES,
    MOST_COLUMNS,
    MOST_GROUPS,
    MOST_MARKED,
    MOST_PINNED,
    MOST_SORTS,
    WIDTHS,
    Sort,
    TableState,
    is_column,
    is_run_mark,
    is_sortable,
)

Change = Callable[[TableState, str, tuple[str, ...]], TableState]


def act(state: TableState, action: str, shown: Sequence[str]) -> TableState:
    """The state after an action such as `hide:metrics.loss`; one that makes no sense changes nothing.

    `shown`: the keys of the columns that the table shows now, which become chosen once one of them is moved.
    """
    word, _, about = action.partition(":")
    change = _ACTIONS.get(word)
    return change(state, about, tuple(key for key in shown if is_column(key))[:MOST_COLUMNS]) if change else state


def _eye(state: TableState, mark: str, shown: tuple[str, ...]) -> TableState:
    return state.toggled_run("hidden", mark) if is_run_mark(mark) else state


def _open(state: TableState, mark: str, shown: tuple[str, ...]) -> TableState:
    return state.toggled_run("opened", mark) if is_run_mark(mark) else state


def _paint(state: TableState, about: str, shown: tuple[str, ...]) -> TableState:
    """`mark:3` paints, `mark:0` gives the usual colour back."""
    mark, _, number = about.partition(":")
    if not is_run_mark(mark) or number not in map(str, range(COLOURS + 1)):
        return state
    others = tuple(pair for pair in state.colours if pair[0] != mark)
    return replace(state, colours=(*others, (mark, int(number)))[-MOST_MARKED:] if number != "0" else others)


def _sort(state: TableState, about: str, shown: tuple[str, ...]) -> TableState:
    found = _read_sort(about)
    return state.changed(sorts=(found,) if found else ()) if found or not about else state


def _then(state: TableState, about: str, shown: tuple[str, ...]) -> TableState:
    """Order by this too, where the columns before it are alike."""
    found = _read_sort(about)
    if found is None:
        return state
    return state.changed(sorts=(*(sort for sort in state.sorts if sort.key != found.key), found)[:MOST_SORTS])


def _read_sort(text: str) -> Sort | None:
    key = text.removeprefix("-")
    return Sort(key, text.startswith("-")) if is_sortable(key) else None


def _pin(state: TableState, key: str, shown: tuple[str, ...]) -> TableState:
    if not is_column(key) or key in state.pinned:
        return replace(state, pinned=tuple(each for each in state.pinned if each != key))
    return replace(state, pinned=(*state.pinned, key)[:MOST_PINNED])


def _hide(state: TableState, key: str, shown: tuple[str, ...]) -> TableState:
    left = tuple(each for each in shown if each != key)
    return replace(state, columns=left, pinned=tuple(each for each in state.pinned if each != key)) if left else state


def _show(state: TableState, key: str, shown: tuple[str, ...]) -> TableState:
    return replace(state, columns=(*shown, key)[:MOST_COLUMNS]) if is_column(key) and key not in shown else state


def _move(state: TableState, about: str, shown: tuple[str, ...]) -> TableState:
    """`2:params.lr` moves the column to the third place."""
    place, _, key = about.partition(":")
    if key not in shown or not place.isascii() or not place.isdigit() or len(place) > 3:
        return state
    return _placed(state, key, int(place), shown)


def _left(state: TableState, key: str, shown: tuple[str, ...]) -> TableState:
    return _placed(state, key, max(0, shown.index(key) - 1), shown) if key in shown else state


def _right(state: TableState, key: str, shown: tuple[str, ...]) -> TableState:
    return _placed(state, key, shown.index(key) + 1, shown) if key in shown else state


def _placed(state: TableState, key: str, place: int, shown: tuple[str, ...]) -> TableState:
    others = [each for each in shown if each != key]
    others.insert(place, key)
    pinned = tuple(each for each in others if each in state.pinned)
    return replace(state, columns=tuple(others), pinned=pinned)


def _width(state: TableState, about: str, shown: tuple[str, ...]) -> TableState:
    """`240:params.lr` in pixels; `0:params.lr` lets the column take what it needs."""
    number, _, key = about.partition(":")
    if not (key == "run_name" or is_column(key)) or not number.isascii() or not number.isdigit() or len(number) > 5:
        return state
    others = tuple(pair for pair in state.widths if pair[0] != key)
    low, high = WIDTHS
    width = ((key, min(max(int(number), low), high)),) if int(number) else ()
    return replace(state, widths=(*others, *width)[-MOST_COLUMNS:])


def _group(state: TableState, key: str, shown: tuple[str, ...]) -> TableState:
    if not key:
        return state.changed(groups=())
    if not is_column(key):
        return state
    left = tuple(each for each in state.groups if each != key)
    return state.changed(groups=left if key in state.groups else (*left, key)[:MOST_GROUPS])


def _dull(state: TableState, word: str, shown: tuple[str, ...]) -> TableState:
    if word not in HIDES:
        return state
    left = tuple(each for each in state.hides if each != word)
    return replace(state, hides=left if word in state.hides else (*left, word))


def _tree(state: TableState, about: str, shown: tuple[str, ...]) -> TableState:
    return state.changed(tree=not state.tree)


def _usual(state: TableState, about: str, shown: tuple[str, ...]) -> TableState:
    """Back to the columns that differ."""
    return replace(state, columns=(), pinned=(), widths=(), hides=())


_ACTIONS: dict[str, Change] = {
    "eye": _eye,
    "open": _open,
    "paint": _paint,
    "sort": _sort,
    "then": _then,
    "pin": _pin,
    "hide": _hide,
    "show": _show,
    "move": _move,
    "left": _left,
    "right": _right,
    "width": _width,
    "group": _group,
    "dull": _dull,
    "tree": _tree,
    "usual": _usual,
}
