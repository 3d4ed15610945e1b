"""Finding paths by a few of their letters, as one types them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from heapq import nlargest


@dataclass(frozen=True, slots=True)
class Match:
    """A path that holds all the letters in order, and the positions of those letters."""

    path: str
    score: int
    positions: tuple[int, ...]

    @property
    def pieces(self) -> list[tuple[str, bool]]:
        """The path cut into stretches of (text, is it a hit)."""
        hits = set(self.positions)
        found: list[tuple[str, bool]] = []
        for position, letter in enumerate(self.path):
            is_hit = position in hits
            if found and found[-1][1] == is_hit:
                found[-1] = (found[-1][0] + letter, is_hit)
            else:
                found.append((letter, is_hit))
        return found


def best(paths: Iterable[str], letters: str, *, limit: int = 50) -> list[Match]:
    """The paths that hold the letters in order, best first: whole words and file names count most."""
    wanted = "".join(letters.lower().split())
    found = (match for path in paths if (match := _match(path, wanted)))
    return nlargest(limit, found, key=lambda match: (match.score, -len(match.path)))


def _match(path: str, wanted: str) -> Match | None:
    text = path.lower()
    if len(text) != len(path):  # A few letters change their length in lower case.
        text = path
    name_start = text.rfind("/") + 1
    inside = text.find(wanted, name_start)
    whole = inside if inside >= 0 else text.find(wanted)
    if whole >= 0:
        bonus = 1000 if whole >= name_start else 500
        bonus += 200 if whole == name_start else 0
        return Match(path, bonus - len(text), tuple(range(whole, whole + len(wanted))))
    positions = _positions(text, wanted)
    if positions is None:
        return None
    together = sum(after - before == 1 for before, after in zip(positions, positions[1:], strict=False))
    starts = sum(position == 0 or text[position - 1] in "/_-. " for position in positions)
    in_name = sum(position >= name_start for position in positions)
    return Match(path, 4 * together + 6 * starts + 2 * in_name - (positions[-1] - positions[0]) // 4, positions)


def _positions(text: str, wanted: str) -> tuple[int, ...] | None:
    """Where the letters stand, taken from the end so that the file's name wins over its folders."""
    positions, end = [], len(text)
    for letter in reversed(wanted):
        end = text.rfind(letter, 0, end)
        if end < 0:
            return None
        positions.append(end)
    return tuple(reversed(positions))
