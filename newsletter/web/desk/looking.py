"""Looking after things: sources, readers, suppressions, and sends that are under way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from newsletter import signup
from newsletter.errors import BadValue, NotFound
from newsletter.model import Email, Send, SendState, Standing, State, Week
from newsletter.pipeline import sourcing
from newsletter.sending import account, deciding, lanes
from newsletter.store import consents, ledger, people, subscribers, suppressions
from newsletter.urls import without_credentials
from newsletter.web.desk import after
from newsletter.web.desk.beside import counted
from newsletter.web.desk.door import DeskRoute, Editor, Form, SignedIn
from newsletter.web.desk.pages import desk_page
from newsletter.web.desk.services import Desk, DeskServices, OfWeek
from newsletter.web.public import LOOK

router = APIRouter(route_class=DeskRoute, include_in_schema=False)

_A_PAGE = 50
_LONGEST = 320
_SHARES = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A send with how it stands. It can be undone until `undo_until`."""

    send: Send
    standing: Standing
    undoable: bool


@router.api_route("/sources", methods=LOOK)
def sources(request: Request, desk: Desk, editor: SignedIn, q: str = "") -> Response:
    """The feeds with their health, and which of them earn their place."""
    shop = desk.shop
    found = sourcing.standings(shop.db, now=shop.clock(), silent_after=desk.silent_after)
    words = q[:_LONGEST].casefold().split()
    shown = [
        one
        for one in found
        if all(word in f"{one.source.title} {one.source.url}".casefold() for word in words)
    ]
    return desk_page(
        request,
        "sources.html",
        editor=editor,
        q=q[:_LONGEST],
        found=shown,
        number=len(found),
        health=sourcing.health,
        shown_url=without_credentials,
        earned=counted(desk, "earned", lambda: after.earned(desk), fresh=_SHARES) or {},
        tab="sources",
    )


@router.api_route("/readers", methods=LOOK)
def readers(
    request: Request, desk: Desk, editor: SignedIn, state: str = "", before: int = 0
) -> Response:
    """The list, newest first."""
    return _readers(request, desk, editor, "", _state(state), "", before)


@router.post("/readers")
def search(request: Request, desk: Desk, editor: SignedIn, form: Form) -> Response:
    """Search by the beginning of an address. A form, since addresses of pages are kept in logs."""
    wanted = form.get("q", "")[:_LONGEST].strip().lower()
    after_key = form.get("after", "")[:_LONGEST]
    return _readers(request, desk, editor, wanted, _state(form.get("state", "")), after_key, 0)


def _state(text: str) -> State | None:
    return State(text) if text in set(State) else None


def _readers(
    request: Request,
    desk: DeskServices,
    editor: Editor,
    wanted: str,
    state: State | None,
    after_key: str,
    before: int,
) -> Response:
    with desk.shop.db.read() as connection:
        found = people.search(
            connection,
            begins=wanted,
            state=state,
            after_key=after_key,
            before_id=before,
            limit=_A_PAGE + 1,
        )
    return desk_page(
        request,
        "readers.html",
        editor=editor,
        q=wanted,
        state=state.value if state else "",
        states=list(State),
        found=found[:_A_PAGE],
        more=found[_A_PAGE - 1] if len(found) > _A_PAGE else None,
        people=after.people(desk),
        tab="readers",
    )


@router.api_route("/readers/{number}", methods=LOOK)
def reader(request: Request, desk: Desk, editor: SignedIn, number: int) -> Response:
    """One reader: state, wishes, and every act of consent."""
    with desk.shop.db.read() as connection:
        person = subscribers.get(connection, number)
        proof = consents.history(connection, number) if person else []
        barred = suppressions.reason(connection, person.email.key) if person else None
    if person is None:
        raise NotFound("There is no such reader any more.")
    return desk_page(
        request,
        "reader.html",
        editor=editor,
        person=person,
        proof=proof,
        barred=barred,
        zone=desk.shop.zone,
        tab="readers",
    )


@router.post("/readers/forget")
def forget(desk: Desk, _editor: SignedIn, form: Form) -> Response:
    """Erase a person for good. The address is typed again, so that nobody is erased by a slip."""
    typed = Email.parse(form.get("again", ""))
    if form.get("email", "").strip().lower() not in {typed.key, typed.text.lower()}:
        raise BadValue("The address that you typed is another one. Nobody was forgotten.")
    known = signup.forget(desk.shop.db, typed.text, hash_keys=desk.hash_keys, now=desk.shop.clock())
    return RedirectResponse(f"/desk/readers?said={'forgotten' if known else 'unknown'}", 303)


@router.api_route("/suppressions", methods=LOOK)
def barred(request: Request, desk: Desk, editor: SignedIn) -> Response:
    return _barred(request, desk, editor, "", "")


@router.post("/suppressions")
def search_barred(request: Request, desk: Desk, editor: SignedIn, form: Form) -> Response:
    wanted = form.get("q", "")[:_LONGEST].strip().lower()
    return _barred(request, desk, editor, wanted, form.get("after", "")[:_LONGEST])


def _barred(
    request: Request, desk: DeskServices, editor: Editor, wanted: str, after_key: str
) -> Response:
    with desk.shop.db.read() as connection:
        found = people.suppressed(connection, begins=wanted, after_key=after_key, limit=_A_PAGE + 1)
    return desk_page(
        request,
        "suppressions.html",
        editor=editor,
        q=wanted,
        found=found[:_A_PAGE],
        more=found[_A_PAGE - 1] if len(found) > _A_PAGE else None,
        tab="suppressions",
    )


@router.api_route("/sends", methods=LOOK)
def sends(request: Request, desk: Desk, editor: SignedIn) -> Response:
    """The sends that are under way, then the last ones."""
    now = desk.shop.clock()
    with desk.shop.db.read() as connection:
        found = [
            UnderWay(
                one,
                ledger.standing(connection, one.id),
                one.state is not SendState.UNDONE
                and one.undo_until is not None
                and one.undo_until > now,
            )
            for one in ledger.lately(connection, 12)
        ]
    return desk_page(
        request, "sends.html", editor=editor, found=found, zone=desk.shop.zone, tab="sends"
    )


@router.post("/{week}/steer")
def steer(desk: Desk, week: OfWeek, editor: SignedIn, form: Form) -> Response:
    """Pause a send, let it go on, or take it back while that can be done."""
    match form.get("act"):
        case "pause":
            deciding.pause(desk.shop.db, week, f"by {editor.address} at the desk")
            said = "paused"
        case "resume":
            deciding.resume(desk.shop.db, week, now=desk.shop.clock())
            said = "resumed"
        case "undo":
            _undo(desk, week)
            said = "taken-back"
        case _:
            raise BadValue("Choose what to do with the send.")
    return RedirectResponse(f"/desk/sends?said={said}", 303)


def _undo(desk: DeskServices, week: Week) -> None:
    lanes.undo(desk.means(), week)
    account.write(desk.shop.db, desk.shop.papers, week)
