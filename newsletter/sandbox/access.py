"""Who may do what: API keys and their scopes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from newsletter.sandbox.replies import Reply, error

SCOPES = (
    "asm.groups.suppressions.create",
    "asm.groups.suppressions.delete",
    "asm.groups.suppressions.read",
    "mail.batch.create",
    "mail.batch.read",
    "mail.send",
    "sender_verification_eligible",
    "suppression.create",
    "suppression.delete",
    "suppression.read",
    "user.scheduled_sends.create",
    "user.scheduled_sends.delete",
    "user.scheduled_sends.read",
    "user.scheduled_sends.update",
    "user.webhooks.event.settings.read",
    "verified_senders.read",
    "whitelabel.read",
)
READING = tuple(scope for scope in SCOPES if scope.endswith(".read"))
SENDING = ("mail.batch.create", "mail.batch.read", "mail.send")


@dataclass(frozen=True, slots=True)
class Access:
    """`keys=None` takes any key that starts with `SG.`; the other two take their keys as well."""

    keys: Collection[str] | None = None
    read_only_keys: Collection[str] = ()
    send_only_keys: Collection[str] = ()

    def scopes(self, key: str | None) -> tuple[str, ...]:
        """Give what a key may do; nothing for a key that is not known."""
        if key is None:
            return ()
        if key in self.read_only_keys:
            return READING
        if key in self.send_only_keys:
            return SENDING
        known = key.startswith("SG.") if self.keys is None else key in self.keys
        return SCOPES if known else ()

    def refusal(self, key: str | None, scope: str) -> Reply | None:
        """Say 401 to strangers and 403 to those who may not do this."""
        if key is None:
            return error(401, "Permission denied, wrong credentials")
        scopes = self.scopes(key)
        if not scopes:
            return error(401, "The authorization is invalid, expired or revoked")
        return None if not scope or scope in scopes else error(403, "access forbidden")
