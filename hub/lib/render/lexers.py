"""Which Pygments lexer reads a file: by its name, then by its first line."""

from __future__ import annotations

import re
from functools import lru_cache

from pygments.lexer import Lexer
from pygments.lexers import find_lexer_class_by_name, find_lexer_class_for_filename
from pygments.util import ClassNotFound

# Names that machine-learning repositories are full of and Pygments does not know.
_BY_NAME = {
    "MLmodel": "yaml",
    "MLproject": "yaml",
    "dvc.lock": "yaml",
    "conda.lock": "yaml",
    ".dvcignore": "text",
    "Pipfile.lock": "json",
    "poetry.lock": "toml",
    "uv.lock": "toml",
    ".clang-format": "yaml",
}
_BY_SUFFIX = {"dvc": "yaml", "ipynb": "json", "jsonl": "json", "geojson": "json", "pyi": "python", "cu": "cuda"}
_BY_INTERPRETER = {
    "python": "python",
    "bash": "bash",
    "sh": "bash",
    "zsh": "bash",
    "dash": "bash",
    "perl": "perl",
    "ruby": "ruby",
    "node": "javascript",
    "Rscript": "r",
    "julia": "julia",
    "php": "php",
    "lua": "lua",
    "make": "make",
    "awk": "awk",
}
_shebang = re.compile(r"#!\s*(?:\S*/)?(?:env\s+(?:-\S+\s+)*)?([A-Za-z]+)")


def lexer_for_file(filename: str, first_line: str = "") -> Lexer | None:
    """The lexer for a file, or None when it is best shown as plain text."""
    name = filename.rsplit("/", 1)[-1]
    match = _shebang.match(first_line[:200])
    return _make(_class_for_file(name)) or (lexer_named(_BY_INTERPRETER.get(match[1], "")) if match else None)


def lexer_named(language: str) -> Lexer | None:
    """The lexer that answers to `language` (`python`, `py`, `c++`, ...), or None."""
    return _make(_class_named(language.strip().lower()[:40]))


def _make(found: type[Lexer] | None) -> Lexer | None:
    # Lines must stay as many as they are, so the lexer may neither strip nor add any.
    return found(stripnl=False, ensurenl=False) if found else None


@lru_cache(maxsize=1024)
def _class_for_file(name: str) -> type[Lexer] | None:
    alias = _BY_NAME.get(name) or _BY_SUFFIX.get(name.rpartition(".")[2].lower())
    if alias:
        return _class_named(alias)
    found: type[Lexer] | None = find_lexer_class_for_filename(name)
    return found


@lru_cache(maxsize=1024)
def _class_named(language: str) -> type[Lexer] | None:
    if not language:
        return None
    try:
        found: type[Lexer] = find_lexer_class_by_name(language)
    except ClassNotFound:
        return None
    return found
