"""Pictures: said in words for who does not see them, encrypted, of a known size."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.compose.preflight.proof import Proof, folded, short
from newsletter.model import Finding, Image, Level, Pick
from newsletter.urls import on_this_machine

# Heavier pictures take seconds to load on a phone, and cost its owner money.
HEAVY = 1_000_000


def check(proof: Proof) -> Iterator[Finding]:
    """Look at the picture of each pick, then at every picture in the HTML."""
    first: dict[str, str] = {}
    for place, _, pick in proof.issue.picks():
        if pick.image:
            yield from _image(f"{place}.image", pick, pick.image)
            yield from _loads(f"{place}.image", pick.image, proof)
            earlier = first.setdefault(pick.image.url, place)
            if earlier != place:
                yield _finding(
                    Level.WARNING,
                    f"{place}.image",
                    f"The picture is the same as at {earlier}; it is probably the site's logo.",
                    "Take one of them out.",
                )
    yield from _in_html(proof)


def _finding(level: Level, place: str, text: str, cure: str) -> Finding:
    return Finding(level, "images", place, text, cure)


def _image(place: str, pick: Pick, image: Image) -> Iterator[Finding]:
    if not image.alt.strip():
        yield _finding(
            Level.ERROR,
            place,
            "The picture has no words for readers who do not see it.",
            "Say in image_alt what it shows, in a few words; or take the picture out.",
        )
    elif folded(image.alt) == folded(pick.headline):
        yield _finding(
            Level.NOTE,
            place,
            "The words for the picture repeat the headline, so a screen reader says it twice.",
            "Say in image_alt what the picture shows.",
        )
    if not _safe(image.url):
        yield _finding(
            Level.ERROR,
            place,
            f"The picture {short(image.url)} is not encrypted; many mail programs hide it.",
            "Use its https:// address, or take the picture out.",
        )
    if image.width <= 0 or image.height <= 0:
        yield _finding(
            Level.ERROR,
            place,
            "The size of the picture is not known, so the mail jumps while it loads.",
            "Fill in image_width and image_height in pixels, or take the picture out.",
        )


def _loads(place: str, image: Image, proof: Proof) -> Iterator[Finding]:
    """What looking it up told: whether it is there, and how heavy it is."""
    status = proof.context.link_status.get(image.url, 200)
    if isinstance(status, str) or status >= 400:
        why = status.rstrip(".") if isinstance(status, str) else f"status {status}"
        yield _finding(
            Level.WARNING,
            place,
            f"The picture {short(image.url)} could not be loaded: {why}.",
            "Open it in a browser. If it is gone, take it out or choose another one.",
        )
    weight = proof.context.weights.get(image.url, 0)
    if weight > HEAVY:
        yield _finding(
            Level.WARNING,
            place,
            f"The picture is {weight / 1_000_000:.1f} MB large; on a phone it loads slowly.",
            "Choose a smaller version of it, below 1 MB.",
        )


def _in_html(proof: Proof) -> Iterator[Finding]:
    ours = {pick.image.url for _, _, pick in proof.issue.picks() if pick.image}
    for image in proof.page.iter("img"):
        url = image.get("src", "").strip()
        if image.get("alt") is None:
            yield _finding(
                Level.ERROR,
                "html",
                f"The picture {short(url)} in the mail has no alt text.",
                'Ask whoever looks after the template to add one; alt="" if it only decorates.',
            )
        if url in ours:
            continue
        if not _safe(url):
            yield _finding(
                Level.ERROR,
                "html",
                f"The picture {short(url)} in the mail is not at an https:// address.",
                "Ask whoever looks after the template to change it.",
            )
        if not (image.get("width") and image.get("height")):
            yield _finding(
                Level.WARNING,
                "html",
                f"The picture {short(url)} in the mail has no width and height.",
                "Ask whoever looks after the template to add both.",
            )


def _safe(url: str) -> bool:
    lower = url.lower()
    return lower.startswith("https://") or (lower.startswith("http://") and on_this_machine(url))
