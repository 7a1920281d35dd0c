"""The history of a week's words: who changed what, to be looked at and undone."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from newsletter.errors import BadValue
from newsletter.model import Week
from newsletter.pipeline import wording
from newsletter.store.edits import Edit
from newsletter.web.desk import standing, view, weeks, words
from newsletter.web.desk.door import DeskRoute, Form, SignedIn
from newsletter.web.desk.pages import desk_page
from newsletter.web.desk.services import Desk, DeskServices, OfWeek
from newsletter.web.public import LOOK

router = APIRouter(route_class=DeskRoute, include_in_schema=False)

_AROUND = 2


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody did in one go: saved letter by letter, it is one change. `first` undoes it."""

    first: Edit
    last: Edit
    times: int


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a difference: `kept`, `gone`, `new`, or `gap` where lines are left out."""

    kind: str
    text: str


@router.api_route("/{week}/history", methods=LOOK)
def history(request: Request, desk: Desk, editor: SignedIn, week: OfWeek) -> Response:
    return desk_page(
        request,
        "history.html",
        editor=editor,
        week=week,
        days=weeks.days(week),
        stands=standing.of(desk, week),
        changes=list(_changes(wording.history(desk.shop, week))),
        zone=desk.shop.zone,
        machine=wording.MACHINE,
        tab="history",
    )


@router.api_route("/{week}/history/{number}", methods=LOOK)
def change(
    request: Request, desk: Desk, editor: SignedIn, week: OfWeek, number: int, to: int = -1
) -> Response:
    """Show the words before change `number` and after change `to`, which may be the same."""
    before, after = _texts(desk, week, number, to)
    return desk_page(
        request,
        "change.html",
        editor=editor,
        week=week,
        days=weeks.days(week),
        stands=standing.of(desk, week),
        lines=lines(before, after),
        number=number,
        known=bool(before),
        made_of=_made_of(desk, week),
        tab="history",
    )


@router.post("/{week}/history/{number}")
def undo(desk: Desk, week: OfWeek, editor: SignedIn, number: int, form: Form) -> Response:
    """Put back what was there before this change, if the file still is what the page showed."""
    with desk.writing:
        standing.still_open(desk.shop, week)
        text = words.words_of(desk, week)
        if view.made_of(text) != form.get("made_of"):
            raise BadValue(
                f"{week} was changed after you opened the page. Nothing was undone; look again."
            )
        wording.back_to(
            desk.shop,
            week,
            number,
            by=editor.address,
            instead_of=text,
            what="Went back to how it was before a change",
        )
    return RedirectResponse(f"/desk/{week}/history?said=undone", 303)


def lines(before: str, after: str) -> list[Line]:
    """The lines that differ, with a few around them."""
    return list(_lines(before.splitlines(), after.splitlines()))


def _lines(old: Sequence[str], new: Sequence[str]) -> Iterator[Line]:
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for number, group in enumerate(matcher.get_grouped_opcodes(_AROUND)):
        if number:
            yield Line("gap", "")
        for tag, start, end, new_start, new_end in group:
            if tag == "equal":
                yield from (Line("kept", one) for one in old[start:end])
                continue
            yield from (Line("gone", one) for one in old[start:end])
            yield from (Line("new", one) for one in new[new_start:new_end])


def _changes(found: Sequence[Edit]) -> Iterator[Change]:
    for _, group in groupby(found, key=lambda one: (one.by, one.what, one.id == 0)):
        together = list(group)
        yield Change(together[-1], together[0], len(together))


def _texts(desk: DeskServices, week: Week, number: int, to: int) -> tuple[str, str]:
    before, after = wording.texts(desk.shop, week, number)
    return (before, wording.texts(desk.shop, week, to)[1]) if to >= 0 else (before, after)


def _made_of(desk: DeskServices, week: Week) -> str:
    text = desk.shop.papers.words(week)
    return view.made_of(text) if text is not None else ""
