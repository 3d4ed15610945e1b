"""`/healthz` tells what works, and names what does not."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(settings, tmp_path):
    settings.HUB_HOME = tmp_path
    settings.BROKER_DIR = tmp_path / "broker"


def test_healthy_hub_answers_200(client):
    response = client.get("/healthz")
    assert response.status_code == 200
    assert {key: response.json()[key] for key in ("status", "database", "disk", "broker")} == {
        "status": "ok", "database": "ok", "disk": "ok", "broker": "ok",
    }  # fmt: skip


def test_broken_broker_is_named(client, settings, tmp_path):
    settings.BROKER_DIR = tmp_path / "file"
    settings.BROKER_DIR.write_text("in the way")
    response = client.get("/healthz")
    assert response.status_code == 503
    assert response.json()["broker"].startswith("NotADirectoryError")
    assert response.json()["disk"] == "ok"
