"""Alembic's door: it is handed an open connection and works in the caller's transaction."""

from alembic import context

from newsletter.store.schema import metadata

connection = context.config.attributes["connection"]


def ours(name, kind, parents) -> bool:
    """The job queue's tables lie beside ours and are not ours to compare."""
    return not (kind == "table" and name.startswith("procrastinate_"))


context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=False,
    include_name=ours,
    transactional_ddl=True,
)
context.run_migrations()
