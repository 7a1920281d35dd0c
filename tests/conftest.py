"""What every test may ask for: a store on each database that is here, a clock, a home."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from newsletter.store import Database

REQUIRE_ALL = os.environ.get("NEWSLETTER_TEST_REQUIRE_ALL") == "1"
POSTGRES = os.environ.get("NEWSLETTER_TEST_POSTGRES", "")
CHROMIUM = os.environ.get("NEWSLETTER_TEST_CHROMIUM") or shutil.which("chromium") or ""


def _missing(what: str, cure: str) -> None:
    if REQUIRE_ALL:
        pytest.fail(f"{what} is required here and was not found: {cure}")
    pytest.skip(f"{what} was not found: {cure}")


@pytest.fixture
def now() -> datetime:
    """A Wednesday noon in 2026-W47."""
    return datetime(2026, 11, 18, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium that can be driven; the test is skipped (or fails) without one."""
    if not CHROMIUM:
        _missing("Chromium", "install Debian's chromium or set NEWSLETTER_TEST_CHROMIUM")
    return CHROMIUM


@pytest.fixture
def spamassassin() -> None:
    """The test needs SpamAssassin; it is skipped (or fails) without it."""
    if shutil.which("spamassassin") is None:
        _missing("SpamAssassin", "install Debian's spamassassin")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied: migrating takes longer than most tests."""
    path = tmp_path_factory.mktemp("template") / "newsletter.sqlite"
    database = Database(f"sqlite:///{path}")
    database.upgrade()
    with database.read() as connection:
        connection.exec_driver_sql("SELECT 1")
    database.close()
    return path


@contextmanager
def _new_database(template: str = "template1") -> Iterator[str]:
    """Make a PostgreSQL database, give its address, and drop it."""
    name = f"newsletter_{uuid.uuid4().hex[:12]}"
    admin = create_engine(
        make_url(POSTGRES).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
    )
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    try:
        yield make_url(POSTGRES).set(database=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        admin.dispose()


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[str]:
    """The name of a migrated PostgreSQL database that nobody is connected to."""
    if not POSTGRES:
        _missing("PostgreSQL", "set NEWSLETTER_TEST_POSTGRES=postgresql://USER:PASSWORD@HOST/NAME")
    with _new_database() as url:
        database = Database(url)
        database.upgrade()
        database.close()
        yield make_url(url).database or ""


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """An empty PostgreSQL database of its own, dropped afterwards."""
    if not POSTGRES:
        _missing("PostgreSQL", "set NEWSLETTER_TEST_POSTGRES=postgresql://USER:PASSWORD@HOST/NAME")
    with _new_database() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty, migrated store, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        path = tmp_path / "newsletter.sqlite"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        database = Database(f"sqlite:///{path}")
        yield database
        database.close()
    else:
        with _new_database(request.getfixturevalue("postgres_template")) as url:
            database = Database(url)
            yield database
            database.close()
