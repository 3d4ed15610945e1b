"""Connected storage in the browser: who connects, what readers see, where keys never go, and stores that fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.actor import Actor
from accounts.models import User
from hub.lib.errors import Conflict
from repos.models import Activity, Repository
from storage.connected import Found, Place
from storage.connections import ConnectedSource, connections_of, place_of
from storage.models import ConnectedBucket
from storage.services import connections as services
from storage.services.connections import connect_bucket
from tests.storage.azure_server import ACCOUNT, KEY, RunningAzure
from tests.storage.s3_server import RunningS3
from tests.support.sample_repository import picture

DATA = "/alice/stones/data"
HERE = f"{DATA}/connected/archive"
BrowserOf = Callable[[User | None], Client]


@pytest.fixture
def outside(s3: RunningS3, settings: Any) -> RunningS3:
    """A bucket elsewhere with some objects."""
    settings.ALLOW_PRIVATE_TARGETS = True
    s3.objects |= {
        "cam/notes.txt": b"granite\n", "cam/photos/a.png": picture(20, 10), "cam/table.csv": b"stone,mass\ns1,2\n",
        "cam/page.html": b"<script>alert(1)</script>", "cam/empty.bin": b"", "cam/odd//x": b"1", "secret/x": b"no",
    }  # fmt: skip
    return s3


def fields(outside: RunningS3, **changed: str) -> dict[str, str]:
    return {
        "name": "archive", "kind": "s3", "bucket": "outside", "folder": "/cam/", "endpoint": outside.endpoint,
        "key_id": "READER", "secret": "hush-hush", **changed,
    }  # fmt: skip


@pytest.fixture
def archive(repo: Repository, outside: RunningS3, alice: User) -> ConnectedBucket:
    place = Place(
        kind="s3", bucket="outside", prefix="cam/", endpoint=outside.endpoint, key_id="READER", secret="hush-hush"
    )  # fmt: skip
    return connect_bucket(repository=repo, name="archive", place=place, actor=Actor(user=alice))


@pytest.fixture
def admin(alice: User, browser_of: BrowserOf) -> Client:
    return browser_of(alice)


@pytest.fixture
def reader(carol: User, browser_of: BrowserOf) -> Client:
    return browser_of(carol)


def text_of(browser: Client, address: str, status: int = 200) -> str:
    response = browser.get(address)
    assert response.status_code == status, address
    return response.content.decode()


def test_an_administrator_connects_and_readers_browse(
    repo: Repository, outside: RunningS3, admin: Client, reader: Client
) -> None:
    response = admin.post(f"{DATA}/connect", fields(outside))
    assert (response.status_code, response["Location"]) == (302, HERE)
    assert f'href="{HERE}"' in text_of(reader, DATA) and "Connect S3" not in text_of(reader, DATA)
    top = text_of(reader, HERE)
    assert f'href="{HERE}/files/photos/"' in top and f'href="{HERE}/files/notes.txt"' in top and "secret" not in top
    assert f'src="{HERE}/raw/photos/a.png?small"' in text_of(reader, f"{HERE}/files/photos/")
    assert "mass" in text_of(reader, f"{HERE}/files/table.csv")
    assert Activity.objects.get(verb="connected storage").subject == "archive"


def test_bytes_go_through_the_hub_in_ranges_and_can_run_nothing(archive: ConnectedBucket, reader: Client) -> None:
    response = reader.get(f"{HERE}/raw/page.html")
    assert response.getvalue() == b"<script>alert(1)</script>"
    assert response["Content-Type"] == "text/plain; charset=utf-8" and "sandbox" in response["Content-Security-Policy"]
    part = reader.get(f"{HERE}/raw/notes.txt", headers={"Range": "bytes=2-4"})
    assert (part.status_code, part.getvalue(), part["Content-Range"]) == (206, b"ani", "bytes 2-4/8")
    saved = reader.get(f"{HERE}/raw/notes.txt?download")
    assert saved["Content-Disposition"].startswith("attachment") and saved.getvalue() == b"granite\n"
    assert reader.get(f"{HERE}/raw/empty.bin").getvalue() == b""
    assert reader.get(f"{HERE}/raw/photos/a.png?small")["Content-Type"] == "image/webp"
    assert reader.get(f"{HERE}/raw/notes.txt?small").status_code == 404
    again = reader.get(f"{HERE}/raw/notes.txt", headers={"If-None-Match": part["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("key", ["none", "none/", "photos/none", "../secret/x", "odd//x", "%00", "a%5Cb"])
def test_what_is_not_there_or_leads_elsewhere_is_not_found(archive: ConnectedBucket, reader: Client, key: str) -> None:
    assert reader.get(f"{HERE}/files/{key}").status_code == 404
    assert reader.get(f"{HERE}/raw/{key}").status_code == 404


def test_a_folder_without_its_slash_leads_to_the_folder(archive: ConnectedBucket, reader: Client) -> None:
    assert reader.get(f"{HERE}/files/photos")["Location"] == f"{HERE}/files/photos/"
    assert "The hub cannot open this name" in text_of(reader, f"{HERE}/files/odd/")


def test_long_folders_come_in_pages(archive: ConnectedBucket, outside: RunningS3, reader: Client) -> None:
    outside.objects |= {f"cam/many/{n:03}.txt": b"x" for n in range(101)}
    page = text_of(reader, f"{HERE}/files/many/")
    assert "099.txt" in page and "100.txt" not in page and "?after=cam%2Fmany%2F099.txt" in page
    assert "100.txt" in text_of(reader, f"{HERE}/files/many/?after=cam%2Fmany%2F099.txt")
    assert reader.get(f"{HERE}?after=%00").status_code == 400


def test_keys_are_sealed_and_never_shown_again(archive: ConnectedBucket, admin: Client) -> None:
    archive.refresh_from_db()
    assert "hush" not in archive.sealed_keys and "READER" not in archive.sealed_keys
    assert place_of(archive).secret == "hush-hush"
    page = text_of(admin, f"{HERE}/settings")
    assert "hush" not in page and "READER" not in page and "The keys are kept" in page


def test_a_wrong_form_does_not_give_the_secret_back(repo: Repository, outside: RunningS3, admin: Client) -> None:
    response = admin.post(f"{DATA}/connect", fields(outside, bucket="a/b"))
    assert response.status_code == 400 and b"hush" not in response.content
    assert not connections_of(repo).exists()


def test_a_bucket_that_does_not_answer_is_not_connected(repo: Repository, outside: RunningS3, admin: Client) -> None:
    response = admin.post(f"{DATA}/connect", fields(outside, endpoint="http://127.0.0.1:1"))
    assert response.status_code == 400 and b"could not be reached: Connection refused" in response.content
    assert not connections_of(repo).exists()


def test_private_addresses_are_refused_beside_the_field(
    repo: Repository, admin: Client, outside: RunningS3, settings: Any
) -> None:
    settings.ALLOW_PRIVATE_TARGETS = False
    response = admin.post(f"{DATA}/connect", fields(outside, endpoint="https://169.254.169.254/latest"))
    assert response.status_code == 400 and "not a public address" in response.content.decode()
    assert "endpoint" in response.context["form"].errors


def test_without_keys_the_bucket_is_said_to_be_public(repo: Repository, outside: RunningS3, admin: Client) -> None:
    empty = {"key_id": "", "secret": ""}
    response = admin.post(f"{DATA}/connect", fields(outside, **empty))
    assert response.status_code == 400 and "secret" in response.context["form"].errors
    assert admin.post(f"{DATA}/connect", fields(outside, anonymous="on", **empty)).status_code == 302
    assert connections_of(repo).get().sealed_keys == ""


def test_a_name_is_taken_once(archive: ConnectedBucket, outside: RunningS3, admin: Client) -> None:
    response = admin.post(f"{DATA}/connect", fields(outside))
    assert response.status_code == 400 and "name" in response.context["form"].errors
    assert admin.post(f"{DATA}/connect", fields(outside, name="../x")).status_code == 400


def test_another_name_keeps_the_keys(archive: ConnectedBucket, outside: RunningS3, admin: Client) -> None:
    response = admin.post(f"{HERE}/settings", fields(outside, name="attic", key_id="", secret=""))
    assert response["Location"] == f"{DATA}/connected/attic"
    assert place_of(ConnectedBucket.objects.get(name="attic")).secret == "hush-hush"


@pytest.mark.parametrize(
    "change", [{"endpoint": "https://1.1.1.1"}, {"bucket": "another"}, {"folder": ""}, {"region": "x-1"}]
)
def test_keys_do_not_go_where_another_administrator_points(
    archive: ConnectedBucket, outside: RunningS3, admin: Client, change: dict[str, str]
) -> None:
    """The attack: leave the secret empty and name a server of one's own, which then gets what it was signed with."""
    response = admin.post(f"{HERE}/settings", fields(outside, **{"key_id": "", "secret": "", **change}))
    assert response.status_code == 400 and "secret" in response.context["form"].errors
    archive.refresh_from_db()
    assert (archive.endpoint, archive.bucket, archive.prefix) == (outside.endpoint, "outside", "cam/")


def test_keys_entered_again_lead_elsewhere(archive: ConnectedBucket, outside: RunningS3, admin: Client) -> None:
    assert admin.post(f"{HERE}/settings", fields(outside, folder="secret", secret="new")).status_code == 302
    archive.refresh_from_db()
    assert (archive.prefix, place_of(archive).secret) == ("secret/", "new")


def test_disconnecting_leaves_the_bucket_alone(archive: ConnectedBucket, outside: RunningS3, admin: Client) -> None:
    held = dict(outside.objects)
    assert "stay as they are" in text_of(admin, f"{HERE}/deletion")
    assert admin.post(f"{HERE}/deletion")["Location"] == DATA
    assert outside.objects == held and not ConnectedBucket.objects.exists()
    assert admin.get(HERE).status_code == 404


def test_a_store_that_fails_is_a_page_about_it(archive: ConnectedBucket, admin: Client, reader: Client) -> None:
    ConnectedBucket.objects.update(endpoint="http://127.0.0.1:1")
    for address in (HERE, f"{HERE}/files/notes.txt", f"{HERE}/raw/notes.txt", f"{HERE}/raw/photos/a.png?small"):
        page = text_of(reader, address, 503)
        assert "S3 (outside)" in page and "Nothing is lost" in page and "/settings" not in page.split("<main")[1]
    assert f'href="{HERE}/settings"' in text_of(admin, HERE, 503)


def test_keys_of_another_secret_of_the_server_are_told(
    archive: ConnectedBucket, reader: Client, admin: Client, settings: Any
) -> None:
    settings.TOKEN_SECRET = "another"
    assert "enters them again" in text_of(reader, HERE, 503)
    assert admin.get(f"{HERE}/settings").status_code == 200


def test_azure_is_browsed_alike(
    repo: Repository, azure: RunningAzure, admin: Client, reader: Client, settings: Any
) -> None:
    settings.ALLOW_PRIVATE_TARGETS = True
    azure.blobs |= {"notes.txt": b"granite\n", "photos/a.png": picture(20, 10)}
    words = {"name": "archive", "kind": "azure", "bucket": "outside", "account": ACCOUNT, "secret": KEY}
    assert admin.post(f"{DATA}/connect", {**words, "endpoint": azure.endpoint}).status_code == 302
    assert f'href="{HERE}/files/photos/"' in text_of(reader, HERE)
    assert reader.get(f"{HERE}/raw/notes.txt").getvalue() == b"granite\n"
    assert (
        admin.post(f"{HERE}/settings", {**words, "secret": "no base64", "endpoint": azure.endpoint}).status_code == 400
    )


def test_a_stores_tag_cannot_name_the_picture_of_another_file(
    archive: ConnectedBucket,
) -> None:
    """The attack: an outside store gives its object the digest of somebody's private picture as its tag."""
    place = place_of(archive)
    victim, tags = "ab" * 32, set()
    for key in ("x.png", "y.png"):
        source = ConnectedSource(archive, place, Found(key, 10, None, victim))
        tags.add(source.etag)
    assert len(tags) == 2 and victim not in tags


def test_the_api_lists_and_reads_it(
    archive: ConnectedBucket, outside: RunningS3, carol: User, token_for: Callable[..., str]
) -> None:
    program = Client(headers={"Authorization": f"Bearer {token_for(carol)}"})
    base = "/api/v1/repos/alice/stones/storage"
    assert ["archive", "s3"] in [[each["name"], each["protocol"]] for each in program.get(base).json()]
    first = program.get(f"{base}/content/s3/archive?limit=4").json()
    rest = program.get(f"{base}/content/s3/archive?limit=4&from_token={first['next_token']}").json()
    paths = [each["path"] for each in first["entries"] + rest["entries"]]
    assert (len(paths), rest["next_token"]) == (6, None) and any("photos" in path for path in paths)
    answer = program.get(f"{base}/raw/s3/archive/notes.txt", headers={"Range": "bytes=2-4"})
    assert (answer.status_code, answer.getvalue()) == (206, b"ani")
    assert program.get(f"{base}/raw/s3/archive/none").status_code == 404
    assert program.get(f"{base}/content/s3/archive/none/").status_code == 404
    ConnectedBucket.objects.update(endpoint="http://127.0.0.1:1")
    assert program.get(f"{base}/content/s3/archive").status_code == 503


def test_there_may_be_so_many(
    archive: ConnectedBucket, outside: RunningS3, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MOST_CONNECTIONS", 1)
    with pytest.raises(Conflict, match="the most there may be"):
        connect_bucket(repository=archive.repository, name="b", place=place_of(archive), actor=Actor(user=alice))


@pytest.mark.parametrize("count", [1, 3])
def test_pages_ask_the_database_as_often_for_many(
    archive: ConnectedBucket, reader: Client, django_assert_num_queries: Any, count: int
) -> None:
    for n in range(1, count):
        ConnectedBucket.objects.create(
            repository=archive.repository, name=f"more-{n}", kind="s3", bucket="outside", endpoint=archive.endpoint
        )
    reader.get(HERE)
    with django_assert_num_queries(9):
        reader.get(HERE)
