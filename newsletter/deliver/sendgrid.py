"""The only way out: every mail of the house is handed over here, by the official client."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import orjson
from sendgrid import SendGridAPIClient

from newsletter.deliver import lists
from newsletter.deliver.client import Encoded, Unanswered, Unreached, connect, encode
from newsletter.deliver.judge import judge
from newsletter.deliver.lists import Listed
from newsletter.errors import NewsletterError, Refused
from newsletter.model import Answer, Outcome

# At DEBUG the client's own logger prints the key and every recipient.
logging.getLogger("python_http_client").setLevel(logging.WARNING)

# Lists that a reader who confirmed anew must be taken off; a complaint is never lifted.
_LIFTED_FROM = ("bounces", "invalid_emails")
# How often a page of a list is asked for, and how many seconds are waited at most in between.
_PATIENCE, _LONGEST_PAUSE = 6, 60.0
_NOT_READABLE = (
    "The key may not read SendGrid's suppression lists. Give it the scope Suppressions "
    "(read access); a key for Mail Send alone cannot."
)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of another call than mail/send: status, JSON if it had some, its own time."""

    status: int
    content: Any
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """What a key may do, and what time it is at SendGrid."""

    scopes: tuple[str, ...]
    at: datetime | None


class Later(NewsletterError):
    """SendGrid wants to be asked again, `after` so many seconds if it says so."""

    def __init__(self, text: str, after: float | None) -> None:
        super().__init__(text)
        self.after = after


class SendGrid:
    """Hands requests over and judges the answers. Safe to use from many threads."""

    def __init__(
        self,
        key: str,
        base_url: str,
        *,
        timeout: float,
        clock: Callable[[], datetime],
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """Take the key, the host and the seconds that an answer may take."""
        self._pause = pause
        self._api: SendGridAPIClient = connect(key, base_url, timeout=timeout)
        self._clock = clock
        self.base_url = base_url

    def close(self) -> None:
        """Close the connections that wait for the next request."""
        self._api.client.pool.close()

    def hand_over(self, request: dict[str, Any] | Encoded) -> Answer:
        """POST /v3/mail/send, once. A lost answer is an `UNKNOWN` outcome, not an exception."""
        payload = request if isinstance(request, Encoded) else encode(request)
        try:
            response = self._api.client.mail.send.post(request_body=payload)
        except Unreached as error:
            return Answer(Outcome.LATER, reason=f"no connection to {self.base_url} ({error})")
        except Unanswered as error:
            return Answer(Outcome.UNKNOWN, reason=f"the answer was lost ({error})")
        return judge(response.status_code, _headers(response.headers), response.body, self._clock())

    def new_batch_id(self) -> str:
        """POST /v3/mail/batch: an id under which requests can be cancelled, good for 10 days."""
        reply = self._call("mail/batch", "post", expect=201)
        return str(reply.content["batch_id"])

    def cancel(self, batch_id: str) -> None:
        """Have all mail of a batch id thrown away at its send_at. Safe to repeat.

        At most 10 may be cancelled or paused at a time; then SendGrid answers 400, which is
        raised as `Refused`: it was certainly not cancelled.
        """
        if self.cancelled(batch_id):
            return
        self._call(
            "user/scheduled_sends",
            "post",
            expect=201,
            request={"batch_id": batch_id, "status": "cancel"},
        )

    def cancelled(self, batch_id: str) -> bool:
        """Whether SendGrid says that this batch id is cancelled."""
        reply = self._call(f"user/scheduled_sends/{batch_id}", "get", expect=200)
        return any(one.get("status") == "cancel" for one in reply.content or [])

    def suppress(self, addresses: list[str]) -> None:
        """Put addresses on the global list, so that scheduled mail to them is dropped."""
        self._call(
            "asm/suppressions/global", "post", expect=201, request={"recipient_emails": addresses}
        )

    def lift(self, address: str, *, bounces_only: bool = False) -> None:
        """Take an address off the lists by which SendGrid drops mail; none there is fine."""
        # Before the @ an address may have / and ?, which would end its place in the path.
        place = quote(address, safe="@")
        if not bounces_only:
            self._call(f"asm/suppressions/global/{place}", "delete", expect=204, or_fine=404)
        for name in _LIFTED_FROM:
            self._call(f"suppression/{name}/{place}", "delete", expect=204, or_fine=404)

    def account(self) -> Account:
        """GET /v3/scopes: what the key may do."""
        reply = self._call("scopes", "get", expect=200)
        return Account(tuple(reply.content.get("scopes", ())), reply.at)

    def may_send_as(self, address: str) -> bool:
        """Whether SendGrid has verified an address, or authenticated its domain or one above."""
        known = self._call("verified_senders", "get", expect=200).content or {}
        for one in known.get("results", ()):
            if one.get("verified") and str(one.get("from_email", "")).lower() == address:
                return True
        domains = self._call("whitelabel/domains", "get", expect=200).content or []
        ours = f".{address.rpartition('@')[2]}"
        return any(one.get("valid") and ours.endswith(f".{one.get('domain')}") for one in domains)

    def webhook_key(self) -> str:
        """The key by which SendGrid signs events."""
        reply = self._call("user/webhooks/event/settings/signed", "get", expect=200)
        return str((reply.content or {}).get("public_key", ""))

    def suppressed(self, since: datetime, until: datetime) -> Iterator[list[Listed]]:
        """Read SendGrid's suppression lists, some rows at a time; see `lists.read`."""
        for name in lists.LISTS:
            yield from lists.read(self._page, name, since, until)

    def _page(self, name: str, first: int, last: int, offset: int) -> list[dict[str, Any]]:
        """One page of a list; SendGrid's limit of requests is waited for."""
        window = {"start_time": first, "end_time": last, "limit": lists.PAGE, "offset": offset}
        for tried in range(_PATIENCE):
            try:
                reply = self._call(f"suppression/{name}", "get", expect=200, query=window)
            except Later as later:
                if tried == _PATIENCE - 1:
                    raise
                self._pause(min(later.after or 2.0**tried, _LONGEST_PAUSE))
            else:
                return [row for row in reply.content or [] if isinstance(row, dict)]
        raise AssertionError("unreachable")

    def _call(
        self,
        path: str,
        method: str,
        *,
        expect: int,
        or_fine: int = 0,
        request: dict[str, Any] | None = None,
        query: dict[str, Any] | None = None,
    ) -> Reply:
        client = self._api.client
        for part in path.split("/"):
            client = client._(part)
        kwargs: dict[str, Any] = {"query_params": query}
        if request is not None:
            kwargs["request_body"] = encode(request)
        try:
            response = getattr(client, method)(**kwargs)
        except (Unreached, Unanswered) as error:
            raise NewsletterError(
                f"{self.base_url} did not answer {method.upper()} {path} ({error}). Try again."
            ) from error
        if response.status_code not in (expect, or_fine):
            answer = judge(
                response.status_code, _headers(response.headers), response.body, self._clock()
            )
            said = f"{method.upper()} {path}: {answer.reason}"
            if answer.outcome is Outcome.LATER:
                raise Later(said, answer.retry_after)
            if response.status_code == 403 and path.startswith("suppression/"):
                raise Refused(f"{said}. {_NOT_READABLE}")
            # A refusal is certain; after anything else it may have been done all the same.
            kind = Refused if answer.outcome is Outcome.REFUSED else NewsletterError
            raise kind(said)
        told = _headers(response.headers).get("Date")
        return Reply(
            response.status_code,
            _json(response.body),
            parsedate_to_datetime(told) if told else None,
        )


def lease(timeout: float) -> timedelta:
    """How long a claimed batch belongs to who claimed it: longer than any answer can take."""
    return timedelta(seconds=3 * timeout + 30)


def _json(content: bytes) -> Any:
    try:
        return orjson.loads(content) if content else None
    except orjson.JSONDecodeError:
        return None


def _headers(headers: Any) -> Mapping[str, str]:
    return {str(name): str(value) for name, value in dict(headers).items()}
