"""The sizes of ARCHITECTURE.md §11: the tail is guarded, since that is what readers dread."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


def tracked(*patterns: str) -> list[Path]:
    """Files that git tracks, or will, below the root."""
    out = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return [ROOT / line for line in out.splitlines() if (ROOT / line).is_file()]


MODULES = [path for path in tracked("*.py") if "migrations" not in path.parts]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_module_says_what_it_is_and_stays_small(path: Path):
    source = path.read_text()
    if not source.strip():
        return
    tree = ast.parse(source)
    doc = ast.get_docstring(tree)
    assert doc, "every module opens with a sentence that says what lives here"
    lines = source.count("\n")
    assert lines <= 500 or "lines" in doc, f"{lines} lines: find the seam, or say in the docstring why not"


@pytest.mark.parametrize(
    "path", tracked("templates/**/*.html", "templates/*.html"), ids=lambda path: str(path.relative_to(ROOT))
)
def test_template_stays_small_and_runs_no_script(path: Path):
    text = path.read_text()
    assert text.count("\n") <= 150
    lowered = text.lower()
    assert " style=" not in lowered
    assert " onclick=" not in lowered
    assert "<style" not in lowered
    assert "|safe" not in lowered, "HTML comes safe from hub.lib.render, never by a filter in a template"


@pytest.mark.parametrize(
    "path", tracked("hub/static/hub/js/**/*.js", "hub/static/hub/js/*.js"), ids=lambda path: path.name
)
def test_script_stays_small(path: Path):
    text = path.read_text()
    assert text.count("\n") <= 150
    assert ".innerHTML" not in text, "build nodes; text that users wrote must stay text"
    assert "eval(" not in text
