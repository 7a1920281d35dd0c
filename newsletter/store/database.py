"""One door to the database: SQLite in WAL mode or PostgreSQL, from a single address."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from threading import RLock
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

from newsletter.errors import NewsletterError, Refused, WrongUsage

# The newest migration; a test compares it with what alembic finds.
HEAD = "0009"

# PostgreSQL: a server in the C locale would talk in bytes; a network that swallows everything
# is noticed within half a minute instead of never (libpq's words: seconds, but milliseconds in
# tcp_user_timeout).
WIRE = {
    "client_encoding": "utf8",
    "connect_timeout": 10,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}

# SQLite: readers never wait for the writer (WAL); a commit survives power loss (FULL);
# a second writer waits half a minute before it gives up.
_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=30000",
    "PRAGMA cache_size=-16384",
    "PRAGMA temp_store=MEMORY",
)

# PostgreSQL's words for a deadlock and for transactions that cannot both stand.
_HEAD_ON = ("40P01", "40001")
_TRIES = 5

T = TypeVar("T")


class Unreachable(NewsletterError):
    """The database does not answer; what was under way may be tried again when it does."""


def lost(error: BaseException) -> bool:
    """Whether an error says that the connection to the database is gone, and nothing else."""
    return isinstance(error, Unreachable) or (
        isinstance(error, DBAPIError) and error.connection_invalidated
    )


class Database:
    """An engine and the two kinds of transactions that the house knows."""

    def __init__(self, url: str) -> None:
        """Take `sqlite:///FILE` or `postgresql://...`; nothing is opened yet."""
        self.engine = _engine(url)
        # SQLite's own queue is a sleep that grows: threads of one process wait here instead.
        self._writer: AbstractContextManager[object] = RLock() if self.is_sqlite else nullcontext()

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only looks."""
        with self._open() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that writes; on SQLite it takes the writer's place at its start.

        Without that a reader that turns writer fails at once when another one wrote meanwhile.
        """
        with self._writer, self._open() as opened:
            connection = opened.execution_options(newsletter_writes=True)
            with connection.begin():
                yield connection

    def settle(self, work: Callable[[Connection], T]) -> T:
        """Do `work` in a transaction that writes, and once more if it met another one head on.

        Of two transactions that wait for each other PostgreSQL ends one (SQLSTATE 40P01), which
        then finds its way free. `work` must change nothing but the database.
        """
        for _ in range(_TRIES):
            try:
                with self.write() as connection:
                    return work(connection)
            except OperationalError as error:
                if getattr(error.orig, "sqlstate", "") not in _HEAD_ON:
                    raise
        with self.write() as connection:
            return work(connection)

    @contextmanager
    def _open(self) -> Iterator[Connection]:
        try:
            connection = self.engine.connect()
        except OperationalError as error:
            raise Unreachable(
                f"The database {self.describe()} does not answer: {_first_line(error)}. "
                "Check DATABASE_URL and that the server runs."
            ) from error
        with connection:
            yield connection

    def describe(self) -> str:
        """The address without its password, for messages."""
        return self.engine.url.render_as_string(hide_password=True)

    def revision(self) -> str | None:
        """The migration at which the database stands, or None for an empty one."""
        with self.read() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
            return found

    def ready(self) -> None:
        """Bring SQLite up to date; refuse a PostgreSQL that is not.

        A server's tables may be in use by others, so their change is a person's decision.
        """
        found = self.revision()
        if found == HEAD:
            return
        if self.is_sqlite:
            self.upgrade()
        else:
            raise Refused(
                f"The database {self.describe()} is at revision {found or 'none'}, this program "
                f"wants {HEAD}. Run: newsletter db upgrade"
            )

    def upgrade(self) -> None:
        """Run the migrations that are missing, in one transaction."""
        from newsletter.store.migrate import upgrade  # alembic is slow to import, rarely needed

        upgrade(self)

    def close(self) -> None:
        self.engine.dispose()


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise WrongUsage(
            f"DATABASE_URL is {url!r}, which is no database address. "
            "Write sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME."
        ) from error
    kind = parsed.get_backend_name()
    if kind == "sqlite":
        if parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(
            parsed.set(drivername="sqlite"), connect_args={"timeout": 30}, hide_parameters=True
        )
        _tune_sqlite(engine)
        return engine
    if kind in {"postgresql", "postgres"}:
        return create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_pre_ping=True,
            pool_size=20,
            connect_args=WIRE,
            hide_parameters=True,
        )
    raise WrongUsage(
        f"DATABASE_URL names {kind!r}; Newsletter keeps its data in sqlite or postgresql."
    )


def _tune_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _pragmas(raw: Any, _record: Any) -> None:
        raw.isolation_level = None  # we say BEGIN ourselves, below
        cursor = raw.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("newsletter_writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _first_line(error: Exception) -> str:
    return str(getattr(error, "orig", error)).strip().splitlines()[0]
