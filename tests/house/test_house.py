"""Layers, reserved names, secrets: what keeps the house standing."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from accounts.names import RESERVED

ROOT = Path(__file__).resolve().parent.parent.parent


def test_no_name_of_a_package_registry_is_committed():
    """Lock files hold names, releases and hashes; where packages come from is each machine's own matter."""
    for name in ("package-lock.json", *[str(path.relative_to(ROOT)) for path in (ROOT / "requirements").rglob("*.*")]):
        text = (ROOT / name).read_text()
        assert '"resolved"' not in text, name
        assert not re.search(r"^(--(extra-)?index-url|--find-links|-f|-i)\b", text, re.MULTILINE), name
        assert "https://" not in text or name == "package-lock.json", name


def test_third_party_files_are_not_committed():
    out = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    names = out.splitlines()
    assert [
        name for name in names if name.startswith(("node_modules/", "build/", "data/")) or name.endswith(".min.js")
    ] == []


def test_every_literal_first_word_is_reserved():
    source = (ROOT / "hub" / "urls.py").read_text()
    words = {word.split("/")[0] for word in re.findall(r'path\("([a-z-][^"]*)"', source)}
    assert words <= RESERVED
    assert "-" in words
