"""After sending: what became of an issue, over its first two days and beside earlier ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from fastapi import APIRouter, Request
from starlette.responses import Response

from newsletter.compose import file
from newsletter.errors import BadValue
from newsletter.model import Figures, Week
from newsletter.sending import figures as counting
from newsletter.store import growth, issues
from newsletter.urls import identity
from newsletter.web.desk import charts, standing, weeks
from newsletter.web.desk.beside import counted
from newsletter.web.desk.charts import Series
from newsletter.web.desk.door import DeskRoute, SignedIn
from newsletter.web.desk.pages import desk_page
from newsletter.web.desk.services import Desk, DeskServices, OfWeek
from newsletter.web.public import LOOK

router = APIRouter(route_class=DeskRoute, include_in_schema=False)

_FRESH = timedelta(minutes=1)
_GROWN = timedelta(hours=1)
_EARLIER = 8
_WEEKS = 26


@dataclass(frozen=True, slots=True)
class Earned:
    """What the picks of one source did, of `delivered` mails that carried them."""

    picks: int
    clicks: int
    delivered: int

    @property
    def share(self) -> float | None:
        return self.clicks / self.delivered if self.delivered else None


@router.api_route("/{week}/figures", methods=LOOK)
def show(request: Request, desk: Desk, editor: SignedIn, week: OfWeek) -> Response:
    now = desk.shop.clock()
    with desk.shop.db.read() as connection:
        gone = [one.week for one in issues.sent(connection, now)]
    found = _figures(desk, week)
    earlier = [one for other in gone if other < week if (one := _figures(desk, other)) is not None][
        : _EARLIER - 1
    ]
    return desk_page(
        request,
        "figures.html",
        editor=editor,
        week=week,
        days=weeks.days(week),
        stands=standing.of(desk, week),
        figures=found,
        course=_course(found) if found and found.series else "",
        compared=[found, *earlier] if found else [],
        bar=charts.bar,
        summed=charts.summed,
        zone=desk.shop.zone,
        tab="figures",
    )


@router.api_route("/growth", methods=LOOK)
def grown(request: Request, desk: Desk, editor: SignedIn) -> Response:
    """How the list grew, week by week."""
    now = desk.shop.clock()
    since = Week.of(now, desk.shop.zone)
    for _ in range(_WEEKS - 1):
        since = since.before()
    starts, one = [], since
    for _ in range(_WEEKS):
        starts.append(one)
        one = one.after()

    def count() -> list[growth.Grown]:
        with desk.shop.db.read() as connection:
            edges = [week.start(desk.shop.zone) for week in [*starts, one]]
            return growth.by_spans(connection, edges)

    found = counted(desk, ("growth", since), count, fresh=_GROWN)
    rows = list(zip(starts, found, strict=True)) if found is not None else []
    chart = ""
    if rows:
        chart = charts.columns(
            Series("Joined", "joined", [each.joined for _, each in rows]),
            Series("Left", "lost", [each.left for _, each in rows]),
            [f"W{week.number:02}" for week, _ in rows],
            f"Joined and left in each of the last {_WEEKS} weeks; the numbers stand in the table.",
        )
    return desk_page(
        request,
        "growth.html",
        editor=editor,
        rows=rows[::-1],
        chart=chart,
        people=people(desk),
        tab="growth",
    )


def people(desk: DeskServices) -> Mapping[str, int] | None:
    """How many there are in each state, as counted within the last minute."""

    def count() -> dict[str, int]:
        from newsletter.store import subscribers

        with desk.shop.db.read() as connection:
            return {state.value: n for state, n in subscribers.count(connection).items()}

    return counted(desk, "people", count, fresh=_FRESH)


def earned(desk: DeskServices) -> dict[str, Earned]:
    """What each source's picks did in the issues that were sent lately, by the source's title."""
    sums: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    with desk.shop.db.read() as connection:
        gone = issues.sent(connection, desk.shop.clock())[:12]
    for one in gone:
        found = _figures(desk, one.week)
        text = desk.shop.papers.words(one.week)
        if found is None or text is None:
            continue
        clicks = {identity(each.link): each.people for each in found.links}
        try:
            issue = file.read(text, name=f"issues/{one.week}/issue.toml")
        except BadValue:
            continue
        for _, _, pick in issue.picks():
            row = sums[pick.source]
            row[0] += 1
            row[1] += clicks.get(identity(pick.url), 0)
            row[2] += found.delivered if found.clicks else 0
    return {source: Earned(*row) for source, row in sums.items()}


def _figures(desk: DeskServices, week: Week) -> Figures | None:
    return counted(
        desk,
        ("figures", week),
        lambda: counting.of_week(desk.shop.db, week, desk.shop.clock(), most_age=_FRESH),
        fresh=_FRESH,
    )


def _course(found: Figures) -> str:
    hours = found.series
    series = [Series("Delivered", "delivered", charts.summed([one.delivered for one in hours]))]
    if found.clicks:
        series.append(Series("Clicked", "clicked", charts.summed([one.clicked for one in hours])))
    series += [
        Series("Bounced", "bounced", charts.summed([one.bounced for one in hours])),
        Series("Left", "lost", charts.summed([one.left for one in hours])),
    ]
    return charts.lines(
        series,
        [f"{one.hour} h" for one in hours],
        "Readers reached, hour by hour, added up; the numbers stand in the table below.",
    )
