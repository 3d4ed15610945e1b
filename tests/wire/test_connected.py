"""Connected storage against a running S3 that checks every signature: the hub's own, over http and https."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from storage.connected import Place, StoreFault, find, list_folder, open_range, web
from tests.support.live import LiveHub
from tests.support.s3_clients import Gate, closing_client, pairs_of, spare_buckets
from tests.support.secure import secure_front

pytestmark = pytest.mark.wire
KEY = "photos/a b+c ü%&'漢.txt"
CONTENT = bytes(range(256)) * 4000


@pytest.fixture(scope="module")
def outside(hub: LiveHub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Place]]:
    pairs = pairs_of(hub)
    bucket = next(spare_buckets(hub, 1))
    with secure_front(hub, tmp_path_factory.mktemp("secure")) as front:
        gate = Gate(hub, hub.url, None, pairs)
        with closing_client(gate.client()) as client:
            for key in [KEY, "top.txt", *(f"many/{n:02}" for n in range(12))]:
                client.put_object(Bucket=bucket, Key=key, Body=CONTENT)
        key_id, secret = pairs["alice"]
        place = Place(kind="s3", bucket=bucket, endpoint=gate.endpoint(), key_id=key_id, secret=secret)
        secure = replace(place, endpoint=place.endpoint.replace(hub.url, front.url))
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SSL_CERT_FILE", str(Path(front.certificate)))
            web._pools.cache_clear()
            yield {"http": place, "https": secure}
            web._pools().clear()
            web._pools.cache_clear()


@pytest.fixture(params=["http", "https"])
def place(request: pytest.FixtureRequest, outside: dict[str, Place], settings: Any) -> Place:
    settings.ALLOW_PRIVATE_TARGETS = True
    found: Place = outside[request.param]
    return found


def test_signed_listings_and_ranges(place: Place) -> None:
    assert (list_folder(place).folders, [each.key for each in list_folder(place).files]) == (
        ("many", "photos"),
        ["top.txt"],
    )
    assert [each.name for each in list_folder(place, "photos/").files] == [
        KEY.rpartition("/")[2].replace("photos/", "")
    ]
    found = find(place, KEY)
    assert found.size == len(CONTENT)
    assert b"".join(open_range(place, KEY, 0, found.size, found.etag)) == CONTENT
    assert b"".join(open_range(place, KEY, 70_001, 300, found.etag)) == CONTENT[70_001:70_301]


def test_pages_by_its_own_tokens(place: Place) -> None:
    seen, token = [], ""
    for _ in range(3):
        page = list_folder(place, "many/", token, 5)
        seen += [each.key for each in page.files]
        token = page.token
    assert (seen, token) == ([f"{n:02}" for n in range(12)], "")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"secret": "wrong"}, "SignatureDoesNotMatch"), ({"key_id": "none"}, "InvalidAccessKeyId"), ({"bucket": "no-such"}, "NoSuchBucket")],
)  # fmt: skip
def test_refusals_are_told(place: Place, wrong: dict[str, str], said: str) -> None:
    with pytest.raises(StoreFault, match=said) as fault:
        list_folder(replace(place, **wrong))
    assert fault.value.next_step.startswith("Check")


def test_a_certificate_that_nobody_vouches_for_is_refused(
    outside: dict[str, Place], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ALLOW_PRIVATE_TARGETS = True
    monkeypatch.delenv("SSL_CERT_FILE")
    web._pools().clear()
    web._pools.cache_clear()
    with pytest.raises(StoreFault, match="certificate is not accepted"):
        list_folder(outside["https"])
    web._pools.cache_clear()
