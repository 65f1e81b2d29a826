"""No words in what was stored of an understanding: it lies open, and they are sealed beside it.

Of a symptom the term stays, the words it was heard in go. Backups made before still hold them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

INBOX = sa.table("inbox", sa.column("id", sa.Integer()), sa.column("understood", sa.JSON()))
AT_ONCE = 500


def upgrade() -> None:
    connection = op.get_bind()
    last = 0
    while found := connection.execute(
        sa.select(INBOX).where(INBOX.c.id > last).order_by(INBOX.c.id).limit(AT_ONCE)
    ).all():
        for row in found:
            symptoms = row.understood.get("symptoms") if isinstance(row.understood, dict) else None
            if symptoms and any("said" in one for one in symptoms):
                kept = [{"term": one["term"]} for one in symptoms]
                connection.execute(
                    sa.update(INBOX).where(INBOX.c.id == row.id).values(understood={**row.understood, "symptoms": kept})
                )
        last = found[-1].id


def downgrade() -> None:
    """The words are sealed in the inbox as before; nothing reads them from here."""
