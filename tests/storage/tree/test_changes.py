"""What changed in data between two commits: directories, pictures, notebooks, also by LFS and plain Git."""

from __future__ import annotations

import json
import math
from urllib.parse import quote

from django.test import Client

from storage.models import Manifest
from storage.services import manifests
from tests.storage.tree.test_pages import text_of
from tests.support.data_tree import IMAGES, Data, pointer
from tests.support.sample_repository import picture


def address(old: str, new: str, path: str) -> str:
    return f"/alice/stones/changes/{old}/{new}?path={quote(path)}"


def test_commit_page_offers_the_change_of_data(data: Data, reader: Client) -> None:
    commit = data.work.git("rev-parse", "HEAD")
    page = text_of(reader, f"/alice/stones/commit/{commit}")
    assert "+4 added" in page  # the directory, compared at once
    assert f'hx-get="/alice/stones/changes/empty/{commit}?path=table.csv.dvc' in page  # a table is loaded later
    assert 'aria-label="Data of a.big"' in page and 'aria-label="Data of .gitattributes"' not in page


def test_directory_change_counts_and_lists_files(data: Data, reader: Client) -> None:
    before = data.work.git("rev-parse", "HEAD")
    files = {**IMAGES, "cat/1.txt": b"another cat\n", "new.txt": b"new"}
    del files["dog/1.txt"]
    data.work.write("data/images.dvc", pointer(data.keep_folder(files), "images", size=40, files=4))
    after = data.push("Change images")
    for _ in range(2):  # read from the lists, then from rows
        page = text_of(reader, address(before, after, "data/images.dvc"))
        assert "+1 added" in page and "−1 removed" in page and "1 changed" in page and "2 the same" in page
        assert f'href="/alice/stones/src/{after}/data/images/new.txt"' in page
        assert f'href="/alice/stones/src/{before}/data/images/dog/1.txt"' in page
        manifests.want_missing_manifests()
        for manifest in Manifest.objects.all():
            manifests.index_manifest(manifest.pk)


def test_directory_that_was_never_pushed_is_told(data: Data, reader: Client) -> None:
    before = data.work.git("rev-parse", "HEAD")
    data.work.write("data/images.dvc", pointer("cd" * 16, "images", size=40, files=4))
    assert "never pushed" in text_of(reader, address(before, data.push(), "data/images.dvc"))


def test_outputs_of_stages_that_changed_are_named(data: Data, reader: Client) -> None:
    before = data.work.git("rev-parse", "HEAD")
    lock = (data.work.folder / "dvc.lock").read_text()
    old_md5 = lock.split("md5: ")[1].split("\n")[0]
    data.work.write("dvc.lock", lock.replace(old_md5, data.keep(b"\0second model")).replace("size: 6", "size: 13"))
    page = text_of(reader, address(before, data.push(), "dvc.lock"))
    assert "out/deep/model.bin" in page and page.count("13") > 0 and "modified" in page


def test_pictures_are_shown_side_by_side(data: Data, reader: Client) -> None:
    data.work.write("plot.png", picture(20, 10))
    data.work.write("lfs.big", data.lfs(picture(8, 8)))
    before = data.push("Add pictures")
    data.work.write("plot.png", picture(30, 10))
    data.work.write("lfs.big", data.lfs(picture(9, 8)))
    after = data.push("Change pictures")
    page = text_of(reader, address(before, after, "plot.png"))
    assert f"/alice/stones/raw/{before}/plot.png" in page and f"/alice/stones/raw/{after}/plot.png" in page
    assert "20 × 10" in page and "30 × 10" in page
    assert "9 × 8" in text_of(reader, address(before, after, "lfs.big"))


def test_notebooks_are_compared_by_cell(data: Data, reader: Client) -> None:
    def book(source: str) -> str:
        cell = {"cell_type": "code", "source": source, "outputs": [], "execution_count": 1, "metadata": {}}
        return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})

    data.work.write("a.ipynb", book("x = 1\n<script>"))
    before = data.push("Add a notebook")
    data.work.write("a.ipynb", book("x = 2\n<script>"))
    page = text_of(reader, address(before, data.push("Change it"), "a.ipynb"))
    assert "1 changed" in page and 'class="diff-add"' in page and "<script>" not in page.split("data-change", 1)[1]


def test_paths_and_commits_that_are_not_there(data: Data, reader: Client) -> None:
    commit = data.work.git("rev-parse", "HEAD")
    for wrong in (
        address("0" * 40, commit, "dvc.lock"),
        address(commit, "main", "dvc.lock"),
        address(commit, commit, "dvc.lock"),
        address(commit, commit, "../etc"),
        address(commit, commit, "a\0b"),
        address("--output=x", commit, "dvc.lock"),
        f"/alice/stones/changes/{commit}/{commit}",
    ):
        assert reader.get(wrong).status_code == 404, wrong


def test_strangers_see_nothing(data: Data, client: Client) -> None:
    commit = data.work.git("rev-parse", "HEAD")
    assert client.get(address("empty", commit, "dvc.lock")).status_code in {302, 404}


def test_tables_are_compared_by_row_and_column(data: Data, reader: Client) -> None:
    data.work.write("t.csv", "id,mass\n1,2\n2,3\n")
    before = data.push("Add a table")
    data.work.write("t.csv", "id,mass,kind\n1,2,a\n2,4,b\n3,5,<b>c\n")
    page = text_of(reader, address(before, data.push("Change it"), "t.csv"))
    assert "+1 row" in page and "1 changed" in page and "<code>kind</code>" in page
    assert '<del class="hl-del">3</del> <ins class="hl-ins">4</ins>' in page


def test_models_are_compared_by_their_headers(data: Data, reader: Client) -> None:
    def weights(**shapes: list[int]) -> bytes:
        header, at = {}, 0
        for name, shape in shapes.items():
            size = 4 * math.prod(shape)
            header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [at, at + size]}
            at += size
        text = json.dumps({**header, "__metadata__": {"step": str(at)}}).encode()
        return len(text).to_bytes(8, "little") + text + bytes(at)

    data.work.write("m.safetensors", weights(head=[2, 3], body=[4]))
    before = data.push("Add a model")
    data.work.write("m.safetensors", weights(head=[2, 5], body=[4], tail=[1]))
    page = text_of(reader, address(before, data.push("Train on"), "m.safetensors"))
    assert "10 → 15 parameters" in page and "F32 2 × 3" in page and "F32 2 × 5" in page
    assert "<code>tail</code>" in page and "<code>body</code>" not in page and "step" in page
