"""The whole door: four verbs on the address of an object below `/<owner>/<repo>.dvc/`, and nothing else."""

from __future__ import annotations

from accounts.levels import Level
from hub.lib.routing import Route
from storage.dvc import handlers

OBJECT = "files/md5/<2 digits>/<30 digits>[.dir], or without files/md5/ as DVC 2 has it"

ROUTES = (
    Route("GET", OBJECT, handlers.fetch, needs=Level.READ),
    Route("HEAD", OBJECT, handlers.fetch, needs=Level.READ),
    Route("POST", OBJECT, handlers.take, needs=Level.WRITE),
    Route("PUT", OBJECT, handlers.take, needs=Level.WRITE),
)
BY_METHOD = {route.method: route for route in ROUTES}
