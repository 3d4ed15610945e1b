"""Every viewer on the page of a run's artifact: all checks, and what one does in a table, with and without scripts."""

from __future__ import annotations

import json
from urllib.parse import quote

import numpy as np
import pytest

from accounts.models import User
from repos.models import Repository
from tests.browser.checking import check_page, check_readable_without_scripts, open_page, shoot, watched
from tests.browser.conftest import Visitor
from tests.browser.pages import RUN
from tests.factories.tracking import make_artifact
from tests.storage.viewers import samples
from tracking.models import Run

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WAVES = np.sin(np.linspace(0, 9, 60))[:, None] * np.cos(np.linspace(0, 7, 80))[None, :]
FILES = {
    "data/stones.parquet": samples.parquet(samples.table(400)),
    "data/stones.csv": b"id,weight,name\n" + b"".join(b"%d,%d.5,stone %d\n" % (n, n % 31, n % 7) for n in range(200)),
    "data/config.json": json.dumps(
        {"model": {"layers": [64, 64, 10], "dropout": 0.1, "bias": None}, "seed": 7}
    ).encode(),
    "data/places.geojson": samples.GEOJSON,
    "arrays/waves.npy": samples.npy(WAVES),
    "arrays/several.npz": samples.npz(first=np.arange(60.0).reshape(6, 10), second=np.ones(3)),
    "model/weights.safetensors": samples.safetensors(
        {f"layers.{n}.attention.{part}.weight": ("BF16", [64, 64]) for n in range(20) for part in "qkv"},
        {"format": "pt"},
    ),
    "model/net.onnx": samples.onnx(),
    "model/small.gguf": samples.gguf_sample(),
    "model/evil.pkl": samples.evil_pickle(),
    "model/net.pt": samples.archive_zip(**{"m/data.pkl": samples.evil_pickle(2), "m/data/0": bytes(400)}),
    "media/tone.wav": samples.wav(2.0),
    "media/picture.png": samples.picture("PNG", (640, 360)),
    "media/photo.jpg": samples.picture("JPEG", (800, 1200)),
    "media/report.pdf": samples.PDF,
    "other/files.zip": samples.archive_zip(**{"a.txt": b"1" * 3000, "folder/b.txt": b"2"}),
    "other/long.log": b"2026-11-20 epoch done loss=0.25\n" * 5000,
    "other/unknown.bin": bytes(range(256)) * 4,
    "other/broken.parquet": b"PAR1 but not really\x00",
    "other/notes.ipynb": samples.every()["n.ipynb"],
}


@pytest.fixture
def viewed(tracked: None, repo: Repository) -> None:
    """The run's artifacts, one for each viewer."""
    run = Run.objects.get(uuid=RUN.rpartition("/")[2])
    for path, content in FILES.items():
        make_artifact(repo, run, path, content)


@pytest.mark.parametrize("path", [*FILES, "media"])
def test_viewer_passes_every_check(path: str, viewed: None, cast: dict[str, User | None], visit: Visitor) -> None:
    check_page(visit(cast["bob"]), f"{RUN}/artifacts/{path}", picture=f"viewer-{path.replace('/', '-')}")


@pytest.mark.parametrize(
    "query", ["show=columns", "sql=SELECT+*+FROM+data", "sql=SELECT+scored%0AFROM+data", "sort=score"]
)
def test_ways_to_look_at_a_table_pass_every_check(
    query: str, viewed: None, cast: dict[str, User | None], visit: Visitor
) -> None:
    name = quote(query.partition("+")[0].replace("=", "-"), safe="")
    check_page(visit(cast["bob"]), f"{RUN}/artifacts/data/stones.parquet?{query}", picture=f"viewer-table-{name}")


def test_a_table_is_sorted_filtered_and_asked_in_place(
    viewed: None, cast: dict[str, User | None], visit: Visitor
) -> None:
    page = visit(cast["bob"])
    open_page(page, f"{RUN}/artifacts/data/stones.csv")
    with watched(page) as troubles:
        page.evaluate("window.__stays = true")
        page.get_by_role("button", name="weight").click()
        page.locator("th[aria-sort=ascending]").wait_for()
        assert page.locator("tbody tr").first.inner_text().split() == ["1", "0", "0.5", "stone", "0"]
        page.get_by_role("button", name="weight").click()
        page.locator("th[aria-sort=descending]").wait_for()
        page.locator(".viewer__filter summary").click()
        page.get_by_label("Column", exact=True).select_option("name")
        page.get_by_label("Value", exact=True).fill("stone 3")
        page.locator(".viewer__form").get_by_role("button", name="Filter").click()
        page.locator(".viewer__chip").wait_for()
        assert page.locator("tbody tr").count() == 29 and "column=name" in page.url and "down=weight" in page.url
        page.locator(".viewer__chip").click()
        page.get_by_role("link", name="Next").click()
        page.get_by_text("Rows 51 to 100").wait_for()
        page.get_by_role("link", name="SQL").click()
        page.locator("#viewer-sql").fill("SELECT name, max(weight) AS top FROM data GROUP BY ALL ORDER BY name")
        page.locator("#viewer-sql").press("Control+Enter")
        page.get_by_text("stone 6").wait_for()
        assert page.locator("tbody tr").count() == 7
        # All of it happened on one page, and its addresses can be shared and gone back to.
        assert page.evaluate("window.__stays") is True
        page.go_back()
        page.locator("tbody").wait_for(state="detached")
        assert page.url.endswith("?show=sql") and page.locator("#viewer-sql").count() == 1
    assert troubles == [] and page.evaluate("window.__violations") == []


def test_a_table_works_without_scripts(viewed: None, cast: dict[str, User | None], visit: Visitor) -> None:
    page = visit(cast["bob"], scripts=False)
    check_readable_without_scripts(page, f"{RUN}/artifacts/data/stones.csv")
    page.get_by_role("button", name="weight").click()
    assert page.locator("th[aria-sort=ascending]").count() == 1
    page.get_by_role("link", name="SQL").click()
    page.locator("#viewer-sql").fill("SELECT count(*) AS n FROM data")
    page.get_by_role("button", name="Run").click()
    assert page.locator("tbody tr td").inner_text() == "200"


def test_a_sound_follows_its_wave(viewed: None, cast: dict[str, User | None], visit: Visitor) -> None:
    page = visit(cast["bob"])
    open_page(page, f"{RUN}/artifacts/media/tone.wav")
    page.evaluate(
        """() => new Promise((done) => {
            const audio = document.querySelector("audio");
            if (audio.readyState > 0) done();
            else audio.addEventListener("loadedmetadata", () => done());
        })"""
    )
    box = page.locator(".viewer__wave").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 20)
    assert page.evaluate("document.querySelector('audio').currentTime") == pytest.approx(1.0, abs=0.1)


def test_pictures_of_a_folder_are_shown_small(viewed: None, cast: dict[str, User | None], visit: Visitor) -> None:
    page = visit(cast["bob"])
    open_page(page, f"{RUN}/artifacts/media")
    page.evaluate("() => Promise.all([...document.querySelectorAll('.viewer-grid img')].map((one) => one.decode()))")
    sizes = page.evaluate("[...document.querySelectorAll('.viewer-grid img')].map((one) => one.naturalHeight)")
    assert sizes == [320, 180]
    shoot(page, "viewer-grid")
