"""From stories to an issue: drafted, read, rendered, checked."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from newsletter import curate, render
from newsletter.compose import file, preflight
from newsletter.compose.draft import draft as propose
from newsletter.deliver import plan
from newsletter.errors import NotFound
from newsletter.gather import names
from newsletter.model import Finding, Issue, Recipient, Rendered, Week
from newsletter.pipeline import announcing, choosing, crossref, wording
from newsletter.pipeline.shop import Workshop
from newsletter.store import issues, links, retracted, taste
from newsletter.store.retractions import dois, pmids, retractions

# What a link answered longer ago says little of today.
_REMEMBERED = timedelta(days=7)
_RECORDS = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Drafted:
    """What drafting came to. `path` is None if the week has nothing good enough."""

    path: Path | None
    created: bool
    added: int
    stories: int
    relevant: int


def draft(shop: Workshop, week: Week, *, by: str = wording.MACHINE) -> Drafted:
    """Propose the week's issue, keeping whatever the editor already wrote.

        choosing.stories | compose.draft | file.write or file.extend | announcing.draft_ready

    `by` asked for it; editors hear of a first draft by mail.
    """
    found = choosing.stories(shop.db, shop.papers, week, zone=shop.zone, now=shop.clock())
    news = [story for story in found if story.update or not story.told]
    before = shop.papers.words(week)
    proposal = propose(
        week,
        news,
        headline=lambda post: curate.headline(post.title, source=post.source),
        summarize=curate.summarize,
        reading_minutes=curate.reading_minutes,
        smallest=1 if before is not None else shop.smallest,
        largest=shop.largest,
    )
    if proposal is not None:
        offered = curate.proposals(proposal, news, again=before is not None)
        with shop.db.write() as connection:
            taste.propose(connection, week, offered)
    relevant = sum(story.lead.verdict.relevant for story in news)
    path = shop.papers.words_path(week)
    if proposal is None:
        return Drafted(path if before is not None else None, False, 0, len(news), relevant)
    if before is None:
        # Whoever asked, the words are the machine's.
        wording.write(
            shop,
            week,
            file.write(proposal),
            by=wording.MACHINE,
            what=f"Drafted{_for(by)}",
            instead_of=None,
        )
        announcing.draft_ready(shop, week, proposal, check(shop, week))
        picks = sum(1 for _ in proposal.picks()) + len(proposal.spare)
        return Drafted(path, True, picks, len(news), relevant)
    text, added = file.extend(before, proposal, name=_name(week))
    if text != before:
        wording.write(
            shop,
            week,
            text,
            by=wording.MACHINE,
            what=f"Added {added} new or changed stories{_for(by)}",
            instead_of=before,
        )
    return Drafted(path, False, added, len(news), relevant)


def load(shop: Workshop, week: Week) -> Issue:
    """Read the editor's issue. Raises `NotFound`, or `BadValue` with file, line and key."""
    text = shop.papers.words(week)
    if text is None:
        raise NotFound(f"{week} has no issue.toml yet. Run: newsletter draft {week}")
    return file.read(text, name=_name(week), week=week)


def rendered(shop: Workshop, issue: Issue) -> Rendered:
    """Render an issue as it would be mailed."""
    return render.issue(issue, shop.masthead, shop.templates)


def check(shop: Workshop, week: Week) -> list[Finding]:
    """Preflight a week's issue.

    load | rendered | preflight.run
    """
    issue = load(shop, week)
    return findings(shop, issue, rendered(shop, issue))


def findings(
    shop: Workshop, issue: Issue, mail: Rendered, spam: preflight.Spam | str | None = None
) -> list[Finding]:
    """Preflight an issue that is read and rendered already.

    Links are judged by what `checking` found when it last looked them up; here no network is
    asked.
    """
    now = shop.clock()
    with shop.db.read() as connection:
        last_subject = issues.last_subject(connection, issue.week)
        looked = links.known(connection, preflight.addresses(issue), now - _REMEMBERED)
        retracted = _retracted(connection, issue, now)
    context = preflight.Context(
        today=now.astimezone(shop.zone).date(),
        last_subject=last_subject,
        link_status={one.url: one.status or one.reason for one in looked.values()},
        weights={one.url: one.weight for one in looked.values() if one.weight},
        retracted=retracted,
        spam=spam,
        headers=_headers(shop, issue.week, mail),
        fewest=shop.smallest,
        most=shop.largest,
    )
    return preflight.run(issue, mail, shop.masthead, context)


def _headers(shop: Workshop, week: Week, mail: Rendered) -> dict[str, str]:
    """The headers of one reader's mail, by the very plan that a send goes by."""
    leave, preferences = (shop.masthead.link(f"{page}/sample") for page in ("leave", "preferences"))
    shared = plan.envelope(mail, shop.masthead, week=week, tracking=plan.Tracking())
    sample = Recipient("sample", "reader@example.org", "", leave, preferences)
    person = plan.personalization(sample, plan.answers_to(shop.masthead))
    return {**shared["headers"], **person["headers"]}


def works(connection: Connection, issue: Issue) -> dict[str, str]:
    """Give the DOIs of the works behind an issue, by the address that leads to each, or by DOI."""
    picked = [pick.url for _, _, pick in issue.picks()]
    return _works(connection, preflight.addresses(issue), picked)


def _works(
    connection: Connection, addresses: Iterable[str], picked: Iterable[str]
) -> dict[str, str]:
    return {doi: doi for doi in preflight.dois(addresses)} | dois(connection, picked)


def _retracted(connection: Connection, issue: Issue, now: datetime) -> dict[str, str]:
    picked = [pick.url for _, _, pick in issue.picks()]
    return retracted_works(connection, preflight.addresses(issue), picked, now)


def retracted_works(
    connection: Connection, addresses: Collection[str], picked: Collection[str], now: datetime
) -> dict[str, str]:
    """Say which works behind these addresses were retracted; `picked` are those of posts.

    By gathered notices, Crossref's records and the loaded list. What was retracted stays so,
    however long ago it was looked up.
    """
    behind = _works(connection, addresses, picked)
    records = {name: crossref.address(doi) for name, doi in behind.items()}
    looked = links.known(connection, records.values(), now - _RECORDS)
    found = {
        name: looked[record].reason
        for name, record in records.items()
        if record in looked and looked[record].good and looked[record].reason
    }
    named = {name: f"doi {doi.lower()}" for name, doi in behind.items()}
    numbers = {url: number for url in addresses if (number := names.pmid(url))}
    numbers |= pmids(connection, picked)
    for listed in (named, {url: f"pmid {number}" for url, number in numbers.items()}):
        known = retracted.among(connection, listed.values())
        found |= {name: known[key] for name, key in listed.items() if key in known}
    return found | retractions(connection, picked)


def _for(by: str) -> str:
    return "" if by == wording.MACHINE else f" for {by}"


def _name(week: Week) -> str:
    return f"issues/{week}/issue.toml"
