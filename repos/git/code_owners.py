"""CODEOWNERS: who must look at which files, by GitHub's rules: the last pattern that matches a path decides."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import translate
from functools import lru_cache

# Where the file may lie, in the order in which it is looked for.
PLACES = (".github/CODEOWNERS", ".gitea/CODEOWNERS", ".cairn/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
MAX_BYTES = 512 * 1024
MAX_RULES = 3000
_owner = re.compile(r"@[\w.-]+(?:/[\w. -]+)?|[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True, slots=True)
class OwnerRule:
    """One line: a pattern and whom it names: `user`, `organisation/team` or a mail address; nobody is a rule too."""

    line: int
    pattern: str
    owners: tuple[str, ...]

    def matches(self, path: str) -> bool:
        """Whether the pattern means a file."""
        return _match(_steps(self.pattern), tuple(path.split("/")))


def parse(text: str) -> list[OwnerRule]:
    """The rules of a file, in order; what is no rule (a negation, a character range) is left out, as on GitHub."""
    rules: list[OwnerRule] = []
    for number, line in enumerate(text.splitlines(), start=1):
        words = _words(line)
        if not words or words[0].startswith("!") or "[" in words[0]:
            continue
        owners = [word.removeprefix("@") for word in words[1:] if _owner.fullmatch(word)]
        rules.append(OwnerRule(number, words[0], tuple(dict.fromkeys(owners))))
        if len(rules) == MAX_RULES:
            break
    return rules


def owners_of(rules: Sequence[OwnerRule], path: str) -> tuple[str, ...]:
    """Who owns a file; nobody when no rule matches, or the one that does names nobody."""
    return next((rule.owners for rule in reversed(rules) if rule.matches(path)), ())


def _words(line: str) -> list[str]:
    """The words of a line up to a comment; `\\ ` and `\\#` are a space and a sign of a name."""
    words: list[str] = []
    word, escaped = "", False
    for sign in line:
        if escaped:
            word, escaped = word + sign, False
        elif sign == "\\":
            escaped = True
        elif sign == "#" and not word:
            break
        elif sign.isspace():
            words, word = ([*words, word] if word else words), ""
        else:
            word += sign
    return [*words, word] if word else words


@lru_cache(maxsize=4096)
def _steps(pattern: str) -> tuple[str, ...]:
    """The pattern as steps from the root; `**` is any number of steps."""
    anchored = "/" in pattern.rstrip("/")
    steps = [step for step in pattern.strip("/").split("/") if step]
    if not anchored:
        steps.insert(0, "**")
    # A folder is everything in it; only `folder/*` stops at its own files.
    if pattern.endswith("/"):
        steps.append("**/")
    elif steps[-1:] != ["*"] or not anchored:
        steps.append("**")
    return tuple(step for at, step in enumerate(steps) if step != "**" or steps[at - 1 : at] != ["**"])


def _match(steps: tuple[str, ...], path: tuple[str, ...]) -> bool:
    """Whether the steps lead along the path to its end; each pair of places is looked at once."""
    reached = {0}
    for at, step in enumerate(steps):
        if step == "**":
            reached = set(range(min(reached), len(path) + 1)) if reached else set()
        elif step == "**/":  # at least one more: a file of that very name is no folder
            reached = set(range(min(reached) + 1, len(path) + 1)) if reached else set()
        else:
            reached = {place + 1 for place in reached if place < len(path) and _same(step, path[place])}
        if not reached:
            return False
        if at == len(steps) - 1:
            return len(path) in reached
    return len(path) in reached


def _same(step: str, name: str) -> bool:
    return _expression(step).match(name) is not None


@lru_cache(maxsize=4096)
def _expression(step: str) -> re.Pattern[str]:
    # translate() makes of each `*` a match that never backs out: long names cannot make it slow.
    return re.compile(translate(step))
