"""The addresses under /v3: what each takes and answers."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from newsletter.sandbox import checks
from newsletter.sandbox.access import Access
from newsletter.sandbox.batches import STATUSES, Batches
from newsletter.sandbox.mailroom import MailRoom
from newsletter.sandbox.replies import JSON, Call, Reply, answer, error, errors, html
from newsletter.sandbox.suppressions import LISTS, MOST_ROWS, Suppressions

Handler = Callable[[Call, str], Reply]

_TOO_LARGE = "413 Request Entity Too Large"


class Api:
    """All under /v3. `ids` makes message ids and batch ids, `senders` restricts `from`."""

    def __init__(
        self,
        room: MailRoom,
        batches: Batches,
        lists: Suppressions,
        *,
        access: Access,
        public_key: str,
        now: Callable[[], datetime],
        ids: Callable[[], str],
        senders: Collection[str] = (),
        groups: Collection[int] = (),
    ) -> None:
        self._room = room
        self._batches = batches
        self._lists = lists
        self._access = access
        self._public_key = public_key
        self._now = now
        self._ids = ids
        self._senders = {sender.lower() for sender in senders}
        self._groups = groups
        # Address (a last part of `*` stands for anything), method: scope, handler.
        self._routes: dict[str, dict[str, tuple[str, Handler]]] = {
            "/v3/mail/send": {"POST": ("mail.send", self._send)},
            "/v3/mail/batch": {"POST": ("mail.batch.create", self._new_batch)},
            "/v3/mail/batch/*": {"GET": ("mail.batch.read", self._batch)},
            "/v3/user/scheduled_sends": {
                "GET": ("user.scheduled_sends.read", self._stops),
                "POST": ("user.scheduled_sends.create", self._stop),
            },
            "/v3/user/scheduled_sends/*": {
                "GET": ("user.scheduled_sends.read", self._stops),
                "PATCH": ("user.scheduled_sends.update", self._change),
                "DELETE": ("user.scheduled_sends.delete", self._resume),
            },
            "/v3/asm/suppressions/global": {"POST": ("suppression.create", self._leave)},
            "/v3/asm/suppressions/global/*": {
                "GET": ("suppression.read", self._left),
                "DELETE": ("suppression.delete", self._return),
            },
            "/v3/scopes": {"GET": ("", self._scopes)},
            "/v3/verified_senders": {"GET": ("verified_senders.read", self._verified)},
            "/v3/whitelabel/domains": {"GET": ("whitelabel.read", self._domains)},
            "/v3/user/webhooks/event/settings/signed": {
                "GET": ("user.webhooks.event.settings.read", self._signed)
            },
        }
        for name in LISTS:
            reads: Handler = self._rows(name)
            removes: Handler = self._remove(name)
            methods = {
                "GET": ("suppression.read", reads),
                "DELETE": ("suppression.delete", removes),
            }
            self._routes[f"/v3/suppression/{name}"] = methods
            self._routes[f"/v3/suppression/{name}/*"] = methods

    def answer(self, call: Call) -> Reply:
        """Answer 404 or 405, 401 or 403, 413 or 415, and then what the address is for."""
        place, last = call.path, ""
        if place not in self._routes:
            start, _, last = place.rpartition("/")
            place = f"{start}/*"
        methods = self._routes.get(place)
        if methods is None or (place.endswith("*") and not last):
            return error(404, "Not Found")
        if call.method not in methods:
            return error(405, "method not allowed")
        scope, handler = methods[call.method]
        refusal = self._access.refusal(call.key, scope) or _unreadable(call)
        return refusal or handler(call, unquote(last))

    def _send(self, call: Call, _: str) -> Reply:
        mail, now = call.json(), self._now().timestamp()
        found = checks.problems(mail, now=now, groups=self._groups)
        if found:
            return errors(400, found)
        if self._senders and mail["from"]["email"].lower() not in self._senders:
            return error(403, "The from address does not match a verified sender.", "from")
        if "batch_id" in mail and not self._batches.knows(mail["batch_id"], now):
            return error(400, "There is no such batch_id.", "batch_id")
        if checks.switched(mail, "mail_settings").get("sandbox_mode"):
            return Reply(200)
        message_id = self._ids()
        self._room.accept(mail, call.body, message_id)
        return Reply(202, b"", {"X-Message-Id": message_id})

    def _new_batch(self, _call: Call, _: str) -> Reply:
        batch_id = self._ids()
        self._batches.add(batch_id, self._now().timestamp())
        return answer(201, {"batch_id": batch_id})

    def _batch(self, _call: Call, batch_id: str) -> Reply:
        if self._batches.knows(batch_id, self._now().timestamp()):
            return answer(200, {"batch_id": batch_id})
        return error(400, "There is no such batch_id.", "batch_id")

    def _stops(self, _call: Call, batch_id: str) -> Reply:
        return answer(200, self._batches.stopped(batch_id or None))

    def _stop(self, call: Call, _: str) -> Reply:
        wanted = call.json()
        if not isinstance(wanted, dict) or not isinstance(wanted.get("batch_id"), str):
            return error(400, "The batch_id is required.", "batch_id")
        batch_id, status = wanted["batch_id"], wanted.get("status")
        if status not in STATUSES:
            return error(400, "The status must be cancel or pause.", "status")
        refused = self._batches.stop(batch_id, status, self._now().timestamp())
        if refused:
            return error(400, refused, "batch_id")
        return answer(201, {"batch_id": batch_id, "status": status})

    def _change(self, call: Call, batch_id: str) -> Reply:
        wanted = call.json()
        status = wanted.get("status") if isinstance(wanted, dict) else None
        if status not in STATUSES:
            return error(400, "The status must be cancel or pause.", "status")
        if self._batches.change(batch_id, status, self._now().timestamp()):
            return Reply(204)
        return error(404, "This batch is neither cancelled nor paused.", "batch_id")

    def _resume(self, _call: Call, batch_id: str) -> Reply:
        if self._batches.resume(batch_id):
            return Reply(204)
        return error(404, "This batch is neither cancelled nor paused.", "batch_id")

    def _rows(self, name: str) -> Handler:
        def rows(call: Call, email: str) -> Reply:
            try:
                asked = {key: int(value) for key, value in call.query.items()}
            except ValueError:
                return error(400, "The query takes whole numbers.", None)
            limit = asked.get("limit", MOST_ROWS)
            if not 1 <= limit <= MOST_ROWS:
                return error(400, f"The limit is 1 to {MOST_ROWS}.", "limit")
            found = self._lists.rows(
                name,
                start=asked.get("start_time", 0),
                end=asked.get("end_time"),
                limit=limit,
                offset=max(asked.get("offset", 0), 0),
                email=email or None,
            )
            return answer(200, found)

        return rows

    def _remove(self, name: str) -> Handler:
        def remove(call: Call, email: str) -> Reply:
            if email:
                removed = self._lists.remove(name, [email])
                return Reply(204) if removed else error(404, "This address is not on the list.")
            wanted = call.json()
            if isinstance(wanted, dict) and wanted.get("delete_all") is True:
                self._lists.remove(name, None)
            elif (emails := _emails(wanted, "emails")) is not None:
                self._lists.remove(name, emails)
            else:
                return error(400, "Give emails or delete_all.", "emails")
            return Reply(204)

        return remove

    def _leave(self, call: Call, _: str) -> Reply:
        emails = _emails(call.json(), "recipient_emails")
        if not emails:
            return error(400, "The recipient_emails are required.", "recipient_emails")
        self._lists.add("unsubscribes", emails, self._now().timestamp())
        return answer(201, {"recipient_emails": emails})

    def _left(self, _call: Call, email: str) -> Reply:
        found = self._lists.rows("unsubscribes", email=email)
        return answer(200, {"recipient_email": found[0]["email"]} if found else {})

    def _return(self, _call: Call, email: str) -> Reply:
        if self._lists.remove("unsubscribes", [email]):
            return Reply(204)
        return error(404, "This address is not on the list.")

    def _scopes(self, call: Call, _: str) -> Reply:
        return answer(200, {"scopes": self._access.scopes(call.key)})

    def _verified(self, _call: Call, _: str) -> Reply:
        found = [
            {"id": number, "from_email": sender, "verified": True, "locked": False}
            for number, sender in enumerate(sorted(self._senders), 1)
        ]
        return answer(200, {"results": found})

    def _domains(self, _call: Call, _: str) -> Reply:
        """Domains that are authenticated: those of the senders, or any where none is named."""
        names = sorted({one.rpartition("@")[2] for one in self._senders}) or _ANY
        return answer(200, [{"id": n, "domain": one, "valid": True} for n, one in enumerate(names)])

    def _signed(self, _call: Call, _: str) -> Reply:
        return answer(200, {"public_key": self._public_key})


# Where no sender is named everybody may send, so these stand for every domain of examples.
_ANY = ["com", "example", "net", "org", "test"]


def _unreadable(call: Call) -> Reply | None:
    if len(call.body) > checks.MOST_BYTES:
        return html(413, _TOO_LARGE)
    kind = call.headers.get("content-type", "").partition(";")[0].strip().lower()
    if call.method in {"POST", "PATCH"} and call.body and kind != JSON:
        return error(415, "The Content-Type must be application/json.")
    return None


def _emails(wanted: Any, name: str) -> list[str] | None:
    emails = wanted.get(name) if isinstance(wanted, dict) else None
    if isinstance(emails, list) and all(isinstance(email, str) for email in emails):
        return emails
    return None
