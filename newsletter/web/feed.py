"""The archive for programs: an Atom feed (RFC 4287), a sitemap, what robots may read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from newsletter.model import Masthead
from newsletter.web.services import SentIssue

_ATOM = "http://www.w3.org/2005/Atom"
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOST = 20

# What belongs to one person, or to nobody who crawls.
_NOT_FOR_ROBOTS = (
    "confirm",
    "leave",
    "preferences",
    "stay",
    "desk",
    "api",
    "hooks",
    "for-machines",
)

ET.register_namespace("", _ATOM)


def atom(masthead: Masthead, issues: Sequence[SentIssue]) -> bytes:
    """Write the newest `MOST` of `issues`, which come newest first."""
    root = ET.Element(f"{{{_ATOM}}}feed")
    _text(root, "id", masthead.link(""))
    _text(root, "title", masthead.title)
    _text(
        root,
        "updated",
        _when(max((one.changed_at or one.sent_at for one in issues), default=_EPOCH)),
    )
    _link(root, "self", masthead.link("feed.xml"), "application/atom+xml")
    _link(root, "alternate", masthead.link(""), "text/html")
    _text(ET.SubElement(root, f"{{{_ATOM}}}author"), "name", masthead.title)
    for issue in issues[:MOST]:
        address = masthead.link(f"issues/{issue.week}")
        entry = ET.SubElement(root, f"{{{_ATOM}}}entry")
        _text(entry, "id", address)
        _text(entry, "title", issue.subject)
        _text(entry, "updated", _when(issue.changed_at or issue.sent_at))
        _text(entry, "published", _when(issue.sent_at))
        _text(entry, "summary", issue.preheader or issue.subject)
        _link(entry, "alternate", address, "text/html")
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def sitemap(masthead: Masthead, issues: Sequence[SentIssue]) -> bytes:
    """Name every page that anybody may read (sitemaps.org), with the day when it changed last."""
    newest = issues[0].sent_at if issues else None
    pages = [("", newest), ("issues", newest)]
    pages += [(f"issues/{one.week}", one.changed_at or one.sent_at) for one in issues]
    root = ET.Element("urlset", {"xmlns": _SITEMAP})
    for place, changed in pages:
        entry = ET.SubElement(root, "url")
        ET.SubElement(entry, "loc").text = masthead.link(place)
        if changed:
            ET.SubElement(entry, "lastmod").text = _when(changed)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def robots(masthead: Masthead) -> str:
    barred = "".join(f"Disallow: /{name}/\n" for name in _NOT_FOR_ROBOTS)
    return f"User-agent: *\n{barred}\nSitemap: {masthead.link('sitemap.xml')}\n"


def _text(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, f"{{{_ATOM}}}{name}").text = text


def _link(parent: ET.Element, rel: str, href: str, kind: str) -> None:
    ET.SubElement(parent, f"{{{_ATOM}}}link", {"rel": rel, "href": href, "type": kind})


def _when(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
