"""What people and organisations share: an address, and the bytes that may lie under it."""

from __future__ import annotations

from django.db.models import ProtectedError

from accounts.models import Owner
from hub.lib.errors import Conflict, Invalid


def delete_owner(owner: Owner) -> None:
    """Free an address; raises Conflict, naming them, while repositories lie under it."""
    try:
        owner.delete()
    except ProtectedError as error:
        names = sorted(str(row) for row in error.protected_objects)
        shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
        raise Conflict(
            f"{owner.slug} owns {len(names)} {'repository' if len(names) == 1 else 'repositories'}: {shown}.",
            next_step="Delete them or move them to another owner first. Nothing was changed.",
        ) from None


def set_quota(*, owner: Owner, quota_bytes: int | None) -> Owner:
    """The most bytes that may lie under an address (None: the hub's own limit); raises Invalid below zero."""
    if quota_bytes is not None and quota_bytes < 0:
        raise Invalid("A quota is zero or more bytes.", field="quota")
    owner.quota_bytes = quota_bytes
    owner.save(update_fields=["quota_bytes"])
    return owner
