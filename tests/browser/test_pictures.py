"""Takes the pictures of the docs: each page as a reader meets it, light, 1280 pixels wide, small enough for a repository.

They lie in docs/pictures after `TAKE_PICTURES=1 pytest tests/browser/test_pictures.py`; otherwise in tests/.artifacts.
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from accounts.models import User
from repos.models import Repository
from tests.browser.checking import ROOT, watched
from tests.browser.conftest import Visitor
from tests.browser.pictures_scene import fill_for_pictures
from tests.browser.scenes import Words

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PICTURES = ROOT / ("docs/pictures" if os.environ.get("TAKE_PICTURES") else "tests/.artifacts/docs")
LARGEST = 150 * 1024
COLOURS = 128
NAMES = ("runs-table", "charts", "compare", "run-page", "model", "traces", "trace", "report")


def shoot(page: Page, name: str) -> None:
    """Keep what the window shows, in few colours; a blank page or a heavy file fails."""
    page.wait_for_timeout(600)  # Charts come in within their motion's time, also a reduced one.
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    assert len(picture.getcolors(1 << 24) or ()) > 50, f"{name} shows hardly anything"
    PICTURES.mkdir(parents=True, exist_ok=True)
    path = PICTURES / f"{name}.png"
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    assert path.stat().st_size <= LARGEST, f"{path} has {path.stat().st_size} bytes"


@pytest.fixture
def page(visit: Visitor, bob: User) -> Page:
    """A window as README's pictures have it."""
    size: Any = {"width": 1280, "height": 860}
    return visit(bob, viewport=size, reduced_motion="reduce", color_scheme="light")


def test_pictures_of_the_docs(repo: Repository, alice: User, history: Words, page: Page) -> None:
    experiment, best = fill_for_pictures(repo, alice, history["sha"])
    here = f"/alice/stones/experiments/{experiment.number}"
    chosen = "&".join(f"cols={each}" for each in ("params.lr", "params.batch", "params.depth", "metrics.val/loss"))
    three = "&".join(f"run={run.uuid}" for run in best[:3])
    with watched(page) as troubles:
        page.goto(f"{here}?q=metrics.`val/loss` < 1&sort=metrics.val/loss&{chosen}&cols=metrics.val/accuracy")
        expect(page.get_by_role("link", name=best[0].name).first).to_be_visible()
        shoot(page, "runs-table")

        page.goto(f"{here}/charts")
        expect(page.locator("canvas").first).to_be_visible()
        page.wait_for_load_state("networkidle")
        shoot(page, "charts")

        page.goto(f"{here}/compare?{three}")
        expect(page.get_by_text("val/accuracy").first).to_be_visible()
        shoot(page, "compare")

        page.goto(f"{here}/runs/{best[0].uuid}")
        expect(page.get_by_text("What this run is for").first).to_be_visible()
        shoot(page, "run-page")

        page.goto("/alice/stones/models/iris-classifier")
        expect(page.get_by_text("champion").first).to_be_visible()
        shoot(page, "model")

        page.goto("/alice/stones/experiments")
        page.get_by_role("link", name="stone assistant").click()
        page.goto(f"{page.url.partition('?')[0].removesuffix('/')}/traces")
        expect(page.get_by_text("Which stone floats?").first).to_be_visible()
        shoot(page, "traces")
        page.locator("a[href*='/traces/tr-']").first.click()
        expect(page.get_by_text("search").first).to_be_visible()
        shoot(page, "trace")

        page.goto("/alice/stones/reports/sweep")
        expect(page.locator("report-block canvas").first).to_be_visible()
        shoot(page, "report")
        assert not troubles


def test_the_docs_show_their_pictures() -> None:
    """A picture that no page shows, or one that a page misses, is told."""
    words = "".join(path.read_text() for path in [ROOT / "README.md", *(ROOT / "docs/user").glob("*.md")])
    kept = {path.name for path in Path(ROOT / "docs/pictures").glob("*.png")}
    assert {f"{name}.png" for name in NAMES} <= kept
    assert [name for name in sorted(kept) if f"pictures/{name}" not in words] == []
    heavy = [name for name in NAMES if (ROOT / "docs/pictures" / f"{name}.png").stat().st_size > LARGEST]
    assert heavy == []
