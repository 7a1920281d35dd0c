"""Rows carried whole from one database to another: the same values, counted and summed up.

A table's digest is the sum of its rows' SHA-256 (mod 2**256): the same whatever the order, in
which the two databases differ, and made while the rows go by, some thousand at a time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import orjson
from sqlalchemy import (
    JSON,
    Boolean,
    Connection,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    Table,
    TypeDecorator,
    func,
    insert,
    select,
    text,
)

from newsletter.errors import Refused
from newsletter.store.schema import metadata

# In this order no row comes before the row that it refers to.
TABLES: tuple[Table, ...] = tuple(metadata.sorted_tables)
_AT_ONCE = 2000

Row = list[Any]


@dataclass
class Sum:
    """What went by of one table: rows, and their digest."""

    rows: int = 0
    total: int = 0

    def add(self, line: bytes) -> None:
        self.rows += 1
        self.total += int.from_bytes(hashlib.sha256(line).digest())

    @property
    def digest(self) -> str:
        return f"{self.total % 2**256:064x}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sum) and (self.rows, self.digest) == (other.rows, other.digest)

    __hash__ = None  # type: ignore[assignment]


def snapshot(connection: Connection) -> None:
    """Have a transaction that has just begun see one moment of the database, to its end."""
    if connection.dialect.name != "sqlite":
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))


def lines(connection: Connection, table: Table, told: Sum) -> Iterator[bytes]:
    """Give each row as a line of JSON, one value a column, and add it to the sum."""
    write = _writers(table)
    rows = connection.execute(select(table), execution_options={"yield_per": _AT_ONCE})
    for row in rows:
        line = orjson.dumps([make(value) for make, value in zip(write, row, strict=True)])
        told.add(line)
        yield line


def take(connection: Connection, table: Table, columns: list[str], found: Iterable[bytes]) -> Sum:
    """Write rows that `lines` gave, of these columns; give what was written, summed up."""
    told = Sum()
    read = [_reader(table.c[name].type) for name in columns]

    def values() -> Iterator[Row]:
        for line in found:
            told.add(line)
            row = orjson.loads(line)
            yield [make(value) for make, value in zip(read, row, strict=True)]

    if connection.dialect.name == "sqlite":
        rows = values()
        while some := list(islice(rows, _AT_ONCE)):
            connection.execute(
                insert(table), [dict(zip(columns, one, strict=True)) for one in some]
            )
    else:
        _copy(connection, table, columns, values())
    return told


def _copy(connection: Connection, table: Table, columns: list[str], rows: Iterator[Row]) -> None:
    """By COPY, many times faster than INSERT; the numbers that follow begin after the last one."""
    from psycopg import DataError
    from psycopg.types.json import Json

    named = ", ".join(f'"{name}"' for name in columns)
    as_json = [isinstance(table.c[name].type, JSON) for name in columns]
    driver = connection.connection.driver_connection
    assert driver is not None
    try:
        with driver.cursor().copy(f'COPY "{table.name}" ({named}) FROM STDIN') as copy:
            for row in rows:
                copy.write_row(
                    [Json(value) if js else value for value, js in zip(row, as_json, strict=True)]
                )
    except DataError as error:
        raise Refused(
            f"{table.name} has a row that PostgreSQL does not take ({str(error).splitlines()[0]}). "
            "Nothing was kept; mend that row and try again."
        ) from error
    for column in table.primary_key:
        if isinstance(column.type, Integer) and len(table.primary_key) == 1:
            connection.execute(
                text(
                    "SELECT setval(pg_get_serial_sequence(:name, :key), greatest(1, "
                    f'(SELECT coalesce(max("{column.name}"), 0) FROM "{table.name}") + 1), false)'
                ),
                {"name": table.name, "key": column.name},
            )


def sums(connection: Connection) -> dict[str, Sum]:
    """Count and sum up every table."""
    found = {}
    for table in TABLES:
        told = Sum()
        for _ in lines(connection, table, told):
            pass
        found[table.name] = told
    return found


def occupied(connection: Connection) -> dict[str, int]:
    """The tables that hold rows, with how many."""
    counts = {
        table.name: connection.scalar(select(func.count()).select_from(table)) or 0
        for table in TABLES
    }
    return {name: number for name, number in counts.items() if number}


def columns(table: Table) -> list[str]:
    return [str(column.name) for column in table.columns]


def _writers(table: Table) -> list[Callable[[Any], Any]]:
    return [_writer(column.type) for column in table.columns]


def _same(value: Any) -> Any:
    return value


def _moment_out(value: datetime | None) -> str | None:
    return value.astimezone(UTC).isoformat() if value else None


def _moment_in(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None


def _bytes_out(value: bytes | None) -> str | None:
    return value.hex() if value is not None else None


def _bytes_in(value: str | None) -> bytes | None:
    return bytes.fromhex(value) if value is not None else None


def _json_out(value: Any) -> Any:
    """In one order of keys, whatever order they were given in."""
    if isinstance(value, Mapping):
        return {key: _json_out(value[key]) for key in sorted(value)}
    return [_json_out(one) for one in value] if isinstance(value, list) else value


def _float_out(value: float | None) -> float | None:
    return None if value is None else float(value)


def _bool_out(value: bool | None) -> bool | None:
    return None if value is None else bool(value)


def _kind(type_: Any) -> Any:
    return type_.impl_instance if isinstance(type_, TypeDecorator) else type_


def _writer(type_: Any) -> Callable[[Any], Any]:
    for kind, write, _ in _FORMS:
        if isinstance(_kind(type_), kind):
            return write
    return _same


def _reader(type_: Any) -> Callable[[Any], Any]:
    for kind, _, read in _FORMS:
        if isinstance(_kind(type_), kind):
            return read
    return _same


# How values travel: kind of column, out of the database, into the next one.
_FORMS: tuple[tuple[type, Callable[[Any], Any], Callable[[Any], Any]], ...] = (
    (DateTime, _moment_out, _moment_in),
    (LargeBinary, _bytes_out, _bytes_in),
    (JSON, _json_out, _same),
    (Boolean, _bool_out, _same),
    (Float, _float_out, _same),
)
