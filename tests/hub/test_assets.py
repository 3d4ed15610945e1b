"""The style sheet and the icon sprite are made from their sources, and stay within the budget of a first page."""

from __future__ import annotations

import gzip
import os
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

from hub import assets

ROOT = Path(__file__).resolve().parent.parent.parent
CUSTOM_PROPERTY = re.compile(r"(--[a-z0-9-]+)\s*:")
USED_PROPERTY = re.compile(r"var\((--[a-z0-9-]+)")


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    css = tmp_path / "css"
    (css / "components").mkdir(parents=True)
    (css / "pages").mkdir()
    (css / "tokens.css").write_text("/* colours */\n:root { --a: 1px; }\n")
    (css / "base.css").write_text("p { margin: 0; }\n")
    (css / "components" / "b.css").write_text(".b { color: red; }\n")
    (css / "components" / "a.css").write_text(".a { color: red; }\n")
    (css / "pages" / "web.css").write_text(".web { color: red; }\n")
    monkeypatch.setattr(assets, "CSS", css)
    monkeypatch.setattr(assets, "SHEET", css / "hub.css")
    monkeypatch.setattr(assets, "SPRITE", tmp_path / "icons.svg")
    return css


def _age(*files: Path) -> None:
    for file in files:
        os.utime(file, (1, 1))


def test_style_sheet_joins_sources_in_layers_and_order(sources: Path) -> None:
    assert assets.style_sheet() == (
        "@layer tokens, base, components, pages;\n"
        "@layer tokens {\n:root { --a: 1px; }\n}\n"
        "@layer base {\np { margin: 0; }\n}\n"
        "@layer components {\n.a { color: red; }\n}\n"
        "@layer components {\n.b { color: red; }\n}\n"
        "@layer pages {\n.web { color: red; }\n}\n"
    )


def test_sheet_is_made_again_only_when_a_source_changes(sources: Path) -> None:
    assert sources / "hub.css" in assets.build_assets()
    assert assets.build_assets() == []
    (sources / "components" / "c.css").write_text(".c { color: red; }\n")
    os.utime(sources / "components" / "c.css", (2**31, 2**31))
    assert assets.build_assets() == [sources / "hub.css"]
    assert ".c {" in (sources / "hub.css").read_text()


def test_sheet_loses_a_component_that_was_removed(sources: Path) -> None:
    assets.build_assets()
    (sources / "components" / "b.css").unlink()
    _age(sources / "hub.css")
    assets.build_assets()
    assert ".b {" not in (sources / "hub.css").read_text()


def test_finder_freshens_the_sheet_and_leaves_the_finding_to_others() -> None:
    assert assets.AssetsFinder().find("hub/css/hub.css") == []
    assert finders.find("hub/css/hub.css") == str(assets.SHEET)


def test_every_listed_icon_is_in_the_sprite() -> None:
    if not assets.LUCIDE.is_dir():
        pytest.skip("needs lucide-static: npm ci")
    sprite = assets.icon_sprite()
    assert re.findall(r'<symbol id="([^"]+)"', sprite) == assets.icon_names()
    assert "<script" not in sprite


def test_an_unknown_icon_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    names = tmp_path / "icons.txt"
    names.write_text("git-branch no-such-icon\n")
    monkeypatch.setattr(assets, "ICON_NAMES", names)
    with pytest.raises(assets.MissingIcon, match="no-such-icon"):
        assets.icon_sprite()


def test_templates_and_tabs_use_listed_icons_only() -> None:
    known = set(assets.icon_names())
    used: dict[str, str] = {}
    for template in (ROOT / "templates").rglob("*.html"):
        for name in re.findall(r'{%\s*icon\s+"([^"]+)"', template.read_text()):
            used[name] = template.name
        for name in re.findall(r'icon_name="([^"]+)"', template.read_text()):
            used[name] = template.name
    assert {name: where for name, where in used.items() if name not in known} == {}


def test_every_custom_property_that_is_used_exists() -> None:
    text = "\n".join(file.read_text() for file in assets.CSS.rglob("*.css") if file.name != "hub.css")
    assert set(USED_PROPERTY.findall(text)) - set(CUSTOM_PROPERTY.findall(text)) == set()


def test_templates_have_no_inline_script_style_or_handler() -> None:
    # SECURITY: the content policy refuses them; a page that needs them would be broken, or would weaken the policy.
    wrong = re.compile(r"<style|\sstyle=|\son[a-z]+=\"|<script(?![^>]*\bsrc=)|javascript:", re.IGNORECASE)
    found = [
        f"{template.relative_to(ROOT)}: {match[0]}"
        for template in (ROOT / "templates").rglob("*.html")
        for match in wrong.finditer(
            re.sub(r"{%\s*comment.*?endcomment\s*%}", "", template.read_text(), flags=re.DOTALL)
        )
    ]
    assert found == []


def test_javascript_before_a_chart_weighs_at_most_60_kib() -> None:
    htmx = ROOT / "node_modules" / "htmx.org" / "dist" / "htmx.min.js"
    if not htmx.is_file():
        pytest.skip("needs htmx.org: npm ci")
    scripts = ROOT / "hub" / "static" / "hub" / "js"
    every_page = _with_imports(scripts / "hub.js")
    for template in (ROOT / "templates").rglob("*.html"):
        named = re.findall(r'static ["\']hub/js/([^"\']+)', template.read_text())
        files = every_page.union(*(_with_imports(scripts / name) for name in named))
        # What draws charts comes with the first chart, beside ECharts.
        sent = [htmx, *(file for file in files if file.parent.name != "charts")]
        assert sum(len(gzip.compress(file.read_bytes())) for file in sent) < 60 * 1024, template


def _with_imports(script: Path) -> set[Path]:
    """A module and those that it needs before it runs."""
    found, waiting = set(), [script.resolve()]
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            names = re.findall(r'^(?:import|export)\b[^"\'(;]*["\'](\.[^"\']+)["\']', file.read_text(), re.MULTILINE)
            waiting += [(file.parent / name).resolve() for name in names]
    return found


def test_elements_are_small_and_make_no_html_from_text() -> None:
    for file in (ROOT / "hub" / "static" / "hub" / "js").rglob("*.js"):
        text = file.read_text()
        assert len(text.splitlines()) <= 150, file.name
        # SECURITY: text of users must never be parsed as HTML.
        assert not re.search(r"\.(inner|outer)HTML|insertAdjacentHTML|\beval\(|new Function", text), file.name
