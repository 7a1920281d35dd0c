"""What the checks look at: the issue, the mail made of it, and what the shells know."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from lxml import html as lxml_html

from newsletter.compose.preflight.looks import Looks
from newsletter.markup import markdown, plain
from newsletter.model import Issue, Masthead, Rendered


@dataclass(frozen=True, slots=True)
class Spam:
    """A spam filter's verdict: points, how many make spam, and the rules that gave or took some."""

    points: float
    limit: float
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Context:
    """What no issue says of itself.

    `link_status` gives, for addresses that were looked up, the HTTP status or a sentence why
    there was none; `weights` the bytes of pictures that told their size. `retracted` gives the
    reason or date of a retraction by address or DOI. `spam` is what a spam filter said of the
    mail, a sentence why none did, or None if none was asked. `headers` are those of one reader's
    mail as it is planned, None if nothing was planned.
    """

    today: date
    last_subject: str | None = None
    link_status: Mapping[str, str | int] = field(default_factory=dict)
    weights: Mapping[str, int] = field(default_factory=dict)
    retracted: Mapping[str, str] = field(default_factory=dict)
    spam: Spam | str | None = None
    headers: Mapping[str, str] | None = None
    fewest: int = 3
    most: int = 15


@dataclass(frozen=True, slots=True)
class Link:
    """An address in the issue and the words that carry it, empty if the headline does."""

    place: str
    url: str
    words: str = ""


@dataclass(frozen=True)
class Proof:
    """One issue to be checked; what several checks need is worked out once."""

    issue: Issue
    rendered: Rendered
    masthead: Masthead
    context: Context

    @cached_property
    def page(self) -> lxml_html.HtmlElement:
        """The HTML part as a tree."""
        source = self.rendered.html.strip() or "<html></html>"
        # Bytes with their encoding said: lxml refuses a str with an encoding declaration.
        parser = lxml_html.HTMLParser(encoding="utf-8")
        return lxml_html.document_fromstring(source.encode(errors="replace"), parser=parser)

    @cached_property
    def passages(self) -> dict[str, str]:
        """The words of the issue that readers see, plain, by place."""
        lines = {"subject": self.issue.subject, "preheader": self.issue.preheader}
        for place, _, pick in self.issue.picks():
            lines[f"{place}.headline"] = pick.headline
        texts = {place: plain(html) for place, html in self._html.items()}
        return {place: text for place, text in {**lines, **texts}.items() if text}

    @cached_property
    def links(self) -> tuple[Link, ...]:
        """Every address that the issue gives: of picks, of other places, in texts."""
        return tuple(_links(self.issue, self._html))

    @cached_property
    def looks(self) -> Looks:
        """Colours and sizes of the HTML part, as a mail program works them out."""
        return Looks(self.page)

    @cached_property
    def _html(self) -> dict[str, str]:
        return _texts(self.issue)


def addresses(issue: Issue) -> list[str]:
    """Give every address of an issue: of its links, then of its pictures."""
    pictures = [pick.image.url for _, _, pick in issue.picks() if pick.image]
    return [*(link.url for link in _links(issue, _texts(issue))), *pictures]


def _texts(issue: Issue) -> dict[str, str]:
    texts = {"intro": issue.intro}
    texts |= {f"{place}.blurb": pick.blurb for place, _, pick in issue.picks()}
    return {place: markdown(text) for place, text in texts.items() if text.strip()}


def _links(issue: Issue, texts: Mapping[str, str]) -> Iterator[Link]:
    for place, _, pick in issue.picks():
        yield Link(f"{place}.url", pick.url)
        for also in pick.also:
            yield Link(f"{place}.also", also.url)
    for place, source in texts.items():
        if "<a " in source:
            for anchor in lxml_html.fragment_fromstring(source, create_parent=True).iter("a"):
                yield Link(place, anchor.get("href", ""), words_of(anchor))


def words_of(element: lxml_html.HtmlElement) -> str:
    """What a screen reader says for a link: its label, else its words and its pictures' alt."""
    label = element.get("aria-label", "").strip()
    if label:
        return str(label)
    pictures = " ".join(image.get("alt", "") for image in element.iter("img"))
    return " ".join(f"{element.text_content()} {pictures}".split())


def folded(text: str) -> str:
    """Words alone, in lower case, to find a passage however its lines are broken."""
    return " ".join(re.findall(r"\w+", text.lower()))


def short(text: str, most: int = 160) -> str:
    """A passage as it is quoted in a finding."""
    text = " ".join(text.split())
    return text if len(text) <= most else text[:most].rpartition(" ")[0] + " …"
