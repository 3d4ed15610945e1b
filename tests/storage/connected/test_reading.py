"""The engine of connected storage on each kind of store: folders in pages, objects in ranges, refusals in words."""

from __future__ import annotations

from typing import Any

import pytest

from hub.lib.errors import Invalid
from storage.connected import Found, KeyMissing, Place, StoreFault, find, list_folder, open_range
from storage.connected.answers import read_xml, refusal
from storage.connected.places import checked
from tests.storage.azure_server import ACCOUNT, KEY

FILES = {
    "notes.txt": b"granite\n",
    "photos/a b+ü&%.png": b"png",
    "photos/deep/b.png": b"x",
    "empty": b"",
    "photos/": b"",
}


@pytest.fixture(params=["s3", "gcs", "azure"])
def place(request: pytest.FixtureRequest, settings: Any) -> Place:
    """A bucket of each kind with the same objects below deep/prefix/."""
    settings.ALLOW_PRIVATE_TARGETS = True
    objects = {f"deep/prefix/{key}": content for key, content in FILES.items()}
    if request.param == "azure":
        azure = request.getfixturevalue("azure")
        azure.blobs.update(objects)
        where = {"account": ACCOUNT, "secret": KEY, "endpoint": azure.endpoint}
    else:
        s3 = request.getfixturevalue("s3")
        s3.objects.update(objects)
        where = {"key_id": "key", "secret": "secret", "endpoint": s3.endpoint}
    return Place(kind=request.param, bucket="outside", prefix="deep/prefix/", **where)


def test_folders_list_what_is_in_them(place: Place) -> None:
    top = list_folder(place)
    assert (top.folders, [(each.key, each.size) for each in top.files]) == (
        ("photos",),
        [("empty", 0), ("notes.txt", 8)],
    )
    inside = list_folder(place, "photos/")
    assert (inside.folders, [each.key for each in inside.files], inside.token) == (("deep",), ["a b+ü&%.png"], "")
    assert inside.files[0].modified is not None and inside.files[0].etag


def test_pages_follow_each_other_by_the_stores_word(place: Place, request: pytest.FixtureRequest) -> None:
    held = request.getfixturevalue("azure").blobs if place.kind == "azure" else request.getfixturevalue("s3").objects
    held |= {f"deep/prefix/many/{n:03}": b"x" for n in range(25)}
    seen, token = [], ""
    for _ in range(3):
        page = list_folder(place, "many/", token, 10)
        seen += [each.key for each in page.files]
        token = page.token
    assert (seen, token) == ([f"{n:03}" for n in range(25)], "")


def test_objects_are_read_in_ranges(place: Place) -> None:
    found = find(place, "photos/a b+ü&%.png")
    assert (found.key, found.size) == ("photos/a b+ü&%.png", 3)
    assert b"".join(open_range(place, found.key, 1, 2, found.etag)) == b"ng"
    assert b"".join(open_range(place, "notes.txt", 0, 8)) == b"granite\n"


def test_what_is_not_there_is_missing(place: Place) -> None:
    for act in (lambda: find(place, "none"), lambda: open_range(place, "none", 0, 1)):
        with pytest.raises(KeyMissing):
            act()


def test_an_object_that_changed_meanwhile_is_not_mixed(place: Place) -> None:
    with pytest.raises(StoreFault, match="was changed while it was read"):
        open_range(place, "notes.txt", 0, 3, "another")


@pytest.mark.parametrize("key", ["../x", "a//b", "./a", "a\\b", "a\nb", "a\0", "x" * 1025, "\ud800", "/"])
def test_keys_that_could_lead_elsewhere_are_refused(place: Place, key: str) -> None:
    for act in (lambda: find(place, key), lambda: open_range(place, key, 0, 1), lambda: list_folder(place, f"{key}/")):
        with pytest.raises(Invalid):
            act()


def test_a_store_that_ends_early_is_told(place: Place) -> None:
    with pytest.raises(StoreFault, match="ended before the object did"):
        list(open_range(place, "notes.txt", 0, 100))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "ftp"}, "kind"), ({"bucket": "a/b"}, "bucket"), ({"bucket": ".."}, "bucket"), ({"bucket": ""}, "bucket"),
        ({"region": "x.evil.org"}, "region"), ({"key_id": "a\nb"}, "secret"), ({"secret": ""}, "secret"),
        ({"endpoint": "https://10.0.0.1"}, "endpoint"), ({"endpoint": "http://example.org"}, "endpoint"),
        ({"endpoint": "https://1.1.1.1/?x"}, "endpoint"), ({"endpoint": "https://u:p@1.1.1.1"}, "endpoint"),
        ({"kind": "azure", "account": "evil.org/"}, "account"),
    ],
)  # fmt: skip
def test_parts_of_a_place_that_are_none_are_refused(change: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked(Place(**{"kind": "s3", "bucket": "outside", "key_id": "k", "secret": "s", **change}))
    assert refused.value.field == field


def test_a_place_does_not_show_its_keys() -> None:
    assert "hush" not in repr(Place(kind="s3", bucket="outside", key_id="hush", secret="hush"))


def test_own_addresses_of_the_kinds() -> None:
    assert Place(kind="s3", bucket="b", region="eu-north-1").base == "https://s3.eu-north-1.amazonaws.com"
    assert Place(kind="gcs", bucket="b").base == "https://storage.googleapis.com"
    assert Place(kind="azure", bucket="b", account="acc").base == "https://acc.blob.core.windows.net"


def test_refusals_say_the_store_its_words_and_what_to_do() -> None:
    place = Place(kind="s3", bucket="outside")
    body = b"<Error><Code>AccessDenied</Code><Message>No\nway\x07 here</Message></Error>"
    fault = refusal(place, 403, {}, body.replace(b"\x07", b""))
    assert fault.message == "S3 (outside) refuses: AccessDenied: No way here" and "allow to list" in fault.next_step
    assert "eu-west-1" in refusal(place, 301, {"x-amz-bucket-region": "eu-west-1"}, b"").message
    assert "not followed" in refusal(place, 302, {}, b"<html>").next_step
    assert len(refusal(place, 400, {}, b"<E><Message>" + b"x" * 9000 + b"</Message></E>").message) < 400


def test_a_document_that_expands_is_no_answer() -> None:
    """The attack: entities that grow, or that name a file of the server."""
    with pytest.raises(SyntaxError):
        read_xml(b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>')


def test_the_name_of_an_object_is_the_last_part_of_its_key() -> None:
    assert Found("a/b.txt", 1).name == "b.txt"
