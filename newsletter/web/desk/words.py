"""Editors change the issue's words and order. Nobody writes over what they did not see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from fastapi import APIRouter, Request
from starlette.responses import Response

from newsletter.errors import BadValue, NotFound
from newsletter.model import Issue, Week
from newsletter.pipeline import wording
from newsletter.web.desk import edits, keeping, standing, view
from newsletter.web.desk.answers import done
from newsletter.web.desk.door import TOKEN_FIELD, DeskRoute, Editor, Form, SignedIn
from newsletter.web.desk.edits import Change, Clash
from newsletter.web.desk.pages import desk_page
from newsletter.web.desk.services import Desk, DeskServices, OfWeek
from newsletter.web.forms import Fields

router = APIRouter(route_class=DeskRoute, include_in_schema=False)

HOUR = timedelta(hours=1)
_SAID = {"drop": "dropped", "take": "taken", "lead": "leads", "settle": "settled"}
_MOVES = {"up", "down", "move", "take"}


@dataclass(frozen=True, slots=True)
class Difference:
    """One field as the editor wants it and as it stands now."""

    label: str
    yours: str
    now: str

    @property
    def same(self) -> bool:
        return self.yours == self.now


@router.post("/{week}/head")
def change_head(
    request: Request, desk: Desk, week: OfWeek, editor: SignedIn, form: Form
) -> Response:
    """Write subject, preheader and introduction."""
    changed = [label for key, label in edits.HEAD.items() if key in form]
    try:
        said, _ = write(desk, week, form, edits.head, editor, " and ".join(changed), top=True)
    except Clash:
        return _both(request, desk, week, editor, form, head=True)
    return done(request, desk, week, said, "mail")


@router.post("/{week}/pick")
def change_pick(
    request: Request, desk: Desk, week: OfWeek, editor: SignedIn, form: Form
) -> Response:
    """Write a story's words, move it, drop it, or take it in."""
    act = form.get("act", "")
    try:
        said, issue = write(desk, week, form, edits.pick, editor, _what(desk, week, form))
    except Clash:
        return _both(request, desk, week, editor, form, head=False)
    if said == "saved":
        said = _SAID.get(act, "moved" if act in _MOVES else said)
    placed = edits.by_address(issue, form.get("link") or form.get("url", ""))
    return done(request, desk, week, said, placed.anchor if placed else "picks")


def write(
    desk: DeskServices,
    week: Week,
    form: Mapping[str, str],
    change: Change,
    editor: Editor,
    what: str,
    *,
    top: bool = False,
) -> tuple[str, Issue]:
    """Change the file and note it; give what to say, and the issue as it stands then.

    Raises `Clash` if somebody changed the same words after the form was made.
    """
    shop = desk.shop
    with desk.writing:
        standing.still_open(shop, week)
        text = words_of(desk, week)
        issue = view.read(text, week)
        if view.made_of(text) != form.get("made_of"):
            base = _base(desk, week, form.get("made_of", ""))
            if base is None:
                raise Clash
            form = edits.merged(base, issue, form, top=top)
        changed = change(text, issue, form)
        if changed == text:
            return "unchanged", issue
        try:
            wording.write(shop, week, changed, by=editor.address, what=what, instead_of=text)
        except BadValue:
            if shop.papers.words(week) == text:
                raise
            raise Clash from None
    return "saved", view.read(changed, week)


def words_of(desk: DeskServices, week: Week) -> str:
    text = desk.shop.papers.words(week)
    if text is None:
        raise NotFound(f"{week} has no draft any more. Draft it again from the overview.")
    return text


def _base(desk: DeskServices, week: Week, made_of: str) -> Issue | None:
    """The issue that a form was made from: one that the desk showed, or of the history."""
    for name, (_, kept) in list(desk.kept.items()):
        if name[0] == "reading" and isinstance(kept, keeping.Reading) and kept.made_of == made_of:
            return kept.issue
    text = wording.base(desk.shop, week, made_of)
    try:
        return None if text is None else view.read(text, week)
    except BadValue:
        return None


def _what(desk: DeskServices, week: Week, form: Fields) -> str:
    """What the history calls this change."""
    named = form.get("headline") or _headline(desk, week, form.get("url", ""))
    name = f"“{named[:70]}”"
    act = form.get("act", "")
    if act in {"up", "down", "move"}:
        return f"Moved {name}"
    return {
        "drop": f"Dropped {name}",
        "take": f"Took in {name}",
        "lead": f"Opened the mail with {name}",
        "settle": f"Read what changed in {name}",
    }.get(act, f"Words of {name}")


def _headline(desk: DeskServices, week: Week, url: str) -> str:
    try:
        placed = edits.by_address(view.read(words_of(desk, week), week), url)
    except BadValue:
        return url
    return placed.pick.headline if placed else url


def _both(
    request: Request, desk: DeskServices, week: Week, editor: Editor, form: Fields, *, head: bool
) -> Response:
    """Show what the editor wrote beside what stands there now; nothing was written."""
    text = words_of(desk, week)
    issue = view.read(text, week)
    placed = None if head else edits.by_address(issue, form.get("url", ""))
    labels = edits.HEAD if head else {**edits.WORDS, **edits.PLACE}
    if head:
        now = {key: str(getattr(issue, key)) for key in labels}
    else:
        now = edits.current(placed) if placed else {}
    again = {key: value for key, value in form.items() if key != TOKEN_FIELD}
    again |= {"made_of": view.made_of(text)} | ({"place": placed.place} if placed else {})
    keeping.reading(desk, week, text)  # the next form is made from it
    return desk_page(
        request,
        "both.html",
        status=409,
        editor=editor,
        week=week,
        action="head" if head else "pick",
        gone=not head and placed is None,
        dropping=form.get("act") == "drop",
        differences=[
            Difference(label, edits.plain(form[key]), now.get(key, ""))
            for key, label in labels.items()
            if key in form
        ],
        again=again,
    )
