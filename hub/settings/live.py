"""A hub that tests start for real: as in production, but static files come straight from their sources."""

from __future__ import annotations

from hub.settings.base import *  # noqa: F403

DEBUG = False
WHITENOISE_USE_FINDERS = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ACCOUNT_RATE_LIMITS = False
