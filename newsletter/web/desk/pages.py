"""Fills in the desk's pages: never kept by a browser, links only to the web."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse

from newsletter.urls import is_http
from newsletter.web.desk.answers import SAID
from newsletter.web.guard import POLICY
from newsletter.web.pages import page

# The desk's own script and the preview's frame; still nothing from elsewhere, and nothing inline.
_POLICY = f"{POLICY}; script-src 'self'; connect-src 'self'; frame-src 'self'"

# Forms tell their origin only if the page may tell it to us (Fetch, "append a request `Origin`").
_HEADERS = {"Referrer-Policy": "same-origin", "Content-Security-Policy": _POLICY}


def desk_page(
    request: Request,
    name: str,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
    **values: object,
) -> HTMLResponse:
    """Render `web/desk/<name>`; `editor` is who is signed in, if the page says so."""
    said = SAID.get(request.query_params.get("said", ""), "")
    return page(
        request,
        f"desk/{name}",
        status=status,
        private=True,
        headers={**_HEADERS, **(headers or {})},
        **{"editor": None, "followable": followable, "said": said, **values},
    )


def followable(url: str) -> str:
    """Give an address that a link may lead to; "" for whatever is not http(s)."""
    return url if is_http(url) else ""
