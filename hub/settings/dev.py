"""Work on the hub itself: tracebacks in the browser, templates and static files read afresh."""

from __future__ import annotations

from hub.settings.base import *  # noqa: F403
from hub.settings.base import TEMPLATES

DEBUG = True
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
TEMPLATES[0]["OPTIONS"]["loaders"] = [  # type: ignore[index]
    "django.template.loaders.filesystem.Loader",
    "django.template.loaders.app_directories.Loader",
]
