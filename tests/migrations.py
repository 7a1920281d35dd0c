"""`alembic check`: the migrations make just the tables that the schema says.

Run as `python -m tests.migrations`; on PostgreSQL too where NEWSLETTER_TEST_POSTGRES names one.
"""

from __future__ import annotations

import os
import sys
import tempfile
import uuid
from pathlib import Path

from sqlalchemy import text

from newsletter.store import Database, migrate


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        _check(Database(f"sqlite:///{Path(folder) / 'check.sqlite'}"))
    if url := os.environ.get("NEWSLETTER_TEST_POSTGRES"):
        admin = Database(url)
        name = f"newsletter_migrations_{uuid.uuid4().hex[:8]}"
        with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        made = admin.engine.url.set(database=name, drivername="postgresql")
        _check(Database(made.render_as_string(hide_password=False)))
        with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"DROP DATABASE {name}"))
        admin.close()
    return 0


def _check(database: Database) -> None:
    database.upgrade()
    migrate.check(database)
    sys.stdout.write(f"migrations on {database.engine.dialect.name}: as the schema says\n")
    database.close()


if __name__ == "__main__":
    sys.exit(main())
