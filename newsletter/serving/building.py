"""Builds the web application from a house."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

from fastapi import FastAPI

from newsletter.model import Week
from newsletter.settings import Settings
from newsletter.signup import Limits, domains, refusal
from newsletter.store import corrections, issues
from newsletter.web import api, app, desk, hooks, metrics
from newsletter.web.desk import DeskServices, Fetching
from newsletter.web.services import Asking, SentIssue, Services
from newsletter.wiring import House

_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


def application(house: House) -> FastAPI:
    """Give the web application of a house: readers' pages, archive, desk, hooks and API."""
    settings = house.settings
    routers = (
        desk.router(
            DeskServices(
                shop=house.shop,
                editors=settings.editors,
                secret=house.secrets[0],
                secure=needs_https(settings.base_url),
                means=lambda: house.means,
                missing=house.missing,
                hash_keys=house.secrets,
                fetching=Fetching(
                    house.gather_limits, settings.allow_private_networks, house.user_agent
                ),
                silent_after=timedelta(days=settings.gather.silent_days),
            )
        ),
        hooks.router(house.take_report),
        api.router(),
        metrics.router(
            house.db, settings.web.metrics_token, "sqlite" if house.db.is_sqlite else "postgresql"
        ),
    )
    return app.build(services(house), routers)


def services(house: House) -> Services:
    """Give what the readers' pages stand on."""
    settings = house.settings
    return Services(
        db=house.db,
        tokens=house.tokens,
        masthead=settings.masthead,
        templates=house.templates,
        clock=house.clock,
        hash_keys=house.secrets,
        sent=lambda: _sent(house),
        page=lambda week: _page(house, week),
        corrections=lambda week: _corrections(house, week),
        limits=Limits(
            per_address=settings.join.confirmations_in_all,
            apart=timedelta(days=1) / settings.join.confirmations_a_day,
            per_origin=settings.join.joins_an_hour_per_origin,
            a_minute=settings.join.joins_a_minute,
        ),
        asking=_asking(settings),
        spool=house.spool,
        zone=settings.zone,
        hsts=settings.base_url.startswith("https://")
        if settings.web.hsts is None
        else settings.web.hsts,
    )


def _asking(settings: Settings) -> Asking:
    join = settings.join
    listed = domains(settings.home / join.refused_domains) if join.refused_domains else frozenset()
    asking = Asking(join.form_token, join.proof_of_work, join.sites)
    if listed or join.check_dns:
        return replace(asking, refuses=refusal(listed, join.check_dns))
    return asking


def needs_https(base_url: str) -> bool:
    """Whether cookies are for HTTPS alone: everywhere but on this very machine."""
    parts = urlsplit(base_url)
    return not (parts.scheme == "http" and parts.hostname in _LOOPBACK)


def _sent(house: House) -> list[SentIssue]:
    with house.db.read() as connection:
        found = issues.sent(connection, house.clock())
        changed = corrections.newest(connection)
    return [
        SentIssue(one.week, one.subject, one.preheader, one.at, changed.get(one.week))
        for one in found
    ]


def _corrections(house: House, week: Week) -> list[corrections.Correction]:
    with house.db.read() as connection:
        return corrections.of(connection, week)


def _page(house: House, week: Week) -> str | None:
    with house.db.read() as connection:
        return issues.page(connection, week, house.clock())
