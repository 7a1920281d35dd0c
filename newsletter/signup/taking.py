"""One batch of a list after the other: who is new, who is known, who must not come back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from types import TracebackType

from sqlalchemy import Connection

from newsletter.errors import Refused
from newsletter.model import Consent, State
from newsletter.store import Database, erasures, imports
from newsletter.subscribers import lifecycle
from newsletter.subscribers.lists import Row, Unread
from newsletter.subscribers.tokens import fingerprint, key_name

Batch = list[Row | Unread]

_BACK = {
    State.LEFT: "They left. A list does not bring anyone back; they can join again.",
    State.BOUNCED: "Mail to this address bounced. It can join again once it works.",
    State.COMPLAINED: "They complained about our mail and are not mailed again.",
}
_ERASED = "They asked to be forgotten. They can join again themselves."


@dataclass(slots=True)
class Taken:
    """What became of the rows of one batch."""

    rows: int = 0
    added: int = 0
    changed: int = 0
    known: int = 0
    aside: list[Unread] = field(default_factory=list)


class Taking:
    """One import under way: its proof, and in a dry run whom it met so far."""

    def __init__(
        self, db: Database, proof: Consent, hash_keys: Sequence[bytes], dry_run: bool
    ) -> None:
        self._db, self._proof, self._hash_keys = db, proof, hash_keys
        self._met: set[int] | None = set() if dry_run else None

    def __enter__(self) -> Taking:
        with self._db.read() as connection:
            lost = erasures.unreadable(connection, [*map(key_name, self._hash_keys)])
        if lost:
            raise Refused(
                "Some erased addresses are kept under a secret that is not given any more ("
                f"{lost:,} of them), so this list could bring them back. "
                "Add that secret at the end of NEWSLETTER_SECRET."
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._met is None:
            with self._db.write() as connection:
                imports.over(connection)

    def take(self, batch: Batch) -> Taken:
        """Take in a batch, in one transaction, or say what would become of it."""
        people, unread, repeated = _readable(batch)
        if self._met is None:
            done = self._db.settle(lambda connection: self._judge(connection, people))
        else:
            with self._db.read() as connection:
                done = self._judge(connection, people)
        done.rows = len(batch)
        done.known += repeated
        done.aside = sorted(unread + done.aside)
        return done

    def _judge(self, connection: Connection, people: dict[str, Row]) -> Taken:
        """Add who is new; judge who is known, barred or erased one by one."""
        done = Taken()
        barred = self._barred(connection, people)
        erased = self._erased(connection, people)
        held = barred.keys() | erased
        fresh = [row for key, row in people.items() if key not in held] if held else people.values()
        known = self._add(connection, fresh)
        done.added = len(fresh) - len(known)
        again = [*known, *held]
        states = imports.states(connection, again) if again else {}
        moves: dict[int, State] = {}
        for key in again:
            row = people[key]
            number, have = states.get(key, (0, None))
            state = lifecycle.imported(have, row.state)
            reason = ""
            if key in erased and have is None:
                reason = _ERASED
            elif have in _BACK and row.state not in _BACK:
                reason = _BACK[have]
            elif key in barred:
                reason = f"This address must not be mailed ({barred[key]})."
            if reason:
                done.aside.append(Unread(row.line, reason, row.email.text))
            elif have is not None and state is not have:
                moves[number] = state
            else:
                done.known += 1
        if moves and self._met is None:
            imports.move(connection, moves, self._proof)
        done.changed = len(moves)
        return done

    def _barred(self, connection: Connection, people: dict[str, Row]) -> dict[str, str]:
        if not imports.any_suppressed(connection):
            return {}
        loud = [key for key, row in people.items() if row.state not in _BACK]
        return imports.suppressed(connection, loud)

    def _erased(self, connection: Connection, people: dict[str, Row]) -> set[str]:
        if not erasures.any_at_all(connection):
            return set()
        hashes = {fingerprint(secret, key): key for key in people for secret in self._hash_keys}
        return {hashes[one] for one in erasures.among(connection, hashes)}

    def _add(self, connection: Connection, fresh: Iterable[Row]) -> set[str]:
        """Write new people; give the keys of those who were there already."""
        if self._met is None:
            return imports.add(connection, [*map(self._person, fresh)], self._proof)
        keys = [row.email.key for row in fresh]
        known = {key for key in keys if hash(key) in self._met}
        self._met.update(map(hash, keys))
        return known | imports.states(connection, keys).keys()

    def _person(self, row: Row) -> imports.NewPerson:
        moment, email = imports.moment, row.email
        return (
            email.text,
            email.key,
            row.name,
            row.state._value_,
            moment(row.created_at or self._proof.at),
            moment(row.confirmed_at),
            row.source or self._proof.source,
            row.sections,
        )


def _readable(batch: Batch) -> tuple[dict[str, Row], list[Unread], int]:
    """Who is in a batch, by key; what cannot be read; how many lines repeat a person.

    Of two lines about one person the louder state counts.
    """
    people: dict[str, Row] = {}
    unread: list[Unread] = []
    repeated = 0
    for row in batch:
        if type(row) is Unread:
            unread.append(row)
            continue
        assert type(row) is Row
        key = row.email.key
        first = people.setdefault(key, row)
        if first is not row:
            repeated += 1
            if lifecycle.imported(first.state, row.state) is not first.state:
                people[key] = row
    return people, unread, repeated
