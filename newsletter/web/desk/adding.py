"""Stories come in: from the candidates, or from a page that an editor names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from newsletter import curate
from newsletter.compose import file
from newsletter.compose.draft import pick as propose
from newsletter.errors import BadValue, NotFound
from newsletter.model import Issue, Pick, Section, Week
from newsletter.pipeline import by_hand, wording
from newsletter.store import attempts
from newsletter.urls import clean, identity, is_http
from newsletter.web.desk import edits, shelf, standing, view, words
from newsletter.web.desk.answers import done
from newsletter.web.desk.door import DeskRoute, Editor, Form, SignedIn
from newsletter.web.desk.pages import desk_page
from newsletter.web.desk.services import Desk, DeskServices, OfWeek
from newsletter.web.desk.view import Placed

router = APIRouter(route_class=DeskRoute, include_in_schema=False)

# An editor adds a few links a week; whoever adds more uses our fetcher for something else.
_FETCHES_AN_HOUR = 60


@router.post("/{week}/take")
def take(request: Request, desk: Desk, week: OfWeek, editor: SignedIn, form: Form) -> Response:
    """Take a candidate into the issue, at the end of its section or of the one chosen."""
    url = form.get("candidate", "")
    row = next((one for one in shelf.rows(desk, week) if one.key == url), None)
    if row is None:
        raise NotFound("This story is no candidate of the week any more. Open the page again.")
    made = propose(
        row.story,
        lambda post: curate.headline(post.title, source=post.source),
        curate.summarize,
        curate.reading_minutes,
    )
    if not made.url:
        raise BadValue("The post has no web address that readers could follow.")
    section = _section(form, row.section)
    said, placed = _put(desk, week, editor, section, made, row.known_as)
    page = "" if form.get("from") == "issue" else "/candidates"
    anchor = f"c-{row.anchor}" if page else (placed.anchor if placed else "picks")
    return done(request, desk, week, said, anchor, page)


@router.post("/{week}/add")
def add(request: Request, desk: Desk, week: OfWeek, editor: SignedIn, form: Form) -> Response:
    """Add a link by hand. Title and summary come from the page, unless the editor gives them."""
    url = clean(form.get("link", "").strip())
    if not is_http(url):
        raise BadValue("Write the whole address of the page, with https:// in front.")
    headline = " ".join(form.get("headline", "").split())
    if headline:
        blurb = edits.plain(form.get("blurb", "")).strip()
        source = " ".join(form.get("source", "").split())
        made: Pick | None = Pick(headline, url, source, blurb)
        section, trouble = _section(form, Section.NEWS), ""
    else:
        made, section, trouble = _fetched(desk, editor, url, form)
    if made is None:
        return desk_page(
            request,
            "by-hand.html",
            status=422,
            editor=editor,
            week=week,
            link=url,
            section=section,
            trouble=trouble,
            sections=list(Section),
        )
    said, placed = _put(desk, week, editor, section, made, {identity(made.url), identity(url)})
    if said == "taken":
        said = "added"
    return done(request, desk, week, said, placed.anchor if placed else "picks")


def _fetched(
    desk: DeskServices, editor: Editor, url: str, form: Mapping[str, str]
) -> tuple[Pick | None, Section, str]:
    now = desk.shop.clock()
    with desk.shop.db.write() as connection:
        asked = attempts.count(connection, f"desk fetch {editor.address}", now, words.HOUR)
    if asked > _FETCHES_AN_HOUR:
        raise HTTPException(429, "That were many links in an hour. Wait a little.")
    how = desk.fetching
    found = by_hand.look(
        url,
        limits=how.limits,
        allow_private=how.allow_private,
        user_agent=how.user_agent,
        now=desk.shop.clock,
    )
    # What the editor named is linked, not what the page calls itself.
    made = replace(found.pick, url=url) if found.pick else None
    return made, _section(form, found.section), found.trouble


def _put(
    desk: DeskServices,
    week: Week,
    editor: Editor,
    section: Section,
    made: Pick,
    known_as: frozenset[str] | set[str],
) -> tuple[str, Placed | None]:
    """Add a story, or move it up from the spare ones, unless the issue has it."""
    with desk.writing:
        standing.still_open(desk.shop, week)
        text = words.words_of(desk, week)
        there = _there(view.read(text, week), known_as)
        if there and not there.place.startswith("spare"):
            return "added-before", there
        if there:
            changed = file.move(text, there.place, section, 10**6)
        else:
            changed = file.add(text, section, made)
        wording.write(
            desk.shop,
            week,
            changed,
            by=editor.address,
            what=f"Took in “{made.headline[:70]}”",
            instead_of=text,
        )
    return "taken", _there(view.read(changed, week), known_as)


def _there(issue: Issue, known_as: frozenset[str] | set[str]) -> Placed | None:
    where = view.where(issue)
    return next((where[one] for one in known_as if one in where), None)


def _section(form: Mapping[str, str], usual: Section) -> Section:
    try:
        return Section(form.get("section") or usual.value)
    except ValueError:
        raise BadValue("Choose one of the three sections.") from None
