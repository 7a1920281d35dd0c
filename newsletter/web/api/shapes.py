"""What goes in and comes out of the API, as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from newsletter.model import Act, Section, State, Subscriber


class Person(BaseModel):
    """Somebody on the list."""

    id: int
    email: str
    name: str
    state: State
    source: str
    created_at: datetime | None
    confirmed_at: datetime | None
    sections: list[Section]
    paused_until: datetime | None


class Proof(BaseModel):
    """One entry of the consent log."""

    act: Act
    at: datetime
    source: str
    wording: str
    wording_version: int
    origin: str
    user_agent: str


class PersonWithProof(Person):
    consents: list[Proof]


class People(BaseModel):
    """A page of people; `next` is the `after` of the page that follows, if there is one."""

    items: list[Person]
    next: int | None


class NewPerson(BaseModel):
    """Somebody to add.

    Without `consent` they are mailed and have to confirm, as if they had used the form. With
    it (how they agreed: when, where, in which words) they are on the list at once.
    """

    model_config = ConfigDict(extra="forbid")

    email: Annotated[
        str,
        Field(max_length=320, examples=["ada@example.org"], json_schema_extra={"format": "email"}),
    ]
    name: Annotated[str, Field(max_length=300)] = ""
    consent: Annotated[str, Field(max_length=2000)] = ""


class Outcome(BaseModel):
    """What became of it: `asked` to confirm, `added`, `known` already, or `quiet` (set aside)."""

    status: str
    detail: str = ""


class SentIssueShape(BaseModel):
    week: str
    subject: str
    preheader: str
    sent_at: datetime
    url: str


class Issues(BaseModel):
    items: list[SentIssueShape]
    next: int | None


class Statistics(BaseModel):
    """Counts: people by state, mails that wait, reasons of those who left."""

    people: dict[State, int]
    mails: dict[str, int]
    reasons: dict[str, int]


def person(one: Subscriber) -> Person:
    return Person(
        id=one.id,
        email=one.email.text,
        name=one.name,
        state=one.state,
        source=one.source,
        created_at=one.created_at,
        confirmed_at=one.confirmed_at,
        sections=[section for section in Section if one.sections & section.bit],
        paused_until=one.paused_until,
    )
