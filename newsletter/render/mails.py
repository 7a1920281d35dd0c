"""The mails themselves: the issue, its archive page, its samples, and every other kind."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace

from newsletter.errors import NewsletterError, WrongUsage
from newsletter.markup import markdown
from newsletter.model import (
    LEAVE_URL,
    PREFERENCES_URL,
    TAGS,
    Issue,
    Masthead,
    Message,
    Rendered,
    Week,
)
from newsletter.render import text, view
from newsletter.render.inline import inlined
from newsletter.render.templates import Templates

# The kinds of mail besides the issue, each with the values that its templates need.
KINDS = {
    "confirm": ("confirm_url",),
    "welcome": ("preferences_url", "leave_url"),
    "goodbye": (),
    "your-data": ("owner_url",),
    "login": ("login_url", "minutes"),
    "draft-ready": ("week", "desk_url", "picks", "errors", "warnings"),
    "alert": ("alarms",),
    "retracted": ("finds",),
    "stay": ("stay_url", "leave_url"),
    "approved": ("week", "desk_url", "by", "at", "subject"),
}

# RFC 3834: mail that no person wrote; absence notices and list robots do not answer it.
_AUTOMATIC = {"Auto-Submitted": "auto-generated"}

_BODY = re.compile(r"<body\b[^>]*>", re.IGNORECASE)


def issue(issue: Issue, masthead: Masthead, templates: Templates) -> Rendered:
    """Render an issue as it is mailed: `TAGS` stand where each reader's own addresses go."""
    leave, preferences = _stand_ins(issue, masthead)
    values = {
        "view": view.of(issue),
        "masthead": masthead,
        "web_url": masthead.link(f"issues/{issue.week}"),
        "leave_url": leave,
        "preferences_url": preferences,
    }
    html = inlined(templates.render("mail/issue/body.html", **values), (leave, preferences))
    body = text.finished(templates.render("mail/issue/body.txt", **values))
    return Rendered(
        subject=_untagged(_one_line(templates.render("mail/issue/subject.txt", **values))),
        preheader=_untagged(_one_line(issue.preheader)),
        html=_tagged(html, leave, preferences),
        text=_tagged(body, leave, preferences),
    )


def web(issue: Issue, masthead: Masthead, templates: Templates) -> str:
    """Render an issue as the archive shows it: the mail without what is one reader's own."""
    html = templates.render(
        "mail/issue/body.html",
        view=view.of(issue),
        masthead=masthead,
        web_url=masthead.link(f"issues/{issue.week}"),
        leave_url="",
        preferences_url="",
    )
    return _untagged(inlined(html))


def correction(
    week: Week, note: str, subject: str, masthead: Masthead, templates: Templates
) -> Rendered:
    """Render the mail that tells readers of an issue what was wrong in it; `note` is Markdown."""
    leave, preferences = _stand_ins((week, note, subject), masthead)
    links: list[str] = []
    html_note = markdown(note)
    words = text.prose(html_note, links)
    places = "".join(f"\n[{number}] {link}" for number, link in enumerate(links, 1))
    values = {
        "week": week,
        "subject": subject,
        "note": html_note,
        "note_text": f"{words}\n{places}" if places else words,
        "masthead": masthead,
        "web_url": masthead.link(f"issues/{week.issue}") + f"#correction-{week.correction}",
        "leave_url": leave,
        "preferences_url": preferences,
    }
    html = inlined(templates.render("mail/correction/body.html", **values), (leave, preferences))
    body = text.finished(templates.render("mail/correction/body.txt", **values))
    return Rendered(
        subject=_untagged(_one_line(templates.render("mail/correction/subject.txt", **values))),
        preheader="",
        html=_tagged(html, leave, preferences),
        text=_tagged(body, leave, preferences),
    )


def sample(rendered: Rendered, masthead: Masthead) -> Rendered:
    """Show a rendered issue as one subscriber gets it, with addresses that lead nowhere."""
    links = {
        LEAVE_URL: masthead.link("leave/sample"),
        PREFERENCES_URL: masthead.link("preferences/sample"),
    }

    def filled(words: str) -> str:
        for tag, link in links.items():
            words = words.replace(tag, link)
        return words

    return replace(rendered, html=filled(rendered.html), text=filled(rendered.text))


def as_test(rendered: Rendered, templates: Templates) -> Rendered:
    """Mark a rendered issue as a test, in the subject and above the HTML and the text."""
    parts = {
        name: templates.render(f"mail/test/{name}", subject=rendered.subject)
        for name in ("subject.txt", "body.txt", "body.html")
    }
    body = _BODY.search(rendered.html)
    if body is None:
        raise NewsletterError("The mail's HTML has no <body>. Mend mail/parts/layout.html.")
    return replace(
        rendered,
        subject=_one_line(parts["subject.txt"]),
        html=rendered.html[: body.end()] + parts["body.html"] + rendered.html[body.end() :],
        text=text.finished(f"{parts['body.txt']}\n\n{rendered.text}"),
    )


def message(
    kind: str, to: str, masthead: Masthead, templates: Templates, **values: object
) -> Message:
    """Render a mail to one person. `KINDS` names the values that each kind needs."""
    if kind not in KINDS:
        raise WrongUsage(f"There is no mail of the kind {kind!r}. Use one of {', '.join(KINDS)}.")
    if missing := [name for name in KINDS[kind] if name not in values]:
        raise WrongUsage(f"A mail of the kind {kind!r} needs {', '.join(missing)}. Pass it.")
    context = {**values, "masthead": masthead, "to": to}
    return Message(
        to=to,
        subject=_one_line(templates.render(f"mail/{kind}/subject.txt", **context)),
        text=text.finished(templates.render(f"mail/{kind}/body.txt", **context)),
        html=inlined(templates.render(f"mail/{kind}/body.html", **context)),
        kind=kind,
        headers=dict(_AUTOMATIC),
    )


def _stand_ins(issue: object, masthead: Masthead) -> tuple[str, str]:
    """Addresses that survive HTML tools as they are, and that no text of the issue can contain.

    Tags in the issue's own words would be filled in by the provider too, and a feed could so
    send every reader's private address to a stranger. What is made from a digest of the whole
    issue cannot stand in the issue.
    """
    seal = hashlib.sha256(repr((issue, masthead)).encode()).hexdigest()[:40]
    return f"https://{seal}.invalid/leave", f"https://{seal}.invalid/preferences"


def _tagged(body: str, leave: str, preferences: str) -> str:
    return _untagged(body).replace(leave, LEAVE_URL).replace(preferences, PREFERENCES_URL)


def _untagged(words: str) -> str:
    for tag in TAGS:
        words = words.replace(tag, tag.strip("%").replace("_", " "))
    return words


def _one_line(words: str) -> str:
    return " ".join(words.split())
