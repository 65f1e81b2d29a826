"""The audit trail refuses UPDATE, DELETE and TRUNCATE (21 CFR 11.10(e))."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SQLITE = "CREATE TRIGGER audit_no_{what} BEFORE {what} ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END"
FUNCTION = (
    "CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'audit is append-only'; END $$"
)
POSTGRESQL = "CREATE TRIGGER audit_no_{what} BEFORE {what} ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for what in ("UPDATE", "DELETE"):
            op.execute(SQLITE.format(what=what))
        return
    op.execute(FUNCTION)
    for what in ("UPDATE", "DELETE", "TRUNCATE"):
        op.execute(POSTGRESQL.format(what=what))


def downgrade() -> None:
    on = "" if op.get_bind().dialect.name == "sqlite" else " ON audit"
    for what in ("UPDATE", "DELETE"):
        op.execute(f"DROP TRIGGER audit_no_{what}{on}")
    if on:
        op.execute("DROP TRIGGER audit_no_TRUNCATE ON audit")
        op.execute("DROP FUNCTION audit_refuse()")
