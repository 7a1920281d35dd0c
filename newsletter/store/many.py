"""Many rows in one statement: they travel as one JSON parameter.

A driver that is handed rows one by one stops for each; on SQLite it gives away the
interpreter's lock each time, and waits for it behind every other thread.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    Text,
    TextClause,
    bindparam,
    cast,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from newsletter.store.schema import Moment

# How each database walks through an array, and reads an element or a part of it.
_EACH = {
    "sqlite": "json_each(:rows)",
    "postgresql": "jsonb_array_elements(CAST(:rows AS jsonb)) AS each(value)",
}
_WHOLE = {"sqlite": "value", "postgresql": "value #>> '{}'"}
_PART = {"sqlite": r"json_extract(value, '$[\1]')", "postgresql": r"(value ->> \1)"}


def sql(connection: Connection, statement: str) -> TextClause:
    """Prepare a statement that reads the parameter `rows`, made by `json`.

    In it `{each}` stands for the rows, `{text}` for one that is a text, `{0}` and on for the
    parts of one that is an array. The parameters `at`, `now` and `closed` are times.
    """
    return _sql(connection.dialect.name, statement)


def json(rows: object) -> str:
    return orjson.dumps(rows).decode()


@lru_cache
def texts(kind: str) -> Select[tuple[str]]:
    """Give the texts in the parameter `rows` as a sub-select, for an IN of any size.

    `kind` is the dialect's name: a statement around it can be kept, and need not be built anew.
    """
    rows = bindparam("rows", type_=Text())
    if kind == "sqlite":
        found = func.json_each(rows).table_valued("value")
    else:
        found = func.jsonb_array_elements_text(cast(rows, JSONB)).table_valued("value")
    return select(found.c.value)


def among(connection: Connection, column: Any, values: Collection[Any]) -> ColumnElement[bool]:
    """The condition that a column of texts or of numbers is one of `values`, however many.

    A place for each value would be a statement to be parsed anew for each number of them.
    """
    if connection.dialect.name == "sqlite":
        listed = func.json_each(json(list(values))).table_valued("value")
        return column.in_(select(listed.c.value))  # type: ignore[no-any-return]
    kind = BigInteger() if isinstance(next(iter(values), 0), int) else Text()
    return column == func.any(bindparam(None, list(values), type_=ARRAY(kind)))  # type: ignore[no-any-return]


@lru_cache(maxsize=256)
def _sql(kind: str, statement: str) -> TextClause:
    statement = statement.replace("{each}", _EACH[kind]).replace("{text}", _WHOLE[kind])
    clause = text(re.sub(r"\{(\d)\}", _PART[kind], statement))
    times = [name for name in ("at", "now", "closed") if f":{name}" in statement]
    return clause.bindparams(*(bindparam(name, type_=Moment()) for name in times))
