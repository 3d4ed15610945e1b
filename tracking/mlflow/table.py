"""The table of routes: rooms above add their rows to it, and an address finds its row in one look."""

from __future__ import annotations

import re
import typing
from collections.abc import Iterable
from dataclasses import dataclass

from hub.lib.routing import Route
from tracking.mlflow.asks import Ask
from tracking.mlflow.wire import NotServed, WrongMethod

# What parts of the protocol are called, by the first word of their addresses, for telling which one is not here.
FAMILIES = {
    "assistant": "The assistant",
    "demo": "The demo",
    "gateway": "The AI gateway",
    "gateway-proxy": "The AI gateway",
    "genai": "Evaluation by the server",
    "get-online-trace-details": "The Databricks trace store",
    "graphql": "GraphQL",
    "issues": "The list of issues found in traces",
    "jobs": "Jobs of the server",
    "label-schemas": "Label schemas",
    "mcp-servers": "The registry of MCP servers",
    "prompt-optimization": "Prompt optimization",
    "review-queues": "Review queues",
    "scorer": "Evaluation by the server",
    "skills": "The registry of skills",
    "ui-telemetry": "Telemetry",
    "unified-traces": "The Databricks trace store",
    "workspaces": "Workspaces",
}
_first_word = re.compile(r"(?:(?:ajax-)?api/\d\.\d/(?:mlflow/)?)?([^/]*)")
_variable = re.compile(r"\{(\w+)(:path)?\}")


@dataclass(frozen=True, slots=True)
class Entry:
    """A route with what its handler wants to read."""

    route: Route
    path: str
    reads: type[Ask]


class Table:
    """Routes by method and address. Addresses without variables are found by a dictionary."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._plain: dict[str, dict[str, Entry]] = {}
        self._patterns: list[tuple[re.Pattern[str], dict[str, Entry]]] = []

    def add(self, prefix: str, routes: Iterable[Route]) -> None:
        """Serve `routes` below `prefix`; those below `api/` also below `ajax-api/`, for browsers."""
        for route in routes:
            reads = typing.get_type_hints(route.handler)["body"]
            entry = Entry(route, prefix + route.path, reads)
            self.entries.append(entry)
            self._place(entry, entry.path)
            if prefix.startswith("api/"):
                self._place(entry, f"ajax-{entry.path}")

    def quick(self) -> frozenset[str]:
        """The addresses without variables whose calls are all quick."""
        return frozenset(
            path for path, methods in self._plain.items() if all(entry.route.quick for entry in methods.values())
        )

    def _place(self, entry: Entry, path: str) -> None:
        method = entry.route.method
        if "{" not in path:
            self._plain.setdefault(path, {})[method] = entry
            return
        pattern = re.compile(_pattern(path), re.DOTALL)
        for known, methods in self._patterns:
            if known.pattern == pattern.pattern:
                methods[method] = entry
                return
        self._patterns.append((pattern, {method: entry}))

    def find(self, method: str, path: str) -> tuple[Entry, dict[str, str]]:
        """The row for an address and its variables; raises NotServed or WrongMethod, naming what is missing."""
        wanted = "GET" if method == "HEAD" else method
        methods = self._plain.get(path)
        if methods is not None and wanted in methods:
            return methods[wanted], {}
        for pattern, others in self._patterns:
            if wanted in others and (match := pattern.fullmatch(path)):
                return others[wanted], match.groupdict()
        allowed = self.methods(path)
        if allowed:
            raise WrongMethod(f"/{path} does not take {method}, but {', '.join(allowed)}.", allowed)
        raise NotServed(f"{method} /{path} is not served here. {_lacking(path)}".strip())

    def methods(self, path: str) -> list[str]:
        """The methods that an address takes, in alphabetical order."""
        found = set(self._plain.get(path, ()))
        for pattern, others in self._patterns:
            if pattern.fullmatch(path):
                found |= set(others)
        return sorted(found | {"HEAD"} if "GET" in found else found)


def _pattern(path: str) -> str:
    text = ""
    at = 0
    for match in _variable.finditer(path):
        text += re.escape(path[at : match.start()])
        text += f"(?P<{match[1]}>{'.+' if match[2] else '[^/]+'})"
        at = match.end()
    return text + re.escape(path[at:])


def _lacking(path: str) -> str:
    match = _first_word.match(path)
    family = FAMILIES.get(match[1]) if match else None
    return f"{family} is not part of this hub." if family else ""
