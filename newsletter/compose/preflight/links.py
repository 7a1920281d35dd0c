"""Where the links lead, and whether their words say so."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.compose.preflight.proof import Link, Proof, short, words_of
from newsletter.model import TAGS, Finding, Level
from newsletter.urls import canonical, clean, identity, is_http, on_this_machine

# Words that say nothing when a screen reader lists the links of a mail (WCAG 2.2, 2.4.4, 2.4.9).
EMPTY_WORDS = {
    *("here", "click here", "click", "tap here", "this", "this link", "link", "this page"),
    *("read more", "more", "learn more", "find out more", "continue reading", "continue"),
    *("website", "this website", "article", "this article", "see here", "source", "details"),
}
# Answers that often mean "no robots" and not "no page".
_SHY = {401, 403, 405, 406, 429, 451, 503, 999}


def check(proof: Proof) -> Iterator[Finding]:
    """Look at every address of the issue, then at what the template adds in the HTML."""
    for link in proof.links:
        yield from _address(link)
        yield from _words(link)
        yield from _reached(link, proof)
    yield from _twice(proof)
    yield from _in_html(proof)


def _finding(level: Level, place: str, text: str, cure: str) -> Finding:
    return Finding(level, "links", place, text, cure)


def _address(link: Link, unencrypted: Level = Level.WARNING) -> Iterator[Finding]:
    if link.url.startswith("mailto:"):
        return
    if not is_http(link.url):
        yield _finding(
            Level.ERROR,
            link.place,
            f"“{short(link.url)}” is not a web address that a reader can follow.",
            "Write the whole address, with https:// in front.",
        )
    elif link.url.lower().startswith("http:") and not on_this_machine(link.url):
        # Some sources of standing still offer no other way: an editor decides. Our own
        # pages must (RFC 8058 wants https for leaving).
        yield _finding(
            unencrypted,
            link.place,
            f"{short(link.url)} is not encrypted: it starts with http.",
            "Try it with https:// in front. If that opens, use it; else link to another source.",
        )
    elif _tracked(link.url):
        yield _finding(
            Level.WARNING,
            link.place,
            f"{short(link.url)} carries parameters that track readers.",
            f"Use {clean(link.url)} in its stead.",
        )


def _words(link: Link) -> Iterator[Finding]:
    if link.words.lower().strip(" .!»›→") in EMPTY_WORDS:
        yield _finding(
            Level.WARNING,
            link.place,
            f"The words of a link are only “{link.words}”. Read out alone, they say nothing.",
            "Link the words that name what is there, such as “the trial in PAIN”.",
        )
    elif is_http(link.words):
        yield _finding(
            Level.NOTE,
            link.place,
            f"A bare address stands in the text: {short(link.words, 80)}.",
            "Link words in its stead: [the trial](https://example.org).",
        )


def _reached(link: Link, proof: Proof) -> Iterator[Finding]:
    found = proof.context.link_status
    status = found.get(link.url, found.get(canonical(link.url)))
    if status is None or (isinstance(status, int) and status < 400):
        return
    if isinstance(status, int) and status in _SHY:
        yield _finding(
            Level.NOTE,
            link.place,
            f"{short(link.url)} does not answer programs (status {status}).",
            "Open it in a browser once, to be sure that readers can.",
        )
        return
    why = f"status {status}" if isinstance(status, int) else status.rstrip(".")
    yield _finding(
        Level.WARNING,
        link.place,
        f"{short(link.url)} could not be opened: {why}.",
        "Open it in a browser. If it is gone, link to another place or make the story spare.",
    )


def _twice(proof: Proof) -> Iterator[Finding]:
    first: dict[str, str] = {}
    seen: set[tuple[str, str]] = set()
    for link in proof.links:
        if not is_http(link.url):
            continue
        earlier = first.setdefault(identity(link.url), link.place)
        again = earlier == link.place and (link.place, identity(link.url)) in seen
        seen.add((link.place, identity(link.url)))
        # A blurb may well link to the address of its own story.
        if (
            again
            or earlier.partition(".")[0] != link.place.partition(".")[0]
            or (earlier != link.place and link.place.endswith(".also"))
        ):
            yield _finding(
                Level.WARNING,
                link.place,
                f"{short(link.url)} is linked a second time; the first is at {earlier}.",
                "Keep the better one, or make one story of both.",
            )


def _in_html(proof: Proof) -> Iterator[Finding]:
    ours = {link.url for link in proof.links}
    words = {link.words for link in proof.links}
    for anchor in proof.page.iter("a"):
        url = anchor.get("href", "").strip()
        if not url or url in ours or url in TAGS:
            continue
        if not url.startswith(("#", "mailto:", "tel:")):
            found = _address(Link("html", url), Level.ERROR)
            yield from (finding for finding in found if finding.level is Level.ERROR)
    for anchor in proof.page.iter("a"):
        if anchor.get("href") and words_of(anchor) not in words:
            yield from _words(Link("html", anchor.get("href", ""), words_of(anchor)))


def _tracked(url: str) -> bool:
    """Say whether cleaning takes more off than it only spells in another way."""
    return len(clean(url)) < len(url) and url.count("?") + url.count("&") > clean(url).count(
        "?"
    ) + clean(url).count("&")
