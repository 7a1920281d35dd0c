"""People on the list: look, add, take off, forget."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response

from newsletter import signup
from newsletter.errors import NotFound
from newsletter.model import Email, State
from newsletter.signup import Ask, Joined, Joins, Visit
from newsletter.store import consents, subscribers
from newsletter.web.api.door import answers, needs
from newsletter.web.api.shapes import (
    NewPerson,
    Outcome,
    People,
    Person,
    PersonWithProof,
    Proof,
    person,
)
from newsletter.web.services import Here, Services

router = APIRouter(prefix="/subscribers", tags=["subscribers"])

MOST = 500
# The largest number that both databases can hold.
_LAST = 2**63 - 1

Number = Annotated[int, Path(ge=1, le=_LAST, description="the person's number")]


@router.get("", responses=answers(), dependencies=[needs("subscribers:read")])
def listed(
    here: Here,
    after: Annotated[int, Query(ge=0, le=_LAST, description="the number to go on from")] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
    state: State | None = None,
    email: Annotated[
        str, Query(max_length=320, description="one address", json_schema_extra={"format": "email"})
    ] = "",
) -> People:
    """List people by number, a page at a time."""
    with here.db.read() as connection:
        if email:
            one = subscribers.find(connection, Email.parse(email).key)
            found = [one] if one and one.id > after and state in {None, one.state} else []
        else:
            found = subscribers.page(connection, after=after, limit=limit + 1, state=state)
    more = len(found) > limit
    shown = found[:limit]
    return People(items=[person(one) for one in shown], next=shown[-1].id if more else None)


@router.get("/{number}", responses=answers(404), dependencies=[needs("subscribers:read")])
def one(here: Here, number: Number) -> PersonWithProof:
    """Show one person with all proof of consent."""
    with here.db.read() as connection:
        found = subscribers.get(connection, number)
        if found is None:
            raise _nobody(number)
        proofs = consents.history(connection, number)
    said = [
        Proof(
            act=proof.act,
            at=proof.at,
            source=proof.source,
            wording=proof.wording,
            wording_version=proof.wording_version,
            origin=proof.origin,
            user_agent=proof.user_agent,
        )
        for proof in proofs
    ]
    return PersonWithProof(**person(found).model_dump(), consents=said)


@router.post(
    "",
    status_code=202,
    responses=answers(409, 413, 429),
    dependencies=[needs("subscribers:write")],
)
async def add(request: Request, here: Here, new: NewPerson) -> Outcome:
    """Ask somebody to confirm, or with `consent` put them on the list at once."""
    email = Email.parse(new.email)
    if new.consent.strip():
        return await run_in_threadpool(_add_agreed, here, email, new)
    joins: Joins = request.app.state.joins
    outcome = await joins.ask(Ask(email, Visit("API"), new.name))
    if outcome is Joined.BUSY:
        raise HTTPException(429, headers={"Retry-After": "60"})
    return Outcome(status=outcome.value)


@router.post("/{number}/leave", responses=answers(404), dependencies=[needs("subscribers:write")])
def leave(here: Here, number: Number) -> Person:
    """Take somebody off the list; twice is once."""
    if signup.leave(here.db, number, Visit("API"), here.clock()).person is None:
        raise _nobody(number)
    found = signup.look(here.db, number)
    if found is None:
        raise _nobody(number)
    return person(found)


@router.delete(
    "/{number}",
    status_code=204,
    response_class=Response,
    responses=answers(404),
    dependencies=[needs("subscribers:write")],
)
def forget(here: Here, number: Number) -> Response:
    """Erase somebody for good; no list brings the address back."""
    if not signup.forget(here.db, number, hash_keys=here.hash_keys, now=here.clock()):
        raise _nobody(number)
    return Response(status_code=204)


def _add_agreed(here: Services, email: Email, new: NewPerson) -> Outcome:
    """Add one who agreed elsewhere, by the rules of a list of one."""
    rows = signup.rows([(email.text, new.name)])
    report = signup.import_csv(
        here.db,
        rows,
        consent=new.consent,
        source="API",
        now=here.clock(),
        hash_keys=here.hash_keys,
    )
    if report.set_aside:
        return Outcome(status="quiet", detail=report.set_aside[0].reason)
    return Outcome(status="known" if report.known else "added")


def _nobody(number: int) -> NotFound:
    return NotFound(f"There is nobody with the number {number}.")
