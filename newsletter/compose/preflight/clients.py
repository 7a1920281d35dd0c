"""What Gmail, Outlook on Windows, Apple Mail and Yahoo Mail make of the mail's HTML and CSS."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.compose.preflight import support
from newsletter.compose.preflight.proof import Proof
from newsletter.model import Finding, Level

# As many features that the layout hangs on may be ignored by each program: the bound of the drill
# for the packaged templates.
ALLOWED = {"Gmail": 1, "Outlook on Windows": 3, "Apple Mail": 0, "Yahoo Mail": 2}
# What the packaged templates use although it is ignored, with something to fall back on each
# (docs/preflight.md). Anything else comes from a template of one's own.
FALLEN_BACK = {
    "Outlook on Windows": {"css-at-media", "css-white-space", "css-max-width"},
    "Yahoo Mail": {"css-height", "css-word-break"},
}


def check(proof: Proof) -> Iterator[Finding]:
    """Compare every feature used with caniemail's results.

    What the layout hangs on and has nothing to fall back on is a warning for each feature.
    """
    every = support.gaps(proof.page)
    ignored: dict[support.Gap, list[str]] = {}
    for client, gaps in every.items():
        for gap in gaps:
            if gap.slug not in FALLEN_BACK.get(client, ()):
                ignored.setdefault(gap, []).append(client)
    for gap, programs in ignored.items():
        if gap.critical:
            yield Finding(
                Level.WARNING,
                "clients",
                "html",
                f"{_listed(programs)} {'ignores' if len(programs) == 1 else 'ignore'} {gap.title}, "
                "on which the layout hangs.",
                "Ask whoever looks after the template to do without it. "
                f"https://www.caniemail.com/features/{gap.slug}/ tells what goes instead.",
            )
    yield from _rest(every)


def _rest(every: dict[str, tuple[support.Gap, ...]]) -> Iterator[Finding]:
    """Tell in one note what is ignored without harm."""
    told = [
        f"{client} ignores {', '.join(gap.title for gap in gaps if gap.slug in kept)}"
        for client, gaps in every.items()
        if (kept := FALLEN_BACK.get(client, set())) & {gap.slug for gap in gaps}
    ]
    plainer = sorted({gap.title for gaps in every.values() for gap in gaps if not gap.critical})
    parts = []
    if told:
        parts.append(f"Of what the layout hangs on, {'; '.join(told)}: each falls back well.")
    if plainer:
        parts.append(f"Ignored here or there, which only looks plainer: {', '.join(plainer)}.")
    if parts:
        cure = "Nothing to do while the mail reads well without them."
        yield Finding(Level.NOTE, "clients", "html", " ".join(parts), cure)


def _listed(programs: list[str]) -> str:
    return " and ".join([", ".join(programs[:-1]), programs[-1]] if programs[:-1] else programs)
