"""Joining by questions, wishes, replies to a message, buttons put away, what a concern is about."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "wish",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("wished_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("concern_id", sa.Integer(), nullable=True),
        sa.Column("cause", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["cause"], ["inbox.id"], name=op.f("fk_wish_cause_inbox")),
        sa.ForeignKeyConstraint(["concern_id"], ["concern.id"], name=op.f("fk_wish_concern_id_concern")),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participant.id"], name=op.f("fk_wish_participant_id_participant")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wish")),
    )
    with op.batch_alter_table("wish", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_wish_participant_id"), ["participant_id"], unique=False)

    with op.batch_alter_table("concern", schema=None) as batch_op:
        batch_op.add_column(sa.Column("details", sa.JSON(), nullable=False, server_default="{}"))

    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("reply_to", sa.Integer(), nullable=True))

    with op.batch_alter_table("link", schema=None) as batch_op:
        batch_op.add_column(sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("tidies", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_outbox_tidies"), ["tidies"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_outbox_tidies_outbox"), "outbox", ["tidies"], ["id"])

    with op.batch_alter_table("participant", schema=None) as batch_op:
        batch_op.add_column(sa.Column("joining", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("country", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("telephone_sealed", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("emergency_contact_sealed", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("farewell_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(batch_op.f("ix_participant_farewell_at"), ["farewell_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("participant", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_participant_farewell_at"))
        batch_op.drop_column("farewell_at")
        batch_op.drop_column("emergency_contact_sealed")
        batch_op.drop_column("telephone_sealed")
        batch_op.drop_column("country")
        batch_op.drop_column("joining")

    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_outbox_tidies_outbox"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_outbox_tidies"))
        batch_op.drop_column("tidies")

    with op.batch_alter_table("link", schema=None) as batch_op:
        batch_op.drop_column("revoked_at")

    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.drop_column("reply_to")

    with op.batch_alter_table("concern", schema=None) as batch_op:
        batch_op.drop_column("details")

    with op.batch_alter_table("wish", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_wish_participant_id"))

    op.drop_table("wish")
