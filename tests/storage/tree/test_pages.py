"""What pointers stand for opens in the tree: folders, files, downloads, at the commit being looked at."""

from __future__ import annotations

import hashlib
import re

from django.test import Client

from jobs.models import Job
from repos.services.repositories import create_repository
from storage.models import Manifest
from storage.pointers.files import object_key
from storage.services import manifests, put_object
from tests.support.data_tree import IMAGES, Data, pointer


def text_of(browser: Client, address: str) -> str:
    response = browser.get(address)
    assert response.status_code == 200, address
    return re.sub(r"\b\w{64}\b", "", response.content.decode())  # tokens of forms


def content_of(browser: Client, address: str) -> bytes:
    response = browser.get(address)
    assert response.status_code == 200, address
    return response.getvalue()


def test_folders_show_data_beside_files(data: Data, reader: Client) -> None:
    root = text_of(reader, "/alice/stones/src/main")
    assert 'href="/alice/stones/src/main/table.csv"' in root and 'href="/alice/stones/src/main/out"' in root
    assert "LFS" in root and "not pushed" in root  # b.big
    folder = text_of(reader, "/alice/stones/src/main/data")
    assert 'href="/alice/stones/src/main/data/images"' in folder and "4 files" in folder
    assert "not pushed" in folder  # lost.csv


def test_directory_opens_as_folders_and_files(data: Data, reader: Client) -> None:
    top = text_of(reader, "/alice/stones/src/main/data/images")
    assert 'href="/alice/stones/src/main/data/images/cat"' in top and "readme.txt" in top and "1.txt" not in top
    assert "2.txt" in text_of(reader, "/alice/stones/src/main/data/images/cat")
    assert content_of(reader, "/alice/stones/raw/main/data/images/cat/2.txt") == IMAGES["cat/2.txt"]
    assert reader.get("/alice/stones/src/main/data/images/none").status_code == 404
    assert reader.get("/alice/stones/raw/main/data/images/none").status_code == 404
    assert reader.get("/alice/stones/raw/main/data/images/cat").status_code == 404


def test_file_of_dvc_has_a_page_and_bytes(data: Data, reader: Client) -> None:
    page = text_of(reader, "/alice/stones/src/main/table.csv")
    assert "/alice/stones/raw/main/table.csv?download" in page and "table.csv.dvc?view=source" in page
    assert content_of(reader, "/alice/stones/raw/main/table.csv") == b"a,b\n1,2\n"


def test_output_of_a_stage_opens_through_folders_git_does_not_have(data: Data, reader: Client) -> None:
    assert 'href="/alice/stones/src/main/out/deep"' in text_of(reader, "/alice/stones/src/main/out")
    assert "model.bin" in text_of(reader, "/alice/stones/src/main/out/deep")
    assert content_of(reader, "/alice/stones/raw/main/out/deep/model.bin") == b"\0model"


def test_content_that_was_never_pushed_says_so(data: Data, reader: Client) -> None:
    assert "dvc push" in text_of(reader, "/alice/stones/src/main/data/lost.csv")
    assert "git lfs push" in text_of(reader, "/alice/stones/src/main/b.big")
    assert reader.get("/alice/stones/raw/main/data/lost.csv").status_code == 404


def test_lfs_file_is_its_content_and_its_pointer_on_request(data: Data, reader: Client) -> None:
    assert content_of(reader, "/alice/stones/raw/main/a.big") == b"big content\n"
    assert content_of(reader, "/alice/stones/raw/main/a.big?view=source").startswith(b"version https://git-lfs")
    assert "oid sha256" in text_of(reader, "/alice/stones/src/main/a.big?view=source")


def test_each_commit_shows_its_own_data(data: Data, reader: Client) -> None:
    data.work.write("table.csv.dvc", pointer(data.keep(b"new"), "table.csv", size=3))
    before = data.work.git("rev-parse", "HEAD")
    after = data.push("Second table")
    assert content_of(reader, f"/alice/stones/raw/{before}/table.csv") == b"a,b\n1,2\n"
    assert content_of(reader, f"/alice/stones/raw/{after}/table.csv") == b"new"


def test_data_of_another_repository_is_not_shown_for_knowing_its_digest(data: Data, reader: Client) -> None:
    """Attack: commit a pointer with the MD5 of somebody else's object, and read it through the tree."""
    other = create_repository(actor=data.actor, owner=data.repository.owner, name="secret")
    md5 = hashlib.md5(b"secret", usedforsecurity=False).hexdigest()
    put_object(repository=other, space="dvc", key=object_key(md5), chunks=[b"secret"], md5=md5)
    data.work.write("stolen.dvc", pointer(md5, "stolen", size=6))
    data.push("Point at it")
    assert reader.get("/alice/stones/raw/main/stolen").status_code == 404
    assert "not pushed" in text_of(reader, "/alice/stones/src/main").lower()


def test_lists_are_read_into_rows_by_a_job_and_pages_stay_the_same(data: Data, reader: Client) -> None:
    before = text_of(reader, "/alice/stones/src/main/data/images")
    manifests.want_manifests_of_heads(data.repository)
    manifest = Manifest.objects.get()
    assert Job.objects.filter(task="storage.index_manifest", object_id=manifest.pk).count() == 1
    manifests.index_manifest(manifest.pk)
    manifests.index_manifest(manifest.pk)  # a job may run twice
    manifest.refresh_from_db()
    assert (manifest.state, manifest.files, manifest.entries.count()) == ("ready", 4, 4)
    assert text_of(reader, "/alice/stones/src/main/data/images") == before
    assert content_of(reader, "/alice/stones/raw/main/data/images/dog/1.txt") == IMAGES["dog/1.txt"]


def test_large_directory_is_shown_in_pages(data: Data, reader: Client) -> None:
    md5 = data.keep_folder({f"{n:04}.txt": b"%d" % n for n in range(230)})
    data.work.write("many.dvc", pointer(md5, "many", size=1, files=230))
    data.push("Many files")
    seen, address = 0, "/alice/stones/src/main/many"
    for _ in range(3):
        page = reader.get(address)
        seen += page.content.decode().count('class="files__name files__name--file"')
        after = page.context["page"].after
        address = f"/alice/stones/src/main/many?after={after}"
    assert (seen, after) == (230, "")


def test_broken_list_is_told(data: Data, reader: Client) -> None:
    md5 = data.keep(b"[not json", is_dir=True)
    data.work.write("broken.dvc", pointer(md5, "broken", size=1, files=3))
    data.push("Broken")
    assert "cannot be read" in text_of(reader, "/alice/stones/src/main/broken")
    assert manifests.want_missing_manifests() == 2
    for manifest in Manifest.objects.all():
        manifests.index_manifest(manifest.pk)
    assert sorted(Manifest.objects.values_list("state", flat=True)) == ["broken", "ready"]
    assert "cannot be read" in text_of(reader, "/alice/stones/src/main/broken")
