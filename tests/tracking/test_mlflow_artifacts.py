"""mlflow-artifacts/… and artifacts/list by HTTP: bytes in and out, folders, and paths that lead elsewhere."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.tracking.conftest import Answer, Door, DoorFor

BASE = "/api/2.0/mlflow-artifacts/artifacts"


def put(mlflow: Door, path: str, data: bytes = b"x", content_type: str = "application/octet-stream") -> Answer:
    return mlflow.raw("PUT", f"{BASE}/{quote(path)}", data, content_type=content_type)


def get(mlflow: Door, path: str) -> Answer:
    return mlflow.raw("GET", f"{BASE}/{quote(path)}")


def listed(mlflow: Door, path: str | None) -> list[str]:
    found = mlflow.raw("GET", BASE, query={"path": path} if path is not None else {}).json
    return [f"{file['path']}{'/' if file['is_dir'] else ''}" for file in found.get("files", [])]


@pytest.fixture
def root(mlflow: Door) -> str:
    """The artifact root of a fresh run."""
    return f"0/{mlflow.run()}/artifacts"


def test_put_and_get(mlflow: Door, root: str) -> None:
    data = bytes(range(256)) * 5000
    answer = put(mlflow, f"{root}/d/a.bin", data)
    assert (answer.status, answer.json) == (200, {})
    found = get(mlflow, f"{root}/d/a.bin")
    assert (found.status, found.body) == (200, data)
    assert found.headers["Content-Length"] == str(len(data))


def test_put_replaces(mlflow: Door, root: str) -> None:
    for data in (b"first", b"", b"second"):
        assert put(mlflow, f"{root}/a.txt", data).status == 200
        assert get(mlflow, f"{root}/a.txt").body == data
    assert listed(mlflow, root) == ["a.txt"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.txt", "text/plain"),
        ("MLmodel", "text/plain"),
        ("conda.yaml", "text/plain"),
        ("a.json", "text/plain"),
        ("a.html", "text/html"),
        ("a.svg", "image/svg+xml"),
        ("a.png", "image/png"),
        ("a.unknown", "application/octet-stream"),
        ("noending", "application/octet-stream"),
    ],
)
def test_files_go_out_harmless(mlflow: Door, root: str, name: str, kind: str) -> None:
    put(mlflow, f"{root}/{name}", b"<script>alert(1)</script>", "text/html")
    headers = get(mlflow, f"{root}/{name}").headers
    assert headers["Content-Type"].partition(";")[0] == kind
    assert headers["Content-Disposition"].startswith("attachment;")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in headers["Content-Security-Policy"]


@pytest.mark.parametrize("name", ["a b.txt", "ümlaut/日本.txt", "100%25.txt", "a+b&c=d.txt", "'quote\".txt", "a%2Fb"])
def test_names_survive(mlflow: Door, root: str, name: str) -> None:
    assert put(mlflow, f"{root}/{name}", name.encode()).status == 200
    found = get(mlflow, f"{root}/{name}")
    assert found.body == name.encode()
    found.headers["Content-Disposition"].encode("ascii")
    folder, _, last = f"{root}/{name}".rpartition("/")
    assert listed(mlflow, folder) == [last]


def test_folders(mlflow: Door, root: str) -> None:
    for name in ("a.txt", "d/b.txt", "d/e/c.txt"):
        put(mlflow, f"{root}/{name}", b"123")
    assert listed(mlflow, root) == ["a.txt", "d/"]
    assert listed(mlflow, f"{root}/d") == listed(mlflow, f"{root}/d/") == ["b.txt", "e/"]
    assert listed(mlflow, f"{root}/a.txt") == []
    assert listed(mlflow, f"{root}/nothing") == []
    assert listed(mlflow, None) == ["0/"]
    assert mlflow.raw("GET", BASE, query={"path": f"{root}/nothing"}).json == {}
    files = mlflow.raw("GET", BASE, query={"path": root}).json["files"]
    assert files == [{"path": "a.txt", "is_dir": False, "file_size": 3}, {"path": "d", "is_dir": True}]


def test_files_of_a_run(mlflow: Door, root: str) -> None:
    put(mlflow, f"{root}/d/b.txt", b"123")
    run = root.split("/")[1]
    assert mlflow.ok("GET", "artifacts/list", run_id=run) == {
        "root_uri": f"mlflow-artifacts:/{root}",
        "files": [{"path": "d", "is_dir": True}],
    }
    assert mlflow.ok("GET", "artifacts/list", run_id=run, path="d")["files"] == [
        {"path": "d/b.txt", "is_dir": False, "file_size": 3}
    ]
    assert "files" not in mlflow.ok("GET", "artifacts/list", run_id=run, path="d/b.txt")
    assert "files" not in mlflow.ok("GET", "artifacts/list", run_uuid=run, path="nothing")
    assert mlflow.refused("GET", "artifacts/list", run_id=run, path="../..")[2].startswith("Invalid path")
    assert mlflow.refused("GET", "artifacts/list", run_id="f" * 32)[0] == 404


def test_artifacts_that_lie_elsewhere_are_not_listed(mlflow: Door) -> None:
    body = {"name": "s3", "artifact_location": "s3://bucket/x"}
    run = mlflow.run(mlflow.ok("POST", "experiments/create", body)["experiment_id"])
    assert "are not kept by this hub" in mlflow.refused("GET", "artifacts/list", run_id=run)[2]


def test_get_what_is_no_file(mlflow: Door, root: str) -> None:
    put(mlflow, f"{root}/d/b.txt")
    missing, folder = get(mlflow, f"{root}/nothing"), get(mlflow, f"{root}/d")
    assert (missing.status, missing.code) == (404, "RESOURCE_DOES_NOT_EXIST")
    assert (folder.status, folder.code) == (400, "INVALID_PARAMETER_VALUE")


def test_ranges_and_head(mlflow: Door, root: str) -> None:
    put(mlflow, f"{root}/a.bin", b"0123456789")
    path = f"{BASE}/{root}/a.bin"
    head = mlflow.raw("HEAD", path)
    assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", "10")
    part = mlflow.client.get(
        f"/alice/stones.mlflow{path}", headers={"Authorization": f"Bearer {mlflow.token}", "Range": "bytes=2-4"}
    )
    assert (part.status_code, part.getvalue()) == (206, b"234")


def test_delete_a_file_or_a_tree(mlflow: Door, root: str) -> None:
    for name in ("a.txt", "d/b.txt", "d/e/c.txt", "dd.txt"):
        put(mlflow, f"{root}/{name}")
    assert mlflow.raw("DELETE", f"{BASE}/{root}/a.txt", b"").json == {}
    assert listed(mlflow, root) == ["d/", "dd.txt"]
    assert mlflow.raw("DELETE", f"{BASE}/{root}/d", b"").json == {}
    assert listed(mlflow, root) == ["dd.txt"]
    again = mlflow.raw("DELETE", f"{BASE}/{root}/d", b"")
    assert (again.status, again.code) == (404, "RESOURCE_DOES_NOT_EXIST")


@pytest.mark.parametrize(
    "path",
    [
        "../secret",
        "a/../../secret",
        "%2e%2e/secret",
        "%252e%252e/secret",
        "%25252e%25252e/secret",
        "a/%2e%2e%2fsecret",
        "/etc/passwd",
        "%2Fetc/passwd",
        "C:/windows",
        "a\\..\\b",
        "a%5Cb",
        "file:///etc/passwd",
        "a#b",
        "a\nb",
        "a\0b",
        "a/" * 3000 + "b",
    ],
)
def test_paths_that_lead_elsewhere(mlflow: Door, path: str) -> None:
    """SECURITY: an artifact path must not leave the repository's own artifacts, however it is disguised."""
    for method in ("PUT", "GET", "DELETE"):
        answer = mlflow.raw(method, f"{BASE}/{quote(path)}", b"")
        assert (answer.status, answer.code) == (400, "INVALID_PARAMETER_VALUE"), method
        assert answer.message.startswith("Invalid path")
    assert mlflow.raw("GET", BASE, query={"path": path}).status == 400


def test_bytes_belong_to_something_of_this_repository(mlflow: Door, other_repo, alice, token_for) -> None:
    """SECURITY: ids of other repositories, and ids of nothing, hold no bytes."""
    elsewhere = Door(other_repo, token_for(alice)).run()
    number = mlflow.experiment()
    run = mlflow.run("0")
    for path in (
        f"0/{elsewhere}/artifacts/a.txt",
        f"{number}/{run}/artifacts/a.txt",
        f"77/{run}/artifacts/a.txt",
        f"0/{'f' * 32}/artifacts/a.txt",
        "0/models/m-1/artifacts/a.txt",
    ):
        answer = put(mlflow, path)
        assert (answer.status, answer.code) == (404, "RESOURCE_DOES_NOT_EXIST"), path
    assert listed(mlflow, None) == []


def test_another_repositorys_bytes_are_not_here(mlflow: Door, root: str, other_repo, alice, token_for) -> None:
    put(mlflow, f"{root}/a.txt")
    other = Door(other_repo, token_for(alice))
    assert get(other, f"{root}/a.txt").status == 404
    assert listed(other, None) == []


def test_custom_locations_lie_in_the_repositorys_own_space(mlflow: Door) -> None:
    body = {"name": "x", "artifact_location": "mlflow-artifacts:/team/forest"}
    number = mlflow.ok("POST", "experiments/create", body)["experiment_id"]
    run = mlflow.run(number)
    assert put(mlflow, f"team/forest/{run}/artifacts/a.txt", b"1").status == 200
    assert mlflow.ok("GET", "artifacts/list", run_id=run)["files"] == [
        {"path": "a.txt", "is_dir": False, "file_size": 1}
    ]
    assert put(mlflow, "a.txt", b"2").status == 200
    assert get(mlflow, "a.txt").body == b"2"


def test_readers_may_not_write(door_for: DoorFor, mlflow: Door, root: str, carol) -> None:
    put(mlflow, f"{root}/a.txt", b"mine")
    reader = door_for(carol)
    assert get(reader, f"{root}/a.txt").body == b"mine"
    assert put(reader, f"{root}/a.txt", b"theirs").code == "PERMISSION_DENIED"
    assert reader.raw("DELETE", f"{BASE}/{root}/a.txt", b"").code == "PERMISSION_DENIED"
    assert get(mlflow, f"{root}/a.txt").body == b"mine"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("POST", "/api/2.0/mlflow/artifacts/presigned-upload-url", 400, "INVALID_PARAMETER_VALUE"),
        ("POST", "/api/2.0/mlflow/artifacts/presigned-download-url", 400, "INVALID_PARAMETER_VALUE"),
    ],
)
def test_what_is_not_supported_says_so(mlflow: Door, method: str, path: str, status: int, code: str) -> None:
    answer = mlflow.raw(method, path, b"{}")
    assert (answer.status, answer.code) == (status, code)
