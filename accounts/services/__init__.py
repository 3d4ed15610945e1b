"""The verbs of the accounts room; what other rooms use is named here."""

from __future__ import annotations

from accounts.services.organizations import create_organization
from accounts.services.setup import new_setup_link
from accounts.services.tokens import create_key_pair, create_token, revoke_token
from accounts.services.users import claim_address, create_user

__all__ = [
    "claim_address",
    "create_key_pair",
    "create_organization",
    "create_token",
    "create_user",
    "new_setup_link",
    "revoke_token",
]
