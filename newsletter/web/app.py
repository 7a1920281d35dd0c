"""Builds the web application from its services and whatever routers it is to have."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, FastAPI
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware

from newsletter import __version__
from newsletter.signup import Joins
from newsletter.subscribers.challenges import Challenges
from newsletter.web import archive, joining, preferences, problems, public, staying
from newsletter.web.guard import Guard
from newsletter.web.services import SentIssue, Services
from newsletter.web.sites import Sites

# Forms are small.
SMALL = 64 * 1024

__all__ = ["SentIssue", "Services", "build"]


def build(services: Services, routers: Sequence[APIRouter] = ()) -> FastAPI:
    """Give the application: the readers' pages, and the `routers` for desk, hooks and API.

    A body has at most `SMALL` bytes; a router that takes more says so with `max_body_size`.
    """
    app = FastAPI(
        title=services.masthead.title,
        version=__version__,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        exception_handlers=problems.HANDLERS,
        middleware=[
            Middleware(Guard, hsts=services.hsts, failed=problems.failed),
            *_open_to(services.asking.sites),
            Middleware(RequestBodyLimitMiddleware, max_body_size=SMALL),
        ],
    )
    app.state.services = services
    app.state.challenges = Challenges(services.hash_keys[0])
    app.state.joins = Joins(services.db, services.clock, services.limits)
    for router in (
        joining.router,
        public.router,
        preferences.router,
        staying.router,
        archive.router,
        *routers,
    ):
        app.include_router(router)
    return app


def _open_to(sites: Sequence[str]) -> list[Middleware]:
    return [Middleware(Sites, sites=sites)] if sites else []
