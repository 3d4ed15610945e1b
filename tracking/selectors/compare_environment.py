"""What runs were installed with: packages, Python and flavours from the files that MLflow writes beside a model.

Engines without a database: bytes in, names and versions out. Files of people are read within bounds and never trusted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.lib.render.text import decode
from hub.lib.safe_yaml import read_mapping

FILES = ("requirements.txt", "conda.yaml", "conda.yml", "python_env.yaml", "MLmodel")
LONGEST_FILE = 256 * 1024
MOST_PACKAGES = 2000
_NAMED = re.compile(
    r"\s*(?P<name>[A-Za-z0-9][A-Za-z0-9._-]{0,99})\s*(?P<extras>\[[^\]]{0,200}\])?\s*(?P<version>(?:[=<>!~@;(].*)?)"
)
_CONDA = re.compile(r"(?:[\w./-]+::)?(?P<name>[A-Za-z0-9_][A-Za-z0-9._-]{0,99})\s*(?P<version>[=<>!~ ].*)?")
_EXACT = re.compile(r"={1,3}\s*([^=\s,;]+)")
# Made for each package by MLflow where it could not be told from a name: nothing to compare.
_FLAVOUR_FACTS = ("code", "data", "env", "loader_module", "model_path", "pickled_model", "predict_fn", "streamable")


@dataclass(frozen=True, slots=True)
class Line:
    """A package, or a fact of the environment, and its version with each run; None where it has none."""

    name: str
    versions: tuple[str | None, ...]

    @property
    def differs(self) -> bool:
        """Whether the runs do not all have the same."""
        return len(set(self.versions)) > 1


@dataclass(frozen=True, slots=True)
class Cell:
    """A version held against the baseline's: `status` is added, removed, changed or "" where it is the same."""

    version: str | None
    status: str


def packages_in(name: str, content: bytes) -> dict[str, str]:
    """What the file called `name` says is installed, by name; {} for what is not understood.

    Python itself is `python`; flavours of a model are called `flavour …`.
    """
    last = name.rpartition("/")[2]
    if last == "requirements.txt":
        return _some(_requirements(decode(content[:LONGEST_FILE])[0].splitlines()))
    document = read_mapping(content, longest=LONGEST_FILE)
    if document is None:
        return {}
    read = {"MLmodel": _model, "python_env.yaml": _python_env}.get(last, _conda)
    return _some(read(document))


def side_by_side(installed: Sequence[Mapping[str, str]]) -> list[Line]:
    """The packages of all runs: those that differ first, Python and flavours before packages."""
    names = dict.fromkeys(name for of_run in installed for name in of_run)
    lines = [Line(name, tuple(of_run.get(name) for of_run in installed)) for name in names]
    return sorted(lines, key=lambda line: (not line.differs, not _is_fact(line.name), line.name))


def cells_of(line: Line, baseline: int) -> list[Cell]:
    """The versions of a line with what became of the baseline's."""
    base = line.versions[baseline]
    return [Cell(version, _status(base, version)) for version in line.versions]


def _status(base: str | None, version: str | None) -> str:
    if base == version:
        return ""
    return "added" if base is None else "removed" if version is None else "changed"


def _is_fact(name: str) -> bool:
    return name == "python" or " " in name


def _some(found: Iterator[tuple[str, str]]) -> dict[str, str]:
    return {name: version[:100] for (name, version), _ in zip(found, range(MOST_PACKAGES), strict=False)}


def _requirements(lines: Sequence[Any]) -> Iterator[tuple[str, str]]:
    """`name==1.0`, ranges, extras, markers and addresses; options and comments are passed over."""
    for line in lines:
        if not isinstance(line, str):
            continue
        text = line.partition(" #")[0].strip()
        match = None if text.startswith(("#", "-")) else _NAMED.fullmatch(text)
        if match is None:
            continue
        version = match["version"].partition(";")[0].strip()
        exact = _EXACT.fullmatch(version)
        yield normal(match["name"]), exact[1] if exact else version or "any"


def normal(name: str) -> str:
    """A package's name as indexes compare it (PEP 503): `Foo_Bar` → `foo-bar`."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _conda(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    entries = document.get("dependencies")
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict):
            pip = entry.get("pip")
            yield from _requirements(pip if isinstance(pip, list) else [])
        elif isinstance(entry, str) and (match := _CONDA.fullmatch(entry.strip())):
            version = (match["version"] or "").strip()
            exact = _EXACT.match(version)
            yield normal(match["name"]), exact[1] if exact else version or "any"


def _python_env(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if isinstance(document.get("python"), str | int | float):
        yield "python", str(document["python"])
    for part in ("build_dependencies", "dependencies"):
        entries = document.get(part)
        yield from _requirements(entries if isinstance(entries, list) else [])


def _model(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The version of MLflow, and of each flavour what it was saved with."""
    if isinstance(document.get("mlflow_version"), str):
        yield "mlflow client", document["mlflow_version"]
    flavours = document.get("flavors")
    for flavour, facts in flavours.items() if isinstance(flavours, dict) else ():
        facts = facts if isinstance(facts, dict) else {}
        told = [
            f"{str(key).removesuffix('_version')} {value}"
            for key, value in facts.items()
            if key not in _FLAVOUR_FACTS
            and str(key).endswith(("version", "format"))
            and isinstance(value, str | int | float)
        ]
        yield f"flavour {str(flavour)[:60]}", ", ".join(told) or "yes"
