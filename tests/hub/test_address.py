"""What commands say of where the hub is."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import LazySettings

from hub.lib.address import note_listening, public_address


def test_the_port_of_the_last_start_unless_another_is_said(settings: LazySettings, tmp_path: Path) -> None:
    settings.HUB_URL, settings.HUB_HOST, settings.HUB_PORT = "", "127.0.0.1", 8000
    settings.RUN_DIR, settings.PORT_IS_SAID = tmp_path, False
    assert public_address() == "http://127.0.0.1:8000"
    note_listening("::", 8123)
    assert public_address() == "http://[::1]:8123"
    settings.PORT_IS_SAID, settings.HUB_PORT = True, 9000
    assert public_address() == "http://127.0.0.1:9000"
    settings.HUB_URL = "https://hub.example.org/"
    assert public_address() == "https://hub.example.org"


@pytest.mark.parametrize(
    ("host", "shown"), [("0.0.0.0", "127.0.0.1"), ("::1", "[::1]"), ("[::1]", "[::1]"), ("hub.lan", "hub.lan")]
)
def test_every_kind_of_host(settings: LazySettings, tmp_path: Path, host: str, shown: str) -> None:
    settings.HUB_URL, settings.HUB_HOST, settings.HUB_PORT, settings.PORT_IS_SAID = "", host, 8000, True
    assert public_address() == f"http://{shown}:8000"
