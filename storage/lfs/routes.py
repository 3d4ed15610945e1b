"""Every endpoint of the door, below `/<owner>/<repo>.git/info/lfs/`: verb, path, handler, and the level it needs."""

from __future__ import annotations

from accounts.levels import Level
from hub.lib.routing import Route
from storage.lfs import batch, locks, transfer

READ, WRITE = Level.READ, Level.WRITE

ROUTES = (
    Route("POST", "objects/batch", batch.batch, needs=READ),  # WRITE when objects are to be sent: see there.
    Route("GET", "objects/<oid>", transfer.download, needs=READ),
    Route("HEAD", "objects/<oid>", transfer.download, needs=READ),
    Route("PUT", "objects/<oid>", transfer.upload, needs=WRITE),
    Route("POST", "objects/<oid>/verify", transfer.verify, needs=WRITE),
    Route("GET", "locks", locks.listed, needs=READ),
    Route("POST", "locks", locks.create, needs=WRITE),
    Route("POST", "locks/verify", locks.verify, needs=WRITE),
    Route("POST", "locks/<number>/unlock", locks.unlock, needs=WRITE),
)
