"""Many subscribers at once, by the way that each database has for it.

SQLite takes rows as one JSON parameter, which leaves the interpreter to whoever reads the next
lines meanwhile; PostgreSQL takes them by COPY into a table of this session, and merges. Both
write the same proof of consent for each new person in one statement.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Connection, text

from newsletter.model import Consent, State
from newsletter.store import consents, many

# (email, key, name, state, created_at, confirmed_at, source, sections), times as `moment` writes
NewPerson = tuple[str, str, str, str, str | None, str | None, str, int]

_COLUMNS = "email, key, name, state, created_at, confirmed_at, source, sections"

_STATES = "SELECT key, id, state FROM subscribers WHERE key IN (SELECT {text} FROM {each})"

_SUPPRESSED = "SELECT key, reason FROM suppressions WHERE key IN (SELECT {text} FROM {each})"

_MOVE = """
UPDATE subscribers SET state = :state
WHERE id IN (SELECT CAST({text} AS BIGINT) FROM {each})
"""

_LOG = """
INSERT INTO consents (subscriber_id, act, at, source, wording_id)
SELECT CAST({text} AS BIGINT), :act, :at, :source, :wording_id FROM {each}
"""

# SQLite: AUTOINCREMENT only counts up, and who writes is alone, so ours are all past the last.
_LAST = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'subscribers'), 0)"
_ADD = f"""
INSERT INTO subscribers ({_COLUMNS})
SELECT {{0}}, {{1}}, {{2}}, {{3}}, {{4}}, {{5}}, {{6}}, {{7}} FROM {{each}} WHERE true
ON CONFLICT DO NOTHING
"""
_LOG_NEW = """
INSERT INTO consents (subscriber_id, act, at, source, wording_id)
SELECT id, :act, :at, :source, :wording_id FROM subscribers WHERE id > :last ORDER BY id
"""
_OLDER = "SELECT key FROM subscribers WHERE id <= :last AND key IN (SELECT value FROM {each})"

# Each checkpoint writes the pages of a large index that changed since the last one, which are
# most of them: while a list comes in there is one for 200 MB of log, and the pages that the
# next rows need stay at hand. Afterwards all is as `database` has it.
_WHILE = ("PRAGMA wal_autocheckpoint=50000", "PRAGMA cache_size=-65536")
_AFTER = ("PRAGMA wal_autocheckpoint=1000", "PRAGMA cache_size=-16384")

_INCOMING = """
CREATE TEMPORARY TABLE IF NOT EXISTS incoming (
    email text, key text, name text, state text,
    created_at timestamptz, confirmed_at timestamptz, source text, sections smallint
) ON COMMIT DELETE ROWS
"""
# In the order of keys, as those who join are written: two of these wait in one direction.
_MERGE = f"""
WITH new AS (
    INSERT INTO subscribers ({_COLUMNS})
    SELECT {_COLUMNS} FROM incoming ORDER BY key
    ON CONFLICT (key) DO NOTHING RETURNING id, key
), logged AS (
    INSERT INTO consents (subscriber_id, act, at, source, wording_id)
    SELECT id, :act, :at, :source, :wording_id FROM new
)
SELECT incoming.key FROM incoming LEFT JOIN new ON new.key = incoming.key WHERE new.key IS NULL
"""


def any_suppressed(connection: Connection) -> bool:
    return connection.scalar(text("SELECT 1 FROM suppressions LIMIT 1")) is not None


def states(connection: Connection, keys: Sequence[str]) -> dict[str, tuple[int, State]]:
    """Number and state of those of these keys that are known."""
    found = connection.execute(many.sql(connection, _STATES), {"rows": many.json(keys)})
    return {key: (number, State(state)) for key, number, state in found}


def suppressed(connection: Connection, keys: Sequence[str]) -> dict[str, str]:
    """Those of these keys that must not be mailed, and why."""
    found = connection.execute(many.sql(connection, _SUPPRESSED), {"rows": many.json(keys)})
    return {row.key: row.reason for row in found}


def add(connection: Connection, people: Sequence[NewPerson], proof: Consent) -> set[str]:
    """Write new people and the same proof of consent for each; give the keys that were known.

    Those stay as they are. One transaction may add once.
    """
    if not people:
        return set()
    ways: dict[str, Callable[[Connection, Sequence[NewPerson], Consent], set[str]]] = {
        "sqlite": _by_select,
        "postgresql": _by_copy,
    }
    return ways[connection.dialect.name](connection, people, proof)


def move(connection: Connection, moves: Mapping[int, State], proof: Consent) -> None:
    """Set the states of known people, by number, and log why."""
    for state in set(moves.values()):
        numbers = [number for number, to in moves.items() if to is state]
        connection.execute(
            many.sql(connection, _MOVE), {"rows": many.json(numbers), "state": state.value}
        )
    values = {"rows": many.json(list(moves)), **_proof(connection, proof)}
    connection.execute(many.sql(connection, _LOG), values)


def begin(connection: Connection) -> None:
    """Make ready for many rows; `over` ends that."""
    _say(connection, _WHILE)


def over(connection: Connection) -> None:
    """Say that no more is to be added, so that the database goes on as usual."""
    _say(connection, _AFTER)


@lru_cache(maxsize=4096)
def moment(at: datetime | None) -> str | None:
    """The text that `Moment` keeps on SQLite; a PostgreSQL session that imports thinks in UTC."""
    if at is None:
        return None
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def _by_select(connection: Connection, people: Sequence[NewPerson], proof: Consent) -> set[str]:
    last = connection.scalar(text(_LAST))
    sql = many.sql
    written = connection.execute(sql(connection, _ADD), {"rows": many.json(people)}).rowcount
    connection.execute(sql(connection, _LOG_NEW), {"last": last, **_proof(connection, proof)})
    if written == len(people):
        return set()
    rows = many.json([person[1] for person in people])
    return set(connection.scalars(sql(connection, _OLDER), {"last": last, "rows": rows}))


def _by_copy(connection: Connection, people: Iterable[NewPerson], proof: Consent) -> set[str]:
    connection.execute(text("SET LOCAL TIME ZONE 'UTC'"))
    connection.execute(text(_INCOMING))
    with (
        _driver(connection).cursor() as cursor,
        cursor.copy(f"COPY incoming ({_COLUMNS}) FROM STDIN") as copy,
    ):
        for person in people:
            copy.write_row(person)
    return set(connection.scalars(many.sql(connection, _MERGE), _proof(connection, proof)))


def _driver(connection: Connection) -> Any:
    """The driver's own connection, inside the transaction that stands."""
    return cast(Any, connection.connection.driver_connection)


def _proof(connection: Connection, proof: Consent) -> dict[str, object]:
    versions = consents.wording_versions(connection, [proof.wording], proof.at)
    return {
        "act": proof.act.value,
        "at": proof.at,
        "source": proof.source,
        "wording_id": versions[proof.wording],
    }


def _say(connection: Connection, pragmas: Sequence[str]) -> None:
    if connection.dialect.name == "sqlite":
        for pragma in pragmas:
            connection.exec_driver_sql(pragma)
