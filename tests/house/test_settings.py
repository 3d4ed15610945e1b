"""Every HUB_* variable is documented, and nothing else is."""

from __future__ import annotations

import re
from pathlib import Path

from hub.settings import env

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "admin" / "settings.md"


def test_settings_page_lists_every_variable_with_its_words():
    rows = dict(re.findall(r"^\| `(HUB_\w+)` \|(.*)\|$", PAGE.read_text(), re.MULTILINE))
    assert sorted(rows) == sorted(env.KNOWN)
    for name, variable in env.KNOWN.items():
        assert variable.help in rows[name], name


def test_every_variable_is_read_in_one_place():
    root = PAGE.parent.parent.parent
    for path in root.rglob("*.py"):
        inside = path.relative_to(root).parts
        elsewhere = {".venv", ".clients", "node_modules", "tests", "build", "benchmarks"}
        if inside[0] in elsewhere or inside[:2] == ("hub", "settings"):
            continue
        assert not re.search(r"environ(\.get\(|\[)\s*['\"]HUB_(?!HOME)", path.read_text()), path
