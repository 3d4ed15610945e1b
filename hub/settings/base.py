"""Settings that hold in every environment; what differs is in dev, test and prod."""

from __future__ import annotations

import hashlib
from pathlib import Path
from urllib.parse import urlsplit

from hub import VERSION
from hub.settings import env

BASE_DIR = Path(__file__).resolve().parent.parent.parent

# Where the hub keeps things
HUB_HOME = Path(
    env.text("HUB_HOME", "", help="Folder for the database, repositories, files and secrets; ./data when empty.")
    or BASE_DIR / "data"
).resolve()
REPOSITORIES_DIR = HUB_HOME / "repositories"
BLOBS_DIR = HUB_HOME / "blobs"
RUN_DIR = HUB_HOME / "run"

# Secrets
SECRET_KEY = env.secret(
    "HUB_SECRET_KEY",
    HUB_HOME / "secret.key",
    help="Signs sessions and tokens. Made on first start; keep it with the database.",
)
TOKEN_SECRET = hashlib.sha256(f"cairn-tokens:{SECRET_KEY}".encode()).hexdigest()

# Where it listens, and what it is called from outside
HUB_HOST = env.text("HUB_HOST", "127.0.0.1", help="Address that `manage.py up` listens on.")
HUB_PORT = env.number("HUB_PORT", 8000, low=1, high=65535, help="Port that `manage.py up` listens on.")
PORT_IS_SAID = env.said("HUB_PORT")  # Else commands ask where the hub was started last.
HUB_URL = env.text(
    "HUB_URL", "", help="Public address (https://hub.example.org) behind a proxy; guessed from requests when empty."
)
ALLOWED_HOSTS = env.words(
    "HUB_ALLOWED_HOSTS",
    help="Host names the hub answers to, comma-separated; that of HUB_URL when empty, any without one.",
) or ([urlsplit(HUB_URL).hostname or "*", "localhost", "127.0.0.1", "[::1]"] if HUB_URL else ["*"])
CSRF_TRUSTED_ORIGINS = [HUB_URL.rstrip("/")] if HUB_URL else []
TRUST_PROXY = env.flag(
    "HUB_TRUST_PROXY", False, help="Believe X-Forwarded-Proto and X-Forwarded-Host of the proxy in front."
)
if TRUST_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    USE_X_FORWARDED_HOST = True

# People
SIGNUP_OPEN = env.flag("HUB_SIGNUP", True, help="Whether anybody may sign up; administrators can always add people.")
AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "/-/login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
ACCOUNT_ADAPTER = "accounts.adapter.HubAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # No mail to addresses that somebody else typed in.
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_PRESERVE_USERNAME_CASING = True
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
MAIL_URL = env.text(
    "HUB_EMAIL", "", help="smtp://user:password@host:587 for outgoing mail; printed to the log when empty."
)
DEFAULT_FROM_EMAIL = env.text("HUB_EMAIL_FROM", "Cairn <cairn@localhost>", help="Sender of outgoing mail.")
vars().update(env.mail(MAIL_URL))

# The house
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "hub",
    "jobs",
    "accounts",
    "repos",
    "storage",
    "tracking",
    "registry",
    "tracing",
    "collab",
    "search",
    "web",
]
MIDDLEWARE = [
    "hub.middleware.SecurityHeaders",
    "hub.middleware.PackedPages",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "hub.middleware.ActorMiddleware",
    "hub.middleware.ErrorPages",
]
# Wire doors go without all of it: see hub.wsgi.
ROOT_URLCONF = "hub.urls"
WSGI_APPLICATION = "hub.wsgi.application"
APPEND_SLASH = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                ),
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "hub.context.hub",
            ],
        },
    }
]

# Engines: one machine by default, real ones by settings
DATABASE_URL = env.text(
    "HUB_DATABASE", "", help="postgres://user:password@host/name; an SQLite file in the home folder when empty."
)
DATABASES = {"default": env.database(DATABASE_URL, HUB_HOME)}
REDIS_URL = env.text(
    "HUB_REDIS", "", help="redis://host:6379/0 for messages and cache; files in the home folder when empty."
)
CACHES = {
    "default": (
        {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL, "KEY_PREFIX": "cairn"}
        if REDIS_URL
        else {
            "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
            "LOCATION": str(HUB_HOME / "cache"),
            "OPTIONS": {"MAX_ENTRIES": 20_000},
            "TIMEOUT": 30 * 24 * 3600,
        }
    )
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 30 * 24 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "hub.error_views.form_expired"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HUB_URL.startswith("https://")

BLOB_STORE = env.text(
    "HUB_BLOBS",
    "",
    help="s3://, gs:// or azure://bucket/prefix for the bytes of files; a folder in the home folder when empty.",
)
S3_ENDPOINT = env.text("HUB_S3_ENDPOINT", "", help="Endpoint of an S3-compatible service, for HUB_BLOBS.")
AZURE_CONNECTION = env.text(
    "HUB_AZURE_CONNECTION", "", help="Connection string of the storage account, for HUB_BLOBS=azure://container/prefix."
)
S3_DIRECT = env.flag(
    "HUB_S3_DIRECT",
    False,
    help="Let MLflow clients fetch, and Git LFS send and fetch, in the bucket of HUB_BLOBS itself.",
)
UPLOAD_DAYS = env.number(
    "HUB_UPLOAD_DAYS", 7, help="Days after which uploads in parts that nobody went on with are removed."
)
DEFAULT_QUOTA_BYTES = (
    env.number("HUB_QUOTA", 0, help="Bytes an owner may use unless set otherwise; 0 is no limit.") or None
)

TRASH_DAYS = env.number(
    "HUB_TRASH_DAYS",
    30,
    help="Days after which deleted experiments, runs and logged models are gone for ever; 0 keeps them.",
    high=36500,
)
VERSION_DAYS = env.number(
    "HUB_VERSION_DAYS",
    90,
    help="Days that replaced and deleted objects of S3 buckets can be restored; 0 keeps none.",
    high=36500,
)

# Where the hub itself sends requests
ALLOW_PRIVATE_TARGETS = env.flag(
    "HUB_ALLOW_PRIVATE_TARGETS",
    False,
    help="Let webhooks, endpoints and connected buckets lead to private addresses and to http.",
)

# Background work
_broker = HUB_HOME / "broker"
CELERY_BROKER_URL = REDIS_URL or "filesystem://localhost"
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {"visibility_timeout": 3600}
    if REDIS_URL
    else {
        "data_folder_in": str(_broker / "messages"),
        "data_folder_out": str(_broker / "messages"),
        "control_folder": str(_broker / "control"),
        "store_processed": False,
        "polling_interval": 0.3,
    }
)
BROKER_DIR = None if REDIS_URL else _broker
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

# Static files: the release is in the path, so everything may be cached for ever
STATIC_ROOT = BASE_DIR / "build" / "static"
_release = STATIC_ROOT.parent / "release.txt"  # written by hub.startup when it gathers them
STATIC_URL = f"/static/{VERSION}-{_release.read_text().strip()}/" if _release.is_file() else f"/static/{VERSION}/"
_npm = BASE_DIR / "node_modules"
STATICFILES_DIRS = [
    (name, folder)
    for name, folder in [
        ("vendor/htmx", _npm / "htmx.org" / "dist"),
        ("vendor/echarts", _npm / "echarts" / "dist"),
        ("vendor/plotly", _npm / "plotly.js-dist-min"),
    ]
    if folder.is_dir()
]
STATICFILES_FINDERS = [
    "hub.assets.AssetsFinder",  # first: makes the style sheet and the icon sprite for the others to find
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
WHITENOISE_IMMUTABLE_FILE_TEST = ".*"

# The API door says the rest itself: accounts.api.door
REST_FRAMEWORK = {"DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema"}
SPECTACULAR_SETTINGS = {
    "TITLE": "Cairn",
    "DESCRIPTION": "The HTTP API of a Cairn hub. Send an access token as `Authorization: Bearer <token>`.",
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "DISABLE_ERRORS_AND_WARNINGS": True,
    "ENABLE_LIST_MECHANICS_ON_NON_2XX": False,
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
}

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

# No limit by size: large bodies are streamed, and doors that gather a body bound it themselves
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000

LOG_LEVEL = env.text("HUB_LOG_LEVEL", "WARNING", help="DEBUG, INFO, WARNING or ERROR.").upper()
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "dulwich": {"level": "ERROR"},
        # SECURITY: in detail these write down signed headers and addresses that hold a SAS token.
        "botocore": {"level": "INFO"},
        "urllib3": {"level": "INFO"},
    },
}
