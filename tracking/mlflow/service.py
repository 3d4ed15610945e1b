"""/health, server-info and the front page: what clients ask about the server itself."""

from __future__ import annotations

from tracking.mlflow import answers, asks
from tracking.mlflow.wire import Call, Text


def health(call: Call, body: asks.Nothing) -> Text:
    """GET /health"""
    return Text("OK")


def server_info(call: Call, body: asks.Nothing) -> answers.ServerInfo:
    """GET server-info: artifacts are served, in parts and by ranges too; workspaces are not."""
    return answers.ServerInfo()
