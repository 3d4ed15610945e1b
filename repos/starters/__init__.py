"""The files that a new repository may begin with: README, licence, .gitignore."""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).resolve().parent

LICENCES = {"apache-2.0": "Apache License 2.0", "mit": "MIT License", "bsd-3-clause": "BSD 3-Clause License"}
GITIGNORES = ("Machine learning", "Python", "Node")


def readme(name: str, description: str) -> str:
    """A README to be written on."""
    return f"# {name}\n\n{description}\n" if description else f"# {name}\n"


def licence(key: str, *, year: int, holder: str) -> str:
    """The text of a licence in LICENCES, with year and holder where it has a place for them."""
    text = (HERE / "licences" / f"{key}.txt").read_text()
    return text.replace("{year}", str(year)).replace("{holder}", holder)


def gitignore(key: str) -> str:
    """The text of a .gitignore in GITIGNORES."""
    return (HERE / "gitignore" / f"{key}.txt").read_text()
