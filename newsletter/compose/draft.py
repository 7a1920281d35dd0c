"""The week's first draft: which stories, in which section, with which words."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from urllib.parse import quote

from newsletter.compose import suggest
from newsletter.compose.file.values import printable
from newsletter.markup import tidy
from newsletter.model import Also, Image, Issue, Pick, Post, Section, Story, Week
from newsletter.urls import clean, resolve

MOST_SPARE = 40
# So many of the best stories may open the mail.
_GOOD_ENOUGH = 3

_ENCODED = str.maketrans({sign: quote(sign) for sign in '<>"'})
_WORD = re.compile(r"\w+")


def draft(
    week: Week,
    stories: Sequence[Story],
    *,
    headline: Callable[[Post], str],
    summarize: Callable[[Post], str],
    reading_minutes: Callable[[str], int],
    smallest: int,
    largest: int,
) -> Issue | None:
    """Propose an issue from stories ranked best first; None if fewer than `smallest` are relevant.

    At most `largest` are picked, balanced over the sections; the next 40 are spare.
    """
    relevant = [story for story in stories if story.lead.verdict.relevant and _followable(story)]
    if len(relevant) < max(smallest, 1):
        return None
    chosen = _balanced([story.lead.verdict.section for story in relevant], largest)
    spare = [number for number in range(len(relevant)) if number not in chosen][:MOST_SPARE]

    def picked(numbers: Iterable[int]) -> list[tuple[Section, Pick]]:
        return [
            (
                relevant[number].lead.verdict.section,
                pick(relevant[number], headline, summarize, reading_minutes),
            )
            for number in sorted(numbers)
        ]

    return _issue(week, picked(chosen), picked(spare))


def _issue(
    week: Week, printed: Sequence[tuple[Section, Pick]], spare: Sequence[tuple[Section, Pick]]
) -> Issue:
    sections = {
        section: tuple(pick for where, pick in printed if where is section)
        for section in Section
        if any(where is section for where, _ in printed)
    }
    titles = [pick.headline for _, pick in (printed or spare)]
    fallback = f"Pain medicine in week {week.number}"
    subject = suggest.subject(titles, fallback)
    lead = _lead([pick for _, pick in printed], subject)
    others = [title for title in titles if suggest.standing(title, suggest.SUBJECT) != subject]
    return Issue(
        week=week,
        subject=subject,
        alternatives=suggest.alternatives(others, subject, fallback),
        # "Also" is what neither the subject nor the top of the mail tells.
        preheader=suggest.preheader([text for text in others if not lead or text != lead.headline]),
        intro=suggest.intro(list(sections) or list(Section)),
        lead=lead.url if lead else "",
        sections=sections,
        spare=tuple(spare),
    )


def _lead(picks: Sequence[Pick], subject: str) -> Pick | None:
    """Choose what opens the mail: the story that the subject speaks of, if it is a good one."""
    told = (
        pick
        for pick in picks[:_GOOD_ENOUGH]
        if suggest.standing(pick.headline, suggest.SUBJECT) == subject
    )
    return next(told, picks[0] if picks else None)


def _balanced(sections: Sequence[Section], largest: int) -> set[int]:
    """Choose by rank: first each section's best, then no more than half from one, then any."""
    chosen: set[int] = set()
    taken: Counter[Section] = Counter()
    for most in (largest // 4, (largest + 1) // 2, largest):
        for number, section in enumerate(sections):
            if len(chosen) < largest and number not in chosen and taken[section] < most:
                chosen.add(number)
                taken[section] += 1
    return chosen


def _followable(story: Story) -> bool:
    post = story.lead.post
    return bool(_address(post))


def pick(
    story: Story,
    headline: Callable[[Post], str],
    summarize: Callable[[Post], str],
    reading_minutes: Callable[[str], int],
) -> Pick:
    """Make a pick of a story, in words that an editor may replace; its address may be ""."""
    post, verdict = story.lead.post, story.lead.verdict
    return Pick(
        headline=_line(headline(post)) or _line(post.title) or _address(post),
        url=_address(post),
        source=_line(post.source),
        blurb=printable(tidy(summarize(post))),
        published=post.published.date() if post.published else None,
        reading_minutes=reading_minutes(post.text),
        evidence=verdict.evidence,
        image=_image(post),
        also=tuple(
            Also(_line(other.post.source), _address(other.post))
            for other in story.others
            if _address(other.post)
        ),
        signals=tuple(_line(signal) for signal in verdict.signals),
        version=version(post),
    )


def version(post: Post) -> str:
    """Give eight signs that change when the words of a post do, and not with its markup."""
    words = " ".join(_WORD.findall(f"{post.title} {post.text}".casefold()))
    return hashlib.sha256(words.encode(errors="replace")).hexdigest()[:8]


def _address(post: Post) -> str:
    """The address to follow, in signs that stand in any file and mail; "" if there is none."""
    return clean(resolve("", post.link) or resolve("", post.url)).translate(_ENCODED)


def _image(post: Post) -> Image | None:
    alt = _line(post.image_alt)
    url = resolve("", post.image).translate(_ENCODED)
    if url.startswith("https://") and alt and post.image_width > 0 and post.image_height > 0:
        return Image(url, alt, post.image_width, post.image_height)
    return None


def _line(text: str) -> str:
    return " ".join(printable(tidy(text)).split())
