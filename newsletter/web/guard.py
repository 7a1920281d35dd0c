"""What stands around every request: safe headers, and a calm failure.

Plain ASGI, so that it holds for pages, files and errors alike.
"""

from __future__ import annotations

import secrets
import time
import traceback
from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from newsletter import journal, telemetry

# What a page may do: use our style sheet, show our pictures, send forms to us. A router that
# needs more sets the header itself.
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)

# The front page, where joining takes a piece of work that only a script can do.
SCRIPTED = POLICY + "; script-src 'self'; connect-src 'self'"

_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # The address of a page may hold a reader's token: it is told to nobody.
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "interest-cohort=()",
}
_HSTS = "max-age=31536000"


class Guard:
    """Adds the headers, and answers for whatever went wrong unforeseen.

    The log then tells route, kind and place of the error, not its text nor the path: both may
    hold somebody's address or token.
    """

    def __init__(self, app: ASGIApp, *, hsts: bool, failed: Callable[[Request], Response]) -> None:
        self._app = app
        self._failed = failed
        self._headers = _HEADERS | ({"Strict-Transport-Security": _HSTS} if hsts else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        number = secrets.token_hex(6)
        with journal.about(request=number), telemetry.span("request", method=scope["method"]):
            await self._answer(number, scope, receive, send)

    async def _answer(self, number: str, scope: Scope, receive: Receive, send: Send) -> None:
        started, began = False, time.monotonic()
        answered: dict[str, int] = {}

        async def guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                answered["status"] = message["status"]
                headers = MutableHeaders(scope=message)
                # What a reader can tell us, and what every line about it in the journal has.
                headers["X-Request-Id"] = number
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, guarded)
        except ClientDisconnect:
            # Whoever asked has gone: nobody waits for an answer, and nothing is wrong here.
            return
        except Exception as error:
            journal.error("request failed", method=scope["method"], **_where(scope, error))
            if started:
                raise ConnectionAbortedError("a response broke off, see the log") from None
            await self._failed(Request(scope))(scope, receive, guarded)
        journal.debug(
            "a request was answered",
            method=scope["method"],
            route=_route(scope),
            milliseconds=round((time.monotonic() - began) * 1000, 1),
            **answered,
        )


def _route(scope: Scope) -> str:
    """The path as it is written in the program: tokens and addresses are named, not told."""
    return getattr(scope.get("route"), "path", "")


def _where(scope: Scope, error: Exception) -> dict[str, str]:
    frames = traceback.extract_tb(error.__traceback__)
    last = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return {
        "route": _route(scope),
        "error": type(error).__name__,
        "place": last,
    }
