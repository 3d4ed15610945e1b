"""Views as parts of a page: small whatever the file, safe whatever it says, and pictures made small."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import RequestFactory
from PIL import Image

from hub.lib.errors import Invalid, NotFound
from storage.viewers import confined
from storage.viewers.pictures import image_size
from storage.views.view import StoredSource, links_of, thumbnail_response, view_file
from tests.storage.conftest import Put
from tests.storage.viewers import samples
from tests.storage.viewers.samples import of
from tests.storage.viewers.test_fuzz import LARGE

LINKS = links_of("/raw", "/frame")
LIMIT = 256 * 1024
HOSTILE = "<script>alert(1)</script>\"'&"


def drawn(source: object, query: str = "") -> str:
    return str(view_file(RequestFactory().get(f"/x?{query}"), source, LINKS))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", samples.every())
def test_every_view_draws_as_one_part(name: str) -> None:
    html = drawn(of(name, samples.every()[name]))
    assert html.count('id="viewer"') == 1 and "{{" not in html and "{%" not in html
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", LARGE)
def test_no_part_is_larger_than_a_page_may_be(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> bytes:
        raise confined.Crashed("no child here")

    monkeypatch.setattr(confined, "run", refuse)
    assert len(drawn(LARGE[name]).encode()) <= LIMIT


def wide(cell: str) -> dict[str, bytes]:
    """Files that try to make a large or a dangerous page out of little."""
    import json

    tensors = {f"{cell}{n:05}": ("F32", [1]) for n in range(300)}
    features = [
        {
            "type": "Feature",
            "properties": {cell + str(k): cell for k in range(30)},
            "geometry": {"type": "LineString", "coordinates": [[n / 7, k / 9] for k in range(30)]},
        }
        for n in range(1500)
    ]
    return {
        "t.csv": (",".join(f'"{cell.replace(chr(34), "")}{n}"' for n in range(60)) + "\n").encode()
        + (",".join(['"' + cell.replace('"', '""') * 9 + '"'] * 60) + "\n").encode() * 80,
        "t.jsonl": (json.dumps({cell + str(n): cell * 9 for n in range(60)}) + "\n").encode() * 80,
        "c.json": json.dumps([{cell + str(n): cell * 20} for n in range(3000)]).encode(),
        "m.safetensors": samples.safetensors(tensors, {cell + str(n): cell * 50 for n in range(150)}),
        "z.zip": samples.archive_zip(**{f"{cell}/{n}": b"" for n in range(300)}),
        "g.geojson": json.dumps({"type": "FeatureCollection", "features": features}).encode(),
        "x.py": (f"x = '''{cell}'''\n" * 3000).encode(),
        "x.log": (cell * 3 + "\n").encode() * 3000,
        "m.pkl": b"\x80\x02" + b"".join(f"c{cell}{n}\nx\n0".encode() for n in range(400)) + b".",
        "x.bin": b"\0" + cell.encode() * 90,
    }


@pytest.mark.parametrize("cell", [HOSTILE, "&" * 200, "\N{PILE OF POO}" * 60], ids=["script", "ampersands", "wide"])
def test_hostile_words_stay_words_and_pages_small(cell: str) -> None:
    for name, content in wide(cell).items():
        html = drawn(of(name, content))
        assert "<script" not in html, name
        assert len(html.encode()) <= LIMIT, (name, len(html.encode()))


def test_a_query_that_nobody_can_mean_is_refused() -> None:
    with pytest.raises(Invalid):
        drawn(of("t.csv", b"a\n1\n"), "page=x")


def test_filters_and_errors_of_sql_are_told_as_words() -> None:
    html = drawn(of("t.csv", b"a\n1\n"), "sql=SELECT+%3Cscript%3E")
    assert "<script" not in html and "&lt;" in html and 'role="alert"' in html


@pytest.mark.django_db
def test_a_stored_object_is_read_by_ranges(put: Put) -> None:
    source = StoredSource(put("folder/a.txt", b"0123456789"))
    assert (source.name, source.size, source.read(3, 4), source.read(8, 9), source.read(10, 1)) == (
        "a.txt",
        10,
        b"3456",
        b"89",
        b"",
    )
    assert source.local_path is not None and source.local_path.read_bytes() == b"0123456789"


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP"])
def test_thumbnails_are_small_upright_and_without_exif(put: Put, kind: str) -> None:
    options = {}
    if kind in ("JPEG", "WEBP"):
        exif = Image.Exif()
        exif[0x0112] = 6  # turned by a quarter
        exif[0x010E] = "where I live"
        options = {"exif": exif.tobytes()}
    stored = put(f"p.{kind.lower()}", samples.picture(kind, (1200, 600), **options))
    answer = thumbnail_response(RequestFactory().get("/"), StoredSource(stored))
    small = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    image = Image.open(io.BytesIO(small))
    assert image.format == "WEBP" and b"where I live" not in small and not image.getexif()
    assert image.size == ((160, 320) if options else (320, 160))
    assert answer["Content-Type"] == "image/webp" and "sandbox" in answer["Content-Security-Policy"]


@pytest.mark.django_db
def test_pictures_that_are_bombs_or_none_have_no_thumbnail(put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    bomb = samples.picture()[:16] + b"\x00\x00\xea\x60\x00\x00\xea\x60" + samples.picture()[24:]
    broken = samples.picture()[:60]
    for name, content in (
        ("bomb.png", bomb),
        ("broken.png", broken),
        ("text.png", b"no picture"),
        ("x.svg", b"<svg/>"),
    ):
        source = StoredSource(put(name, content))
        for _ in range(2):
            with pytest.raises(NotFound):
                thumbnail_response(RequestFactory().get("/"), source)
    # Told once, it is not tried again.
    monkeypatch.setattr(confined, "run", lambda *_, **__: pytest.fail("tried again"))
    with pytest.raises(NotFound):
        thumbnail_response(RequestFactory().get("/"), source)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP"])
def test_width_and_height_are_read_from_headers(kind: str) -> None:
    assert image_size(of("p", samples.picture(kind, (321, 123))))[1:] == (321, 123)
    for options in ({"lossless": True}, {"exif": b"Exif\0\0"}) if kind == "WEBP" else ():
        assert image_size(of("p", samples.picture(kind, (321, 123), **options)))[1:] == (321, 123)


def test_a_large_picture_is_not_given_to_a_browser(tmp_path: Path) -> None:
    content = samples.picture()[:16] + b"\x00\x00\xea\x60\x00\x00\xea\x60"
    html = drawn(of("p.png", content))
    assert "<img" not in html and "60,000 × 60,000 pixels" in html
