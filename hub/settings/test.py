"""The test suite: fast hashes, work done at once, files in a temporary folder."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

if "HUB_HOME" not in os.environ:
    os.environ["HUB_HOME"] = tempfile.mkdtemp(prefix="cairn-test-")
    atexit.register(shutil.rmtree, os.environ["HUB_HOME"], ignore_errors=True)

from hub.settings.base import *  # noqa: F403

DEBUG = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = False
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
ACCOUNT_RATE_LIMITS = False
