"""One process at work on one send: turns of recording, claiming and calling.

One thread owns the ledger; a crew builds the requests and waits for the
provider. What finished since the last turn is recorded and new batches are
claimed in one transaction, so a commit is shared by many batches and no
transaction spans the network.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from newsletter import journal, telemetry
from newsletter.deliver import plan as planning
from newsletter.errors import NewsletterError, Refused
from newsletter.model import (
    Answer,
    Approval,
    Batch,
    BatchState,
    Outcome,
    Send,
    SendState,
    Standing,
)
from newsletter.sending import brake, settling
from newsletter.sending import lanes as laning
from newsletter.sending.building import Builder
from newsletter.sending.crew import Crew
from newsletter.sending.means import Means, alive, this_process
from newsletter.sending.pacing import Outage, Pace
from newsletter.sending.settling import Done, Effect
from newsletter.sending.steps import Step
from newsletter.store import ledger
from newsletter.store.database import Unreachable, lost
from newsletter.store.ledger import Lane

# How long the ledger's thread sleeps when it has nothing to do but wait for others.
_BEAT = 0.1
_TELL_EVERY = 0.2
# Reports of the provider are looked at this often, for the brake.
_LOOK_EVERY = 1.0


class Run:
    """One process at work on one send."""

    def __init__(
        self,
        means: Means,
        send: Send,
        approval: Approval,
        progress: Callable[[Standing], None],
    ) -> None:
        # A name of its own, so that it can tell its claims from those of its neighbours.
        holder = this_process(f"{means.chance.getrandbits(64):x}")
        means = replace(means, holder=holder)
        self.means, self.send, self.progress = means, send, progress
        self._began = (means.clock(), time.monotonic())
        self._crew = Crew(means, Builder(means, send, approval), self._now)
        self._pace = Pace(means.knobs, means.chance)
        self._unrecorded: list[Done] = []
        self._outage = Outage(means.knobs.patience.total_seconds())
        self._halt: BaseException | None = None
        self._closed_for_claims = self._dry = False
        self._told = self._looked = 0.0
        self._lanes: dict[int, Lane] = {}

    def _now(self) -> datetime:
        """The clock, which never stands still here: a fixed one would wait for ever."""
        start, tick = self._began
        return max(self.means.clock(), start + timedelta(seconds=time.monotonic() - tick))

    def go(self) -> None:
        """Work until there is nothing more to do; raise `Refused` if the provider wants none.

        While the database does not answer, what is in flight comes back and waits here to be
        recorded; after the patience for that, the error is raised and those batches are in doubt.
        """
        with (
            journal.about(week=str(self.send.week), send=self.send.ref),
            telemetry.span("hand over", week=str(self.send.week), send=self.send.ref),
            self._crew as crew,
        ):
            while True:
                try:
                    if not self._step(crew):
                        break
                    self._outage.over()
                except Exception as error:
                    if not lost(error):
                        raise
                    journal.warning("the database does not answer", in_flight=len(crew.busy))
                    if not self._outage.waits():
                        raise
        if self._halt:
            raise self._halt

    def _step(self, crew: Crew) -> bool:
        if self._outage.on:
            self._put_back_lost_claims()
        self._unrecorded += crew.collect(self._nap(), ahead=self._ahead)
        claimed = self._turn(self._unrecorded)
        crew.give(claimed)
        return bool(claimed or crew.busy or self._wait_or_mend())

    @property
    def _ahead(self) -> int:
        """How many batches are claimed before their request can leave.

        Enough to build while the ledger is written, and few, since what is claimed is in doubt
        if this process dies. Under a rate each leaves as it is claimed.
        """
        return 0 if self.means.knobs.rate else max(2, self.means.knobs.in_flight // 2)

    def _put_back_lost_claims(self) -> None:
        """A commit whose answer was lost may have claimed batches that never left: others may."""
        known = [*self._crew.busy, *(one.batch.id for one in self._unrecorded)]
        with self.means.db.write() as connection:
            ledger.put_back(connection, self.send.id, self.means.holder, known)

    def _turn(self, done: Sequence[Done]) -> list[Batch]:
        """Record what came back, then claim what fits: one transaction for both."""
        self._halt = self._halt or self._crew.broken
        claims = self._may_claim() and self._crew.room(self._ahead) > 0
        if not done and not claims:
            return []
        if claims and not self._lanes_fresh():
            self._open_lanes()
        self._brake()
        with self.means.db.write() as connection:
            state = ledger.join(connection, self.send.id).state
            effects = settling.settle(connection, done, self._now())
            for one, effect in zip(done, effects, strict=True):
                _tell(one)
                self._follow(effect, one.answer)
            # Another operator may have paused or undone it.
            self._closed_for_claims = state is not SendState.OPEN
            claimed = self._claim(connection)
            standing = ledger.standing(connection, self.send.id) if self._time_to_tell() else None
            if done:
                self.means.step(Step.RECORDING)
        self._unrecorded = []
        if done:
            self.means.step(Step.RECORDED)
        if standing:
            self.progress(standing)
        # What has not left comes back while nothing is to leave.
        resting = self._pace.rests(time.monotonic())
        self._crew.held = bool(self._halt) or self._closed_for_claims or resting
        return claimed

    def _open_lanes(self) -> None:
        try:
            self._lanes = laning.ready_lanes(self.means, self.send, now=self._now())
        except Unreachable:
            raise
        except NewsletterError as error:
            # The run ends, and what came back before is recorded first.
            self._halt = error

    def _follow(self, effect: Effect, answer: Answer) -> None:
        """Draw the consequences of an outcome for the whole run."""
        if effect is Effect.TAKEN:
            self._pace.accepted()
        elif effect is Effect.STOP:
            self._halt = Refused(
                f"{answer.reason} Nothing of this batch was sent; the send goes on from here "
                f"with: newsletter send {self.send.week}"
            )
        elif effect is Effect.REST and not self._pace.later(time.monotonic(), answer.retry_after):
            self._halt = Refused(
                f"The mail provider takes no mail now ({answer.reason}). Nothing is lost. "
                f"Run later: newsletter send {self.send.week}"
            )

    def _nap(self) -> float:
        """How long to wait for an answer: until the next claim is due, a beat at most."""
        if not self._may_claim():
            return min(_BEAT, self._pace.wait(time.monotonic()) or _BEAT)
        return 0.0 if self._crew.room(self._ahead) > 0 and not self._dry else _BEAT

    def _time_to_tell(self) -> bool:
        tick = time.monotonic()
        if tick < self._told + _TELL_EVERY:
            return False
        self._told = tick
        return True

    def _may_claim(self) -> bool:
        return not (
            self._halt
            or self._closed_for_claims
            or self.means.stop.is_set()
            or self._pace.wait(time.monotonic())
        )

    def _lanes_fresh(self) -> bool:
        late = self._now() + planning.LAST_CALL
        return bool(self._lanes) and all(
            lane.send_at is None or lane.send_at > late for lane in self._lanes.values()
        )

    def _claim(self, connection: Connection) -> list[Batch]:
        room = self._crew.room(self._ahead)
        if not self._may_claim() or room <= 0:
            return []
        claimed = ledger.claim(
            connection,
            self.send.id,
            holder=self.means.holder,
            now=self._now(),
            lease=self.means.knobs.lease,
            limit=1 if self.means.knobs.rate else room,
            open_lanes={number: lane.id for number, lane in self._lanes.items()},
        )
        self._pace.claimed(sum(batch.size for batch in claimed), time.monotonic())
        self._dry = not claimed
        if self._dry:
            self._lanes = {}  # another operator may have cancelled one: look again
        return claimed

    def _brake(self) -> None:
        """Now and then look at what the provider reports, and pause the send if it is bad."""
        tick = time.monotonic()
        if tick < self._looked + _LOOK_EVERY:
            return
        with self.means.db.write() as connection:
            now = ledger.alone(connection, self.send.id)
            if now.state is SendState.OPEN:
                brake.pull(connection, now, self.means.knobs.brake)
        # Counting takes longer as reports come in: a twentieth of the time at most.
        self._looked = tick + 20 * (time.monotonic() - tick)

    def _wait_or_mend(self) -> bool:
        """With nothing in flight: wait, repair or close. False when this run has done its part."""
        if self._halt or self._closed_for_claims or self.means.stop.is_set():
            return False
        if laning.finish_cancelling(self.means, self.send, now=self._now()):
            self._lanes = {}
            return True
        if wait := self._pace.wait(time.monotonic()):
            self.means.stop.wait(min(wait, _BEAT))
            return True
        with self.means.db.write() as connection:
            ledger.alone(connection, self.send.id)
            ledger.expire(connection, self.send.id, now=self._now(), alive=alive)
            ledger.prove(connection, self.send.id)
            states = ledger.by_state(connection, self.send.id)
        if states.get(BatchState.READY) or states.get(BatchState.SENDING):
            self.means.stop.wait(_BEAT)
            return True
        if states.get(BatchState.UNKNOWN):
            repaired = laning.repair(self.means, self.send, now=self._now())
            self._lanes = {}
            return bool(repaired)
        self.means.step(Step.CLOSING)
        with self.means.db.write() as connection:
            ledger.close(connection, self.send.id, now=self._now())
        return False


# How loud an outcome of a batch is in the journal.
_LOUD = {
    Outcome.ACCEPTED: journal.debug,
    Outcome.UNKNOWN: journal.warning,
    Outcome.DENIED: journal.error,
}


def _tell(one: Done) -> None:
    _LOUD.get(one.answer.outcome, journal.info)(
        "a batch came back",
        batch=one.batch.number,
        outcome=one.answer.outcome.value,
        status=one.answer.status,
        message=one.answer.message_id,
        reason=one.answer.reason,
    )
