"""Joining, confirming, leaving and lists, against the real store."""

from __future__ import annotations

import asyncio
import csv
import json
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import delete

from newsletter import signup
from newsletter.errors import BadValue, NotFound, WrongUsage
from newsletter.model import Act, Email, Section, State
from newsletter.signup import Joined, Limits, Visit
from newsletter.store import Database, consents, mails, subscribers, suppressions
from newsletter.store.schema import metadata
from newsletter.subscribers import lifecycle

KEYS = [b"a key for the hashes of the erased"]
LIMITS = Limits()
PAGE = Visit("test page", "Yes", "192.0.2.7", "Browser")
DAY = timedelta(days=1)


def join(
    db: Database,
    now: datetime,
    email: str = "ada@example.org",
    *,
    origin: str = "",
    limits: Limits = LIMITS,
    name: str = "",
) -> Joined:
    return signup.join(
        db,
        email,
        name=name,
        source="form",
        wording="Send it to me.",
        origin=origin,
        user_agent="Browser",
        now=now,
        limits=limits,
    )


def number_of(db: Database, email: str = "ada@example.org") -> int:
    with db.read() as connection:
        person = subscribers.find(connection, email)
    assert person is not None
    return person.id


def state_of(db: Database, email: str = "ada@example.org") -> State | None:
    with db.read() as connection:
        person = subscribers.find(connection, email)
    return person.state if person else None


def waiting(db: Database, now: datetime) -> list[tuple[str, str]]:
    with db.write() as connection:
        found = mails.claim(connection, now, timedelta(days=999), 100)
    return [(mail.kind, mail.to) for mail in found]


def reader(db: Database, now: datetime, email: str = "ada@example.org") -> int:
    """Somebody who joined and confirmed, and got their mail."""
    join(db, now, email)
    signup.confirm(db, number_of(db, email), PAGE, now)
    waiting(db, now)
    return number_of(db, email)


def report(db: Database, now: datetime, act: Act, email: str = "ada@example.org") -> None:
    with db.write() as connection:
        signup.reported(connection, number_of(db, email), act, Visit("event"), now)


def take(
    db: Database, now: datetime, *lines: str, consent: str = "On paper, at the clinic."
) -> signup.ImportReport:
    return signup.import_csv(
        db,
        [f"{line}\n" for line in lines],
        consent=consent,
        source="list.csv",
        now=now,
        hash_keys=KEYS,
    )


def test_who_joins_is_pending_and_is_asked_once(db: Database, now: datetime) -> None:
    outcome = join(db, now, "Ada@Example.org", name="Ada", origin="192.0.2.7")

    assert outcome is Joined.ASKED
    assert state_of(db) is State.PENDING
    assert waiting(db, now) == [("confirm", "Ada@example.org")]
    with db.read() as connection:
        (proof,) = consents.history(connection, number_of(db))
    assert (proof.act, proof.wording, proof.origin) == (Act.JOIN, "Send it to me.", "192.0.2.7")


def test_the_confirmation_holds_nothing_that_the_form_said(db: Database, now: datetime) -> None:
    join(db, now, name="Buy pills at https://example.com")

    with db.write() as connection:
        (mail,) = mails.claim(connection, now, DAY, 10)
    assert mail.values == {}


def test_who_confirms_is_on_the_list_and_welcomed_once(db: Database, now: datetime) -> None:
    join(db, now)
    waiting(db, now)

    first = signup.confirm(db, number_of(db), PAGE, now)
    second = signup.confirm(db, number_of(db), PAGE, now)

    assert (first.state, first.already) == (State.ACTIVE, False)
    assert (second.state, second.already) == (State.ACTIVE, True)
    assert waiting(db, now) == [("welcome", "ada@example.org")]


def test_an_address_is_asked_once_a_day_and_three_times_in_all(db: Database, now: datetime) -> None:
    outcomes = [join(db, now + hours * timedelta(hours=12)) for hours in range(12)]

    assert [o is Joined.ASKED for o in outcomes] == [True, False] * 3 + [False] * 6
    assert len(waiting(db, now + 9 * DAY)) == 3


def test_who_confirmed_may_be_asked_anew_after_leaving(db: Database, now: datetime) -> None:
    for days in range(0, 10, 2):
        reader(db, now + days * DAY)
        signup.leave(db, number_of(db), PAGE, now + days * DAY)

    assert join(db, now + 30 * DAY) is Joined.ASKED


def test_an_origin_is_stopped_whatever_addresses_it_names(db: Database, now: datetime) -> None:
    limits = replace(LIMITS, per_origin=3)
    reader(db, now, "known@example.org")

    known = [
        join(db, now, "known@example.org", origin="192.0.2.1", limits=limits) for _ in range(4)
    ]
    fresh = [join(db, now, f"x{n}@x.org", origin="192.0.2.2", limits=limits) for n in range(4)]
    later = join(db, now + limits.within, "x9@x.org", origin="192.0.2.2", limits=limits)

    assert [o is Joined.BUSY for o in known] == [o is Joined.BUSY for o in fresh]
    assert fresh[-1] is Joined.BUSY
    assert state_of(db, "x3@x.org") is None
    assert later is Joined.ASKED


def test_many_at_once_with_one_address_are_one(db: Database, now: datetime) -> None:
    with ThreadPoolExecutor(6) as pool:
        joined = list(pool.map(lambda _: join(db, now), range(6)))
        confirmed = list(pool.map(lambda _: signup.confirm(db, number_of(db), PAGE, now), range(6)))

    assert joined.count(Joined.ASKED) == 1
    assert [done.already for done in confirmed].count(False) == 1
    assert [kind for kind, _ in waiting(db, now)] == ["confirm", "welcome"]


def test_hostile_letters_do_no_harm(db: Database, now: datetime) -> None:
    signup.join(
        db,
        "ada@example.org",
        name="\x00A\ud800d\u202ea\n" * 50,
        source="form",
        wording="Send it to me.",
        origin="\x00",
        user_agent="\x00\ud800" + "x" * 9000,
        now=now,
        limits=LIMITS,
    )

    data = signup.show(db, "ada@example.org")
    assert data["name"].startswith("Ada Ada")
    assert len(data["name"]) <= 100
    assert data["consents"][0]["user_agent"] == "x" * 300


def test_an_ipv6_customer_is_one_origin(db: Database, now: datetime) -> None:
    limits = replace(LIMITS, per_origin=2)

    outcomes = [
        join(db, now, f"r{n}@example.org", origin=origin, limits=limits)
        for n, origin in enumerate(
            ["2001:db8::1", "2001:db8::2", "2001:db8::ffff:3", "2001:db8:0:1::1"]
        )
    ]

    assert outcomes == [Joined.ASKED, Joined.ASKED, Joined.BUSY, Joined.ASKED]


@pytest.mark.parametrize(
    ("act", "outcome"),
    [(Act.LEAVE, Joined.ASKED), (Act.BOUNCE, Joined.ASKED), (Act.COMPLAIN, Joined.QUIET)],
)
def test_who_may_be_asked_again(db: Database, now: datetime, act: Act, outcome: Joined) -> None:
    reader(db, now)
    report(db, now, act)

    assert join(db, now + DAY) is outcome
    assert len(waiting(db, now + DAY)) == (outcome is Joined.ASKED)


def test_an_address_that_the_provider_calls_a_complainer_is_never_asked(
    db: Database, now: datetime
) -> None:
    with db.write() as connection:
        suppressions.add(connection, "ada@example.org", suppressions.COMPLAINED, now, "provider")

    assert join(db, now) is Joined.QUIET
    assert waiting(db, now) == []


@pytest.mark.parametrize("text", ["", "ada", "ada@", "zoë@example.org", "a b@example.org"])
def test_what_is_no_address_is_refused_with_a_sentence(
    db: Database, now: datetime, text: str
) -> None:
    with pytest.raises(BadValue, match="address"):
        join(db, now, text)


def test_who_left_gets_nothing_and_the_provider_is_told(db: Database, now: datetime) -> None:
    number = reader(db, now)

    for _ in range(2):
        signup.leave(db, number, PAGE, now)

    assert state_of(db) is State.LEFT
    with db.read() as connection:
        assert [s.key for s in suppressions.not_told(connection)] == ["ada@example.org"]
        assert [c.act for c in consents.history(connection, number)] == [
            Act.JOIN,
            Act.CONFIRM,
            Act.LEAVE,
        ]


def test_a_leave_can_be_undone_and_that_is_proven_too(db: Database, now: datetime) -> None:
    number = reader(db, now)
    signup.leave(db, number, PAGE, now)

    back = signup.come_back(db, number, PAGE, now)
    twice = signup.come_back(db, number, PAGE, now)

    assert (back.state, back.already, twice.already) == (State.ACTIVE, False, True)
    with db.read() as connection:
        assert not suppressions.has(connection, "ada@example.org")
        assert [c.act for c in consents.history(connection, number)][3:] == [
            Act.JOIN,
            Act.CONFIRM,
        ]


def test_who_presses_twice_may_still_change_their_mind_for_an_hour(
    db: Database, now: datetime
) -> None:
    number = reader(db, now)

    presses = [
        signup.leave(db, number, PAGE, now + minutes * timedelta(minutes=1)).undo
        for minutes in (0, 1, 60, 61)
    ]

    assert presses == [True, True, True, False]


@pytest.mark.parametrize("state", ["pending", "left", "bounced", "complained"])
def test_who_was_never_on_the_list_has_no_leave_to_take_back(
    db: Database, now: datetime, state: str
) -> None:
    take(db, now, "email,state", f"ada@example.org,{state}")

    presses = [signup.leave(db, number_of(db), PAGE, now).undo for _ in range(2)]

    assert presses == [False, False]


def test_who_complained_cannot_come_back_by_undoing(db: Database, now: datetime) -> None:
    number = reader(db, now)
    signup.leave(db, number, PAGE, now)
    report(db, now, Act.COMPLAIN)

    assert signup.come_back(db, number, PAGE, now).state is State.COMPLAINED


def test_an_old_confirmation_does_not_bring_back_who_left(db: Database, now: datetime) -> None:
    number = reader(db, now)
    signup.leave(db, number, PAGE, now)

    assert signup.confirm(db, number, PAGE, now).state is State.LEFT


def test_a_mailbox_that_works_again_is_no_longer_suppressed(db: Database, now: datetime) -> None:
    number = reader(db, now)
    report(db, now, Act.BOUNCE)
    join(db, now + DAY)

    signup.confirm(db, number, PAGE, now + DAY)

    assert state_of(db) is State.ACTIVE
    with db.read() as connection:
        assert not suppressions.has(connection, "ada@example.org")


def test_a_person_can_be_forgotten_by_address_and_twice(db: Database, now: datetime) -> None:
    number = reader(db, now)

    first = signup.forget(db, "Ada@example.org", hash_keys=KEYS, now=now)
    second = signup.forget(db, "ada@example.org", hash_keys=KEYS, now=now)

    assert (first, second) == (True, False)
    assert signup.look(db, number) is None
    with pytest.raises(NotFound):
        signup.confirm(db, number, PAGE, now)
    assert signup.leave(db, number, PAGE, now).person is None


def test_no_list_brings_back_who_was_forgotten(db: Database, now: datetime) -> None:
    signup.forget(db, reader(db, now), hash_keys=KEYS, now=now)

    report = signup.import_csv(
        db,
        ["email\n", "ADA@example.org\n"],
        consent="On paper.",
        source="list.csv",
        now=now,
        hash_keys=[b"a newer key than the one before", *KEYS],
    )

    assert state_of(db) is None
    assert [(row.line, "forgotten" in row.reason) for row in report.set_aside] == [(2, True)]


def test_who_was_forgotten_may_join_again(db: Database, now: datetime) -> None:
    signup.forget(db, reader(db, now), hash_keys=KEYS, now=now)

    reader(db, now)

    assert state_of(db) is State.ACTIVE
    with db.read() as connection:
        assert not suppressions.has(connection, "ada@example.org")


def test_a_complaint_outlasts_being_forgotten(db: Database, now: datetime) -> None:
    reader(db, now)
    report(db, now, Act.COMPLAIN)

    signup.forget(db, "ada@example.org", hash_keys=KEYS, now=now)

    assert join(db, now + DAY) is Joined.QUIET


def test_choices_are_kept(db: Database, now: datetime) -> None:
    number = reader(db, now)

    signup.choose(db, number, [Section.NEWS, Section.CONDITIONS], now + DAY)

    person = signup.look(db, number)
    assert person is not None
    assert (person.sections, person.paused_until) == (5, now + DAY)
    with pytest.raises(BadValue, match="at least one"):
        signup.choose(db, number, [], None)


def test_my_data_is_everything_and_fits_into_json(db: Database, now: datetime) -> None:
    found = signup.my_data(db, reader(db, now))

    assert json.loads(json.dumps(found)) == found
    assert (found["email"], found["state"]) == ("ada@example.org", "active")
    assert found["sections"] == ["conditions", "treatments", "news"]
    assert [consent["act"] for consent in found["consents"]] == ["join", "confirm"]
    assert signup.show(db, "ADA@example.org") == found


def test_looking_up_a_stranger_says_so(db: Database) -> None:
    with pytest.raises(NotFound, match=r"nobody@example\.org is not on the list"):
        signup.show(db, "nobody@example.org")


def test_a_list_is_taken_in_with_its_consent(db: Database, now: datetime) -> None:
    report = take(
        db,
        now,
        "email,name,state,confirmed_at",
        "ada@example.org,Ada,,2024-05-01",
        "no address,,,",
        "bo@example.org,Bo,left,",
        "Ada@example.org,Again,,",
    )

    assert (report.rows, report.added, report.changed, report.known) == (4, 2, 0, 1)
    assert [row.line for row in report.set_aside] == [3]
    assert signup.count(db) == dict.fromkeys(map(str, State), 0) | {"active": 1, "left": 1}
    data = signup.show(db, "ada@example.org")
    assert (data["name"], data["source"]) == ("Ada", "list.csv")
    assert data["confirmed_at"] == datetime(2024, 5, 1, tzinfo=UTC).isoformat()
    assert data["consents"][0]["wording"] == "On paper, at the clinic."


def test_a_list_needs_consent(db: Database, now: datetime) -> None:
    with pytest.raises(WrongUsage, match="consent"):
        take(db, now, "email", "ada@example.org", consent=" ")


def test_the_same_list_twice_does_nothing_more(db: Database, now: datetime) -> None:
    lines = ("email", *(f"r{number}@example.org" for number in range(1500)))
    take(db, now, *lines)

    again = take(db, now, *lines)

    assert (again.added, again.changed, again.known) == (0, 0, 1500)
    assert len(signup.show(db, "r7@example.org")["consents"]) == 1


@pytest.mark.parametrize("act", [Act.LEAVE, Act.BOUNCE, Act.COMPLAIN])
def test_no_list_brings_back_who_is_silent(db: Database, now: datetime, act: Act) -> None:
    reader(db, now)
    report(db, now, act)
    before = state_of(db)

    outcome = take(db, now, "email", "ada@example.org")

    assert state_of(db) is before
    assert outcome.set_aside_count == 1


def test_no_list_brings_in_who_is_suppressed(db: Database, now: datetime) -> None:
    with db.write() as connection:
        suppressions.add(connection, "ada@example.org", suppressions.BOUNCED, now, "provider")

    outcome = take(db, now, "email,state", "ada@example.org,", "bo@example.org,")

    assert state_of(db) is None
    assert outcome.added == 1
    assert "bounced" in outcome.set_aside[0].reason


def test_a_list_may_silence_and_may_bring_in_who_was_asked(db: Database, now: datetime) -> None:
    reader(db, now, "ada@example.org")
    join(db, now, "bo@example.org")

    outcome = take(db, now, "email,state", "ada@example.org,left", "bo@example.org,active")

    assert (outcome.changed, state_of(db), state_of(db, "bo@example.org")) == (
        2,
        State.LEFT,
        State.ACTIVE,
    )
    with db.read() as connection:
        history = consents.history(connection, number_of(db, "bo@example.org"))
    assert [consent.act for consent in history] == [Act.JOIN, Act.IMPORT]


def test_of_two_lines_about_one_person_the_louder_counts(db: Database, now: datetime) -> None:
    take(db, now, "email,state", "ada@example.org,active", "ada@example.org,left")

    assert state_of(db) is State.LEFT


def test_an_export_is_read_back_elsewhere(db: Database, now: datetime, tmp_path: Path) -> None:
    reader(db, now)
    take(db, now, "email,name,state", "+bo@example.org,=1+1,left", '"c@x.org","A, ""B""",')
    other = Database(f"sqlite:///{tmp_path / 'other.sqlite'}")
    other.upgrade()

    exported = "".join(signup.export_csv(db))
    take(other, now + DAY, *exported.splitlines())

    assert "".join(signup.export_csv(other)) == exported
    other.close()


def test_progress_is_told_and_bad_lines_are_counted_past_what_is_kept(
    db: Database, now: datetime
) -> None:
    seen: list[int] = []
    report = signup.import_csv(
        db,
        ["email\n", *("nothing\n" for _ in range(20_500)), "ada@example.org\n"],
        consent="On paper.",
        source="list.csv",
        now=now,
        hash_keys=KEYS,
        progress=seen.append,
    )

    assert seen == [20_000, 20_501]
    assert (report.set_aside_count, len(report.set_aside), report.added) == (20_500, 10_000, 1)


class LifeOnTheList(RuleBasedStateMachine):
    """Whatever happens in whatever order, the store says what the table says."""

    db: Database

    def __init__(self) -> None:
        super().__init__()
        with self.db.write() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(delete(table))
        self.now = datetime(2026, 11, 18, tzinfo=UTC)
        self.state: State | None = None
        self.agreed = False

    def follow(self, act: Act) -> None:
        before, self.state = self.state, lifecycle.after(self.state, act)
        if before is not State.ACTIVE:
            self.agreed = act in {Act.CONFIRM, Act.IMPORT}

    @rule(days=st.integers(0, 3))
    def time_passes(self, days: int) -> None:
        self.now += timedelta(days=days)

    @rule()
    def join(self) -> None:
        outcome = join(self.db, self.now)
        if outcome is Joined.ASKED:
            self.follow(Act.JOIN)

    @rule()
    def confirm(self) -> None:
        if self.state is not None:
            signup.confirm(self.db, number_of(self.db), PAGE, self.now)
            self.follow(Act.CONFIRM)

    @rule()
    def leave(self) -> None:
        if self.state is not None:
            signup.leave(self.db, number_of(self.db), PAGE, self.now)
            self.follow(Act.LEAVE)

    @rule(act=st.sampled_from([Act.BOUNCE, Act.COMPLAIN]))
    def provider_reports(self, act: Act) -> None:
        if self.state is not None:
            report(self.db, self.now, act)
            self.follow(act)

    @rule(row=st.sampled_from([State.ACTIVE, State.LEFT, State.PENDING]))
    def a_list_comes_in(self, row: State) -> None:
        with self.db.read() as connection:
            barred = suppressions.has(connection, "ada@example.org")
        take(self.db, self.now, "email,state", f"ada@example.org,{row}")
        if not (barred and row is not State.LEFT):
            self.agreed = self.agreed or row is State.ACTIVE
            self.state = lifecycle.imported(self.state, row)

    @rule()
    def forget(self) -> None:
        """Only here and not in the table: afterwards there is nobody."""
        if self.state is None:
            return
        number = number_of(self.db)
        assert signup.forget(self.db, number, hash_keys=KEYS, now=self.now)
        assert signup.look(self.db, number) is None
        take(self.db, self.now, "email", "ada@example.org")
        assert state_of(self.db) is None
        with self.db.write() as connection:
            suppressions.remove(connection, "ada@example.org", self.now)
            connection.exec_driver_sql("DELETE FROM erasures")
        self.state, self.agreed = None, False

    @invariant()
    def the_store_agrees(self) -> None:
        assert state_of(self.db) is self.state

    @invariant()
    def nobody_is_mailed_who_did_not_agree(self) -> None:
        if self.state is State.ACTIVE:
            assert self.agreed
            with self.db.read() as connection:
                assert not suppressions.has(connection, "ada@example.org")


def test_life_on_the_list_is_what_the_table_says(db: Database) -> None:
    class Here(LifeOnTheList):
        pass

    Here.db = db
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Here,
        settings=settings(
            max_examples=15,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )


def test_a_flood_of_robots_reaches_nobody_more_than_the_limits_allow(
    db: Database, now: datetime
) -> None:
    """10,000 joins within five hours, for 1,000 addresses, from 50 origins."""
    chance = random.Random(11)
    asks = [
        signup.Ask(
            Email.parse(f"victim{chance.randrange(1000)}@example.org"),
            Visit("form", "Send it.", f"198.51.100.{chance.randrange(50)}"),
        )
        for _ in range(10_000)
    ]

    asked = 0
    for start in range(0, len(asks), 200):
        at = now + start / len(asks) * timedelta(hours=5)
        answers = signup.join_all(db, asks[start : start + 200], at, LIMITS)
        asked += answers.count(Joined.ASKED)

    with db.write() as connection:
        sent = Counter(m.to for m in mails.claim(connection, now + DAY, DAY, 20_000))
    # 50 origins, 20 an hour each, five hours; and one a day for each address.
    assert 0 < asked == sum(sent.values()) <= 50 * 20 * 5
    assert max(sent.values()) == 1


def test_a_flood_from_everywhere_is_slowed_down(db: Database, now: datetime) -> None:
    limits = replace(LIMITS, a_minute=100)
    asks = [
        signup.Ask(Email.parse(f"v{n}@example.org"), Visit("form", "", f"2001:db8:{n:x}::1"))
        for n in range(300)
    ]

    first = signup.join_all(db, asks, now, limits)
    later = signup.join_all(db, asks[200:210], now + timedelta(minutes=1), limits)

    assert Counter(first) == {Joined.ASKED: 100, Joined.BUSY: 200}
    assert later == [Joined.ASKED] * 10


def test_two_asks_about_one_address_in_one_transaction_are_one(db: Database, now: datetime) -> None:
    ask = signup.Ask(Email.parse("ada@example.org"), Visit("form"))

    assert signup.join_all(db, [ask, ask], now, LIMITS) == [Joined.ASKED, Joined.QUIET]
    assert waiting(db, now) == [("confirm", "ada@example.org")]


def test_joins_that_come_together_are_committed_together_and_all_answered(
    db: Database, now: datetime
) -> None:
    joins = signup.Joins(db, lambda: now, replace(LIMITS, a_minute=0))

    async def everybody() -> list[Joined]:
        asks = (signup.Ask(Email.parse(f"r{n % 40}@example.org"), Visit("form")) for n in range(80))
        return list(await asyncio.gather(*map(joins.ask, asks)))

    answers = asyncio.run(everybody())

    assert Counter(answers) == {Joined.ASKED: 40, Joined.QUIET: 40}
    assert signup.count(db)["pending"] == 40
    assert len(waiting(db, now)) == 40


def test_who_asks_alone_hears_back_on_a_beat_known_or_not(db: Database, now: datetime) -> None:
    joins = signup.Joins(db, lambda: now, LIMITS)

    async def waits(email: str) -> float:
        loop = asyncio.get_running_loop()
        began = loop.time()
        await joins.ask(signup.Ask(Email.parse(email), Visit("form")))
        return loop.time() - began

    async def one_after_the_other() -> list[float]:
        return [await waits(email) for email in ("a@example.org", "a@example.org", "b@example.org")]

    assert all(waited >= 0.019 for waited in asyncio.run(one_after_the_other()))


def test_a_join_that_fails_says_so_and_costs_no_other(db: Database, now: datetime) -> None:
    joins = signup.Joins(db, lambda: now, LIMITS)
    # No database takes a zero byte in a text, or half of a letter.
    broken = signup.Ask(Email("x\ud800@example.org", "x\ud800@example.org"), Visit("form"))
    good = signup.Ask(Email.parse("ada@example.org"), Visit("form"))

    async def both() -> list[Joined | BaseException]:
        return list(
            await asyncio.gather(joins.ask(broken), joins.ask(good), return_exceptions=True)
        )

    failed, answer = asyncio.run(both())

    assert isinstance(failed, Exception)
    assert answer is Joined.ASKED
    assert state_of(db) is State.PENDING


@pytest.mark.parametrize("reminder", [True, False])
def test_who_does_not_answer_is_reminded_once_if_at_all(
    db: Database, now: datetime, reminder: bool
) -> None:
    join(db, now)
    reader(db, now, "bo@example.org")
    keeping = signup.Keeping(reminder=reminder)

    reminded = [signup.tidy(db, keeping, now + days * DAY).reminded for days in (1, 2, 3, 9)]

    assert reminded == [0, int(reminder), 0, 0]
    assert [to for _, to in waiting(db, now + 9 * DAY)] == ["ada@example.org"] * reminder


def test_who_never_confirms_is_erased_after_a_month(db: Database, now: datetime) -> None:
    join(db, now)
    reader(db, now, "bo@example.org")

    erased = [signup.tidy(db, signup.Keeping(), now + days * DAY).erased for days in (29, 30, 31)]

    assert erased == [0, 1, 0]
    assert state_of(db) is None
    assert state_of(db, "bo@example.org") is State.ACTIVE
    # They did not ask to be forgotten: they may be asked again, and a list may bring them.
    assert join(db, now + 31 * DAY) is Joined.ASKED


def test_a_reader_of_once_who_does_not_confirm_again_has_left(db: Database, now: datetime) -> None:
    number = reader(db, now)
    signup.leave(db, number, PAGE, now)
    join(db, now + DAY)

    signup.tidy(db, signup.Keeping(), now + 32 * DAY)

    assert state_of(db) is State.LEFT
    assert len(signup.my_data(db, number)["consents"]) == 5


def test_where_an_act_came_from_is_kept_as_long_as_the_setting_says(
    db: Database, now: datetime
) -> None:
    join(db, now, origin="192.0.2.7")
    signup.confirm(db, number_of(db), PAGE, now + 2 * DAY)

    blanked = signup.tidy(db, signup.Keeping(origins=DAY), now + 2 * DAY).blanked

    assert blanked == 1
    said = signup.my_data(db, number_of(db))["consents"]
    assert [(one["act"], one["origin"], one["user_agent"]) for one in said] == [
        ("join", "", ""),
        ("confirm", "192.0.2.7", "Browser"),
    ]


def test_a_dry_run_says_what_would_happen_and_does_nothing(db: Database, now: datetime) -> None:
    signup.leave(db, reader(db, now, "bo@example.org"), PAGE, now)
    before = signup.count(db)
    lines = ("email", "ada@example.org", "bo@example.org", "no address", "ADA@example.org")

    planned = signup.import_csv(
        db,
        [f"{line}\n" for line in lines],
        consent="On paper.",
        source="list.csv",
        now=now,
        hash_keys=KEYS,
        dry_run=True,
    )
    after = signup.count(db)
    done = take(db, now, *lines)

    assert after == before
    assert (planned.added, planned.known) == (done.added, done.known) == (1, 1)
    assert [one.line for one in planned.set_aside] == [one.line for one in done.set_aside] == [3, 4]


def test_every_row_set_aside_is_written_down_harmlessly(db: Database, now: datetime) -> None:
    file = StringIO()
    signup.import_csv(
        db,
        ["email,state\n", "=cmd|' /C calc'!A0,\n", "ada@example.org,asleep\n"],
        consent="On paper.",
        source="list.csv",
        now=now,
        hash_keys=KEYS,
        told=signup.aside_writer(file),
    )

    rows = list(csv.reader(StringIO(file.getvalue())))
    assert [row[0] for row in rows] == ["line", "2", "3"]
    assert "'asleep' is not a state" in rows[2][1]
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)


def test_a_list_of_more_than_one_batch_is_whole_and_unique(db: Database, now: datetime) -> None:
    lines = [f"r{n % 24_000}@example.org" for n in range(25_000)]

    first = take(db, now, "email", *lines)
    second = take(db, now, "email", *lines)

    assert (first.added, first.known) == (24_000, 1_000)
    assert (second.added, second.known) == (0, 25_000)
    with db.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM consents").scalar() == 24_000


def test_leaves_wait_on_the_disk_and_are_taken_in_once(
    db: Database, now: datetime, tmp_path: Path
) -> None:
    numbers = [reader(db, now, f"r{n}@example.org") for n in range(3)]
    spool = signup.Spool(tmp_path / "new" / "leaves.jsonl")
    for number in numbers[:2]:
        spool.put(number, PAGE, now)
    with (tmp_path / "new" / "leaves.jsonl").open("ab") as file:
        file.write(b'{"who": 3, "at"')  # power was lost in the middle of this one
    spool.put(999, PAGE, now)

    taken = [spool.take(lambda who, visit, at: signup.leave(db, who, visit, at)) for _ in "12"]

    assert taken == [3, 0]
    assert [state_of(db, f"r{n}@example.org") for n in range(3)] == ["left", "left", "active"]
    assert signup.my_data(db, numbers[0])["consents"][-1]["wording"] == "Yes"


def test_leaves_wait_on_while_the_database_still_refuses(tmp_path: Path, now: datetime) -> None:
    spool = signup.Spool(tmp_path / "leaves.jsonl")
    spool.put(1, PAGE, now)
    seen: list[int] = []

    def refuses(*_leave: object) -> None:
        raise RuntimeError("read only")

    with pytest.raises(RuntimeError):
        spool.take(refuses)
    spool.take(lambda who, *_: seen.append(who))

    assert seen == [1]


def test_refused_domains_are_named_and_their_sub_domains_too(tmp_path: Path) -> None:
    path = tmp_path / "refused.txt"
    path.write_text("# throw-away\nThrowAway.example  # seen in May\n\n")
    reason = signup.refusal(signup.domains(path), dns=False)

    said = [reason(Email.parse(f"a@{one}")) for one in ("x.throwaway.example", "away.example")]

    assert "cannot sign up addresses at x.throwaway.example" in said[0]
    assert said[1] == ""
    with pytest.raises(WrongUsage, match="REFUSED_DOMAINS"):
        signup.domains(tmp_path / "nothing.txt")
