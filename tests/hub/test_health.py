"""`/healthz` tells what works, and names what does not."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from hub.wsgi import HubHandler

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


@pytest.mark.django_db(transaction=True)
def test_health_is_told_by_the_short_way_too(settings, tmp_path):
    told: list[Any] = []
    asked = {
        "REQUEST_METHOD": "GET", "PATH_INFO": "/healthz", "SERVER_NAME": "hub", "SERVER_PORT": "80",
        "wsgi.input": io.BytesIO(), "wsgi.url_scheme": "http",
    }  # fmt: skip
    healthy = HubHandler()(asked, lambda status, headers: told.extend((status, dict(headers))))
    assert (told[0], told[1]["Cache-Control"], json.loads(b"".join(healthy))["status"]) == ("200 OK", "no-store", "ok")
    settings.BROKER_DIR = tmp_path / "file"
    settings.BROKER_DIR.write_text("in the way")
    failing = HubHandler()(asked, lambda status, headers: told.append(status))
    assert (told[2], json.loads(b"".join(failing))["disk"]) == ("503 Service Unavailable", "ok")
    asked["REQUEST_METHOD"] = "POST"
    HubHandler()(asked, lambda status, headers: told.append(status))
    assert told[3] == "405 Method Not Allowed"
