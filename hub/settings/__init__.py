"""The settings a process runs with: HUB_ENV picks `prod` (the default), `dev`, `test` or `live`."""

from __future__ import annotations

import os

_kind = os.environ.get("HUB_ENV", "prod")
if os.environ.get("DJANGO_SETTINGS_MODULE", "").startswith("hub.settings."):
    pass  # A module below is named outright: loading another first would fix its folders.
elif _kind == "dev":
    from .dev import *  # noqa: F403
elif _kind == "test":
    from .test import *  # noqa: F403
elif _kind == "live":
    from .live import *  # noqa: F403
elif _kind == "prod":
    from .prod import *  # noqa: F403
else:
    raise SystemExit(f"HUB_ENV={_kind!r} is unknown. Use prod, dev, test or live.")
