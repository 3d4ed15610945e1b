"""Every periodic task of the hub, in one list: name, seconds between, queue."""

from __future__ import annotations

from typing import Any

PERIODIC = (
    ("jobs.sweep", 30, "default"),
    ("repos.maintain_stale", 3600, "git"),
    ("tracking.purge_expired", 3600, "default"),
    ("collab.sweep_auto_merges", 60, "git"),
    ("storage.collect_garbage", 6 * 3600, "default"),
    ("storage.clear_uploads", 6 * 3600, "default"),
    ("storage.want_missing_manifests", 3600, "default"),
    ("storage.expire_versions", 6 * 3600, "default"),
    ("search.look", 15, "default"),
    ("search.tidy", 3600, "default"),
    ("collab.mail_due", 300, "default"),
    ("collab.sweep_gates", 60, "default"),
)

SCHEDULE: dict[str, dict[str, Any]] = {
    name: {"task": name, "schedule": float(seconds), "options": {"queue": queue, "expires": float(seconds)}}
    for name, seconds, queue in PERIODIC
}
