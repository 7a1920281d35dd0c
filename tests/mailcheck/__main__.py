"""Run the drill: `python -m tests.mailcheck`, or `… pictures`, or `… refresh [FILE]`.

`pictures` writes those of `docs/images`, `refresh` renews caniemail's data in preflight: from npm's
package, or from a file such as caniemail.com's own `data.json`.
Exit 1 if the mail misses a bound, 3 if a checker is not here.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from lxml import html as lxml_html

from newsletter import render
from newsletter.compose import preflight
from newsletter.compose.preflight import clients, support
from newsletter.model import Rendered
from newsletter.pipeline import spamming
from tests.mailcheck import screens, tools
from tests.mailcheck.issue import ISSUE, MASTHEAD

# What the Nu HTML checker minds and mail programs need: layout by attributes.
IDIOMS = ("is obsolete. Use CSS instead",)
DOCS = tools.ROOT / "docs" / "images"
DATA = tools.ROOT / "newsletter" / "compose" / "preflight" / support.FILE
Lines = list[str]


def mail() -> Rendered:
    """The issue as one reader gets it."""
    made = render.issue(ISSUE, MASTHEAD, render.Templates())
    return render.sample(made, MASTHEAD)


def size(made: Rendered) -> Lines:
    measured = preflight.meter(render.issue(ISSUE, MASTHEAD, render.Templates()), MASTHEAD)
    print(f"   {len(made.html.encode()):,} bytes, {measured.tracked:,} with tracked links,")
    print(f"   {measured.styles:,} characters of styles")
    return [] if measured.tracked < preflight.WARNED else ["90,000 bytes are passed"]


def markup(made: Rendered) -> Lines:
    page = tools.BUILD / "issue.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(made.html, "utf-8")
    messages = tools.nu_html_checker(page)
    idioms = [one for one in messages if any(idiom in one["message"] for idiom in IDIOMS)]
    real = [one["message"] for one in messages if one["type"] == "error" and one not in idioms]
    print(f"   {len(real)} errors of the Nu HTML checker, beside {len(idioms)} idioms of mail")
    return real


def spam(made: Rendered) -> Lines:
    tools.spamassassin()
    said = spamming.judge(made, MASTHEAD, datetime(2026, 11, 20, 16, tzinfo=UTC))
    if isinstance(said, str):
        raise tools.Missing(said)
    print(f"   SpamAssassin: {said.points:g} points, {', '.join(said.rules)}")
    return [f"{said.points:g} points of spam"] if said.points > 0 else []


def programs(made: Rendered) -> Lines:
    gaps = support.gaps(lxml_html.document_fromstring(made.html.encode()))
    over = []
    for client, found in gaps.items():
        critical = [gap.title for gap in found if gap.critical]
        print(f"   {client}: {len(critical)} that layout hangs on {critical}, {len(found)} in all")
        if len(critical) > clients.ALLOWED[client]:
            over.append(f"{client} ignores {', '.join(critical)}")
    shipped = json.loads(DATA.read_text("utf-8"))
    if shipped != support.excerpt(tools.caniemail()):
        print("   (caniemail has newer data: python -m tests.mailcheck refresh)")
    return over


def accessibility(made: Rendered) -> Lines:
    found = []
    with screens.browser() as started:
        for width, scheme in screens.SCREENS:
            told = screens.wcag(started, made.html, width, scheme)
            print(f"   axe-core at {width} px, {scheme}: {len(told)}")
            found += told
    return found


def overflow(made: Rendered) -> Lines:
    with screens.browser() as started:
        wide = {styles: screens.overflow(started, made.html, styles=styles)
                for styles in (True, False)}  # fmt: skip
    print(f"   at {screens.NARROW} px: {wide[True]} px over, {wide[False]} without style blocks")
    return [f"{pixels} px too wide" for pixels in wide.values() if pixels]


CHECKS: dict[str, Callable[[Rendered], Lines]] = {
    "size": size,
    "markup": markup,
    "spam": spam,
    "mail programs": programs,
    "accessibility": accessibility,
    "overflow": overflow,
}


def drill() -> int:
    """Run every check and say what misses its bound."""
    made, missed, absent = mail(), 0, 0
    for name, check in CHECKS.items():
        print(f"== {name}")
        try:
            wrong = check(made)
        except tools.Missing as error:
            absent += 1
            print(f"   not checked: {error}")
            continue
        missed += bool(wrong)
        for line in wrong:
            print(f"   MISSED: {line}")
    print(f"{len(CHECKS) - missed - absent} of {len(CHECKS)} hold, {absent} could not be checked.")
    return 1 if missed else 3 if absent else 0


def pictures() -> int:
    """Write the pictures of the documents: phone and desktop, day and night, images off."""
    made = mail()
    with screens.browser() as started:
        for device, width in (("phone", screens.PHONE), ("desktop", 760)):
            for scheme in ("light", "dark"):
                path = DOCS / f"issue-{device}-{scheme}.png"
                print(path.name, screens.picture(started, made.html, path, width, scheme))
            path = DOCS / f"issue-{device}-without-images.png"
            print(path.name, screens.picture(
                started, render.without_images(made.html), path, width, "light", images=False
            ))  # fmt: skip
    return 0


def refresh(path: str = "") -> int:
    """Renew the excerpt of caniemail's data that preflight ships; keep it if the new is no such."""
    try:
        whole = json.loads(Path(path).read_text("utf-8")) if path else tools.caniemail()
        excerpt = support.excerpt(whole)
    except (OSError, ValueError, KeyError, TypeError, tools.Missing) as error:
        said = f"{path or 'npm'} gave no data of caniemail.com: {error!r}. Nothing was changed."
        print(said, file=sys.stderr)
        return 1
    DATA.write_text(
        json.dumps(excerpt, ensure_ascii=False, indent=0, separators=(",", ":")) + "\n", "utf-8"
    )
    print(f"{DATA.name}: {len(excerpt['features'])} features, {excerpt['updated']}")
    return 0


DO = {"": drill, "pictures": pictures, "refresh": refresh}

if __name__ == "__main__":
    asked, *more = sys.argv[1:] or [""]
    if asked not in DO or (more and asked != "refresh") or len(more) > 1:
        told = ", ".join(filter(None, DO))
        sys.exit(f"There is no {' '.join(sys.argv[1:])!r}. Say one of: {told}, or nothing.")
    sys.exit(refresh(*more) if asked == "refresh" else DO[asked]())
