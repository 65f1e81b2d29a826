"""Where somebody stood before a death was told: if it was a mistake, they stand there again."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("participant") as participant:
        participant.add_column(sa.Column("standing_before", sa.String(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("participant") as participant:
        participant.drop_column("standing_before")
