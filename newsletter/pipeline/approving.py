"""Approval: who approved which exact content, and whether it is still that."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from newsletter import curate, render
from newsletter.errors import Refused
from newsletter.model import Approval, Email, Finding, Issue, Level, Rendered, Week
from newsletter.pipeline import announcing, editing, wording
from newsletter.pipeline.shop import Workshop
from newsletter.store import issues, taste


@dataclass(frozen=True, slots=True)
class Approved:
    """An approval, and whether it is new or was there already."""

    approval: Approval
    new: bool


def approve(
    shop: Workshop,
    week: Week,
    by: Email,
    *,
    editors: tuple[str, ...],
    edited_by: Email | None = None,
) -> Approved:
    """Approve a week's issue as it renders now.

        load | variants | findings | papers.write_approved | issues.approve | taste.learn

    Raises `Refused` while preflight finds errors, for somebody who is no editor, and where a
    second reader is wanted, for who edited last. `edited_by` says whose words a text editor left.
    """
    _may(shop, by, editors)
    issue = editing.load(shop, week)
    if shop.second_reader:
        _is_another(shop, week, by, editors, edited_by)
    variants = _variants(shop, issue)
    whole = variants.get(issue.mask) or editing.rendered(shop, issue)
    found = editing.findings(shop, issue, whole)
    errors = [one for one in found if one.level is Level.ERROR]
    if errors:
        raise Refused(_refusal(week, errors))
    approval = Approval(
        week=week,
        by=by.key,
        at=shop.clock(),
        digest=digest(variants),
        rendered=whole,
        web=render.web(issue, shop.masthead, shop.templates),
        variants=variants,
        findings=tuple(found),
        waivers=issue.waivers,
    )
    with shop.db.read() as connection:
        before = issues.newest_approval(connection, week)
    if before and before.digest == approval.digest and before.by == approval.by:
        shop.papers.write_approved(week, before.rendered)
        return Approved(before, new=False)
    shop.papers.write_approved(week, whole)
    with shop.db.write() as connection:
        number = issues.approve(connection, approval)
        proposed = taste.proposed(connection, week)
        taste.learn(connection, week, curate.lessons(week, proposed, issue))
        announcing.approved(shop, connection, approval)
    return Approved(replace(approval, id=number), new=True)


def _may(shop: Workshop, by: Email, editors: tuple[str, ...]) -> None:
    if editors and by.key not in editors:
        raise Refused(
            f"{by} may not approve: NEWSLETTER_EDITORS names {_listed(editors)}. "
            "Add the address there, or approve as one of them."
        )
    if shop.approvers and by.key not in shop.approvers:
        raise Refused(
            f"{by} may edit and not approve: NEWSLETTER_APPROVERS names "
            f"{_listed(shop.approvers)}. Ask one of them to look at it."
        )


def _is_another(
    shop: Workshop, week: Week, by: Email, editors: tuple[str, ...], edited_by: Email | None
) -> None:
    """Let nobody approve their own words. A fresh draft is the machine's: one reader will do."""
    if edited_by is not None:
        if editors and edited_by.key not in editors:
            raise Refused(f"{edited_by} is no editor: NEWSLETTER_EDITORS names {_listed(editors)}.")
        wording.name_author(shop, week, edited_by.key, told_by=by.key)
    last = wording.last_editor(shop, week)
    if last is None:
        return
    if last.by == wording.OUTSIDE:
        raise Refused(
            f"{week} was changed in a text editor, which leaves no name, and "
            "NEWSLETTER_SECOND_READER wants two people. Say who wrote it: "
            f"newsletter approve {week} --by {by} --edited-by ADDRESS"
        )
    if last.by == by.key:
        raise Refused(
            f"{by} edited {week} last, on {last.at:%Y-%m-%d %H:%M} UTC, and "
            "NEWSLETTER_SECOND_READER wants another pair of eyes. Ask another editor to approve it."
        )


def approved(shop: Workshop, week: Week) -> Approval:
    """Give the approval that counts; raise `Refused` if there is none or anything changed since."""
    with shop.db.read() as connection:
        approval = issues.newest_approval(connection, week)
    if approval is None:
        shop_has = shop.papers.words(week) is not None
        step = f"approve {week}" if shop_has else f"draft {week}"
        raise Refused(f"{week} is not approved. Run: newsletter {step}")
    changed = changes(shop, approval)
    if changed:
        raise Refused(
            f"{week} changed since {approval.by} approved it on {approval.at:%Y-%m-%d %H:%M} UTC: "
            f"{'; '.join(changed)}. Look at it and run: newsletter approve {week}"
        )
    return approval


def changes(shop: Workshop, approval: Approval) -> list[str]:
    """Say in words what is no longer as it was approved."""
    week = approval.week
    issue = editing.load(shop, week)
    variants = _variants(shop, issue)
    now = variants.get(issue.mask) or editing.rendered(shop, issue)
    html, text = shop.papers.approved(week)
    said = _differences(approval.rendered, now)
    if not said and digest(variants) != approval.digest:
        said.append("what readers get who want some sections only")
    if html != approval.rendered.html:
        said.append("the file issue.html")
    if text != approval.rendered.text:
        said.append("the file issue.txt")
    return said


def _differences(then: Rendered, now: Rendered) -> list[str]:
    said = [
        f"the {name} was {getattr(then, name)!r} and is {getattr(now, name)!r}"
        for name in ("subject", "preheader")
        if getattr(then, name) != getattr(now, name)
    ]
    # What readers read tells more than markup does, which differs wherever words do.
    if then.text != now.text:
        said.append(f"the words: {_first_difference(then.text, now.text)}")
    elif then.html != now.html and not said:
        said.append(f"the HTML: {_first_difference(then.html, now.html)}")
    return said


def _first_difference(was: str, is_: str) -> str:
    """The first line that differs, cut to what fits a sentence."""
    for old, new in zip(was.splitlines(), is_.splitlines(), strict=False):
        if old != new:
            start = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), 0)
            cut = slice(max(0, start - 20), start + 40)
            return f"{old[cut].strip()!r} became {new[cut].strip()!r}"
    return "lines were added or removed at the end"


def _variants(shop: Workshop, issue: Issue) -> dict[int, Rendered]:
    """Render what readers get who want all sections, and each smaller choice that has picks."""
    masks = [mask for mask in range(1, 8) if mask & issue.mask == mask]
    return {mask: editing.rendered(shop, issue.only(mask)) for mask in masks}


def digest(variants: dict[int, Rendered]) -> str:
    """SHA-256 over the digests of all variants, in the order of their masks."""
    whole = hashlib.sha256()
    for mask in sorted(variants):
        whole.update(f"{mask} {variants[mask].digest}\n".encode())
    return whole.hexdigest()


def _listed(addresses: tuple[str, ...]) -> str:
    return ", ".join(addresses)


def _refusal(week: Week, errors: list[Finding]) -> str:
    first = errors[0]
    rest = len(errors) - 1
    words = "error stands" if rest == 1 else "errors stand"
    more = f" {rest} more {words} in the way." if rest else ""
    return (
        f"{week} cannot be approved: {first.place}: {first.text} {first.cure}{more} "
        f"Run: newsletter check {week}"
    )
