"""The Data tab: folders and files of the bucket, uploads, deletions, and where the bytes are."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from repos.models import Repository
from storage.models import ObjectVersion, StoredObject
from storage.services import put_object
from storage.spaces import DATA, DVC
from tests.support.sample_repository import picture

HERE = "/alice/stones/data"
BrowserOf = Callable[[User | None], Client]


@pytest.fixture
def filled(repo: Repository) -> Repository:
    """alice/stones with some objects in its bucket."""
    for key, content in {
        "notes.txt": b"granite\n",
        "photos/a.png": picture(20, 10),
        "photos/deep/b.png": picture(30, 10),
        "table.csv": b"a,b\n1,2\n",
    }.items():
        put_object(repository=repo, space=DATA, key=key, chunks=[content], metadata={"camera": "<b>x</b>"})
    return repo


@pytest.fixture
def reader(carol: User, browser_of: BrowserOf) -> Client:
    return browser_of(carol)


@pytest.fixture
def writer(bob: User, browser_of: BrowserOf) -> Client:
    return browser_of(bob)


def text_of(browser: Client, address: str) -> str:
    response = browser.get(address)
    assert response.status_code == 200, address
    return response.content.decode()


def test_empty_bucket_says_how_to_fill_it(repo: Repository, reader: Client) -> None:
    page = text_of(reader, HERE)
    assert "The bucket is empty" in page and "/api/v1/repo-buckets/s3/alice" in page and "dvc remote add" in page


def test_folders_and_files_open(filled: Repository, reader: Client) -> None:
    top = text_of(reader, HERE)
    assert f'href="{HERE}/files/photos/"' in top and "deep" not in top and "Upload</a>" not in top
    folder = text_of(reader, f"{HERE}/files/photos/")
    assert f'src="{HERE}/raw/photos/a.png?small"' in folder and f'href="{HERE}/files/photos/deep/"' in folder
    page = text_of(reader, f"{HERE}/files/table.csv")
    assert "&lt;b&gt;x&lt;/b&gt;" in page and f"{HERE}/raw/table.csv?download" in page
    response = reader.get(f"{HERE}/raw/notes.txt")
    assert response.getvalue() == b"granite\n" and "sandbox" in response["Content-Security-Policy"]
    assert reader.get(f"{HERE}/raw/photos/a.png?small")["Content-Type"] == "image/webp"


@pytest.mark.parametrize("key", ["none", "none/", "../x", "a//b", "photos/none", "%00", "notes.txt/"])
def test_what_is_not_there_is_not_found(filled: Repository, reader: Client, key: str) -> None:
    assert reader.get(f"{HERE}/files/{key}").status_code == 404
    assert reader.get(f"{HERE}/deletion/{key}").status_code in {403, 404}


def test_pages_of_a_long_folder_follow_each_other(repo: Repository, reader: Client) -> None:
    for n in range(101):
        put_object(repository=repo, space=DATA, key=f"{n:03}.txt", chunks=[b"x"])
    assert "?after=099.txt" in text_of(reader, HERE)
    assert "100.txt" in text_of(reader, f"{HERE}?after=099.txt")
    assert reader.get(f"{HERE}?after=../x%00").status_code == 200


def test_upload_stores_files_and_keeps_what_was_there(filled: Repository, writer: Client) -> None:
    files = [SimpleUploadedFile("notes.txt", b"basalt\n"), SimpleUploadedFile("new.bin", b"\0\1")]
    answer = writer.post(f"{HERE}/upload", {"folder": "", "uploads": files})
    assert answer.status_code == 302
    assert StoredObject.objects.get(key="notes.txt").blob.md5
    assert ObjectVersion.objects.filter(key="notes.txt").count() == 1
    into = writer.post(f"{HERE}/upload", {"folder": "a/b/", "uploads": [SimpleUploadedFile("c.txt", b"c")]})
    assert into["Location"] == f"{HERE}/files/a/b/" and StoredObject.objects.filter(key="a/b/c.txt").exists()


def test_upload_refuses_folders_that_lead_elsewhere_and_more_than_the_quota(filled: Repository, writer: Client) -> None:
    for folder in ("../x", "a/../../b", "a\\b"):
        files = [SimpleUploadedFile("c.txt", b"c")]
        assert writer.post(f"{HERE}/upload", {"folder": folder, "uploads": files}).status_code == 400
    filled.owner.quota_bytes = 1
    filled.owner.save()
    full = writer.post(f"{HERE}/upload", {"folder": "", "uploads": [SimpleUploadedFile("c.txt", b"c" * 99)]})
    assert full.status_code == 507 and b"quota" in full.content
    assert not StoredObject.objects.filter(key="c.txt").exists()


def test_deletion_names_what_goes_and_can_be_undone(filled: Repository, writer: Client, reader: Client) -> None:
    assert "2 objects" in text_of(writer, f"{HERE}/deletion/photos/")
    assert writer.post(f"{HERE}/deletion/photos/").status_code == 302
    assert not StoredObject.objects.filter(key__startswith="photos/").exists()
    assert "Deleted" in text_of(reader, f"{HERE}/versions/photos/a.png")
    assert reader.post(f"{HERE}/deletion/notes.txt").status_code == 403
    assert writer.post(f"{HERE}/deletion/notes.txt").status_code == 302


def test_usage_tells_where_the_bytes_are(filled: Repository, reader: Client) -> None:
    put_object(repository=filled, space=DVC, key="files/md5/ab/cd", chunks=[b"x" * 5000])
    put_object(repository=filled, space=DATA, key="notes.txt", chunks=[b"slate\n"])
    page = text_of(reader, f"{HERE}/usage")
    assert "Bucket (S3)" in page and "DVC remote" in page and "former versions" in page
    response = reader.get(f"{HERE}/usage")
    parts = {part.label: part.size for part in response.context["usage"].parts}
    assert parts["DVC remote"] == 5000 and parts["Bucket (S3): former versions"] == 8
    filled.owner.refresh_from_db()
    assert sum(parts.values()) == filled.owner.used_bytes
