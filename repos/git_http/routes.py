"""The whole door, row by row: three paths below `/<owner>/<repo>.git/`, and nothing else."""

from __future__ import annotations

from accounts.levels import Level
from hub.lib.routing import Route
from repos.git_http import handlers

ROUTES = (
    # READ for git-upload-pack; WRITE when it is asked for git-receive-pack: see handlers.SERVICES.
    Route("GET", "info/refs", handlers.info_refs, needs=Level.READ),
    Route("POST", "git-upload-pack", handlers.upload_pack, needs=Level.READ),
    Route("POST", "git-receive-pack", handlers.receive_pack, needs=Level.WRITE),
)
