"""A running hub, on one machine or many."""

from __future__ import annotations

from hub.settings.base import *  # noqa: F403

DEBUG = False
