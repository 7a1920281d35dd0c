"""What a form asks for, done to the text of `issue.toml`. Only what differs is written.

A form says from which text it was made. What somebody else changed since then and this form
does not touch stays; where both changed the same words, nobody's are written over (`merged`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from newsletter.compose import file
from newsletter.errors import BadValue
from newsletter.model import Also, Issue, Section
from newsletter.web.desk import view
from newsletter.web.desk.view import Placed

Change = Callable[[str, Issue, Mapping[str, str]], str]

# The fields of each form, with what the page calls them.
HEAD = {"subject": "Subject", "preheader": "Preheader", "intro": "Introduction"}
WORDS = {
    "headline": "Headline",
    "blurb": "Blurb",
    "link": "Address",
    "source": "Source",
    "evidence": "Evidence",
    "published": "Date",
    "reading_minutes": "Minutes of reading",
    "image": "Picture",
    "image_alt": "What the picture shows",
    "image_width": "Width of the picture",
    "image_height": "Height of the picture",
    "also": "Also covered by",
}
# `url` in a form says which story it is about, so the address to write has another name.
KEYS = {"link": "url"}
PLACE = {"section": "Section", "position": "Position"}
_NUMBERS = {"reading_minutes", "image_width", "image_height"}


class Clash(Exception):
    """Somebody else changed the very words that this form would write."""


def head(text: str, issue: Issue, wanted: Mapping[str, str]) -> str:
    """Give the text with the top of the issue as the form says."""
    for key in HEAD:
        text = _set(text, "", key, getattr(issue, key), wanted.get(key))
    return text


def pick(text: str, issue: Issue, wanted: Mapping[str, str]) -> str:
    """Give the text with one story's words and place as the form says; `act` may do one thing."""
    placed = find(issue, wanted)
    now = current(placed)
    for key in WORDS:
        text = _set(text, placed.place, KEYS.get(key, key), now[key], wanted.get(key))
    if issue.lead == placed.pick.url and wanted.get("link", issue.lead) != issue.lead:
        text = file.set_value(text, "", "lead", plain(wanted["link"]))
    match wanted.get("act"):
        case "lead":
            return file.set_value(text, "", "lead", wanted.get("link", placed.pick.url))
        case "drop":
            return file.drop(text, placed.place)
        case "settle":
            return file.settle(text, placed.place)
        case "up" | "down" as way:
            step = -1 if way == "up" else 1
            return _moved(text, issue, placed, placed.section, placed.number + step)
    section, position = _target(placed, wanted)
    return _moved(text, issue, placed, section, position)


def merged(base: Issue, now: Issue, wanted: Mapping[str, str], *, top: bool) -> dict[str, str]:
    """Give the form as it stands over `now`, though it was made from `base`.

    What the editor left as it was is left out, so that another's words stay. Raises `Clash` where
    both changed the same thing, or if the story is gone.
    """
    if top:
        was = {key: str(getattr(base, key)) for key in HEAD}
        there = {key: str(getattr(now, key)) for key in HEAD}
        again = dict(wanted)
    else:
        before, placed = view.places(base).get(wanted.get("place", "")), None
        if before is not None and before.pick.url == wanted.get("url"):
            placed = by_address(now, before.pick.url)
        if before is None or placed is None:
            raise Clash
        was, there = current(before), current(placed)
        again = {**wanted, "place": placed.place}
        if wanted.get("act") == "drop" and placed.place.startswith("spare"):
            raise Clash
    for key in was:
        mine = wanted.get(key)
        if mine is None:
            continue
        mine = plain(mine).strip("\n") if key == "also" else plain(mine)
        if mine in (was[key], there[key]):
            again.pop(key)
        elif key != "position" and was[key] != there[key]:
            raise Clash
    return again


def find(issue: Issue, wanted: Mapping[str, str]) -> Placed:
    """The story that the form is about; raise `BadValue` if it is not there any more."""
    placed = view.places(issue).get(wanted.get("place", ""))
    if placed is None or placed.pick.url != wanted.get("url"):
        raise BadValue("This story does not stand there any more. Open the issue again.")
    return placed


def current(placed: Placed) -> dict[str, str]:
    """What a form about this story would show now."""
    one = placed.pick
    image = one.image
    return {
        "headline": one.headline,
        "blurb": one.blurb,
        "link": one.url,
        "source": one.source,
        "evidence": one.evidence.value,
        "published": one.published.isoformat() if one.published else "",
        "reading_minutes": str(one.reading_minutes),
        "image": image.url if image else "",
        "image_alt": image.alt if image else "",
        "image_width": str(image.width if image else 0),
        "image_height": str(image.height if image else 0),
        "also": "\n".join(f"{also.source} | {also.url}" for also in one.also),
        "section": section_of(placed),
        "position": str(placed.number),
    }


def section_of(placed: Placed) -> str:
    return placed.place.partition("[")[0]


def by_address(issue: Issue, url: str) -> Placed | None:
    """The story with this address, wherever it stands by now."""
    return next((one for one in view.places(issue).values() if one.pick.url == url), None)


def plain(words: str) -> str:
    """Browsers end the lines of a form with CR LF (WHATWG HTML, form submission)."""
    return words.replace("\r\n", "\n").replace("\r", "\n")


def _set(text: str, place: str, key: str, now: str, wanted: str | None) -> str:
    if wanted is None or plain(wanted) == now:
        return text
    if key == "also" and plain(wanted).strip() == now.strip():
        return text
    return file.set_value(text, place, key, _value(key, plain(wanted)))


def _value(key: str, words: str) -> object:
    """What a field's words mean to the file."""
    if key in _NUMBERS:
        if not words.strip():
            return 0
        try:
            return int(words)
        except ValueError:
            raise BadValue(f"{WORDS[key]}: write a whole number, 0 or more.") from None
    if key == "also":
        return [_also(line) for line in words.splitlines() if line.strip()]
    if key in {"headline", "subject", "preheader", "source", "image_alt"}:
        return " ".join(words.split())
    return words.strip() if key in {"url", "image", "published", "evidence"} else words


def _also(line: str) -> dict[str, str]:
    source, bar, url = line.rpartition("|")
    if not bar:
        raise BadValue(f"“{line.strip()}”: write the source, a bar, and the address.")
    also = Also(source.strip(), url.strip())
    return {"source": also.source, "url": also.url}


def _moved(text: str, issue: Issue, placed: Placed, section: Section, position: int) -> str:
    most = len(issue.sections.get(section, ())) + (section_of(placed) != section.value)
    position = max(1, min(position, most))
    if f"{section.value}[{position}]" == placed.place:
        return text
    return file.move(text, placed.place, section, position)


def _target(placed: Placed, wanted: Mapping[str, str]) -> tuple[Section, int]:
    """Where the story is to stand; for a spare one without a position that is the end."""
    spare = placed.place.startswith("spare")
    here = placed.section.value if spare else section_of(placed)
    try:
        section = Section(wanted.get("section", here))
        position = int(wanted.get("position") or (999 if spare else placed.number))
    except ValueError:
        raise BadValue(
            "Choose a section, and a position as a number like 1. Nothing was written."
        ) from None
    return section, max(1, min(position, 999))
