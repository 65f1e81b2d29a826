"""Alembic runs this. It is handed a connection by study.db.migrate; it opens none itself."""

from alembic import context

from study.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
