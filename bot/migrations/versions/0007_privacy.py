"""What the law on personal data asks for: whole evidence of consents, cases with a term, erasures, and nightly runs."""

import sqlalchemy as sa
from alembic import op

from bot.db import Json, Moment

revision = "0007"
down_revision = "0010"

#: Columns of evidence that nothing may change; `contact_id` may: two contacts can turn out to be one person.
_EVIDENCE = "given, policy_version, text_sha256, answer, message_sid, at, revokes, purposes, notice_id, notice_sid, notice_status"


def upgrade() -> None:
    counter = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.add_column(sa.Column("revokes", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("purposes", Json, nullable=False, server_default="[]"))
        for name in ("notice_id", "notice_sid", "notice_status"):
            batch_op.add_column(sa.Column(name, sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "tombstones",
        sa.Column("sid_hash", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("sid_hash", name=op.f("pk_tombstones")),
    )
    op.create_table(
        "erasure_refusals",
        sa.Column("id", counter, nullable=False),
        sa.Column("contact_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_erasure_refusals_contact_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure_refusals")),
    )
    op.create_index("ix_erasure_refusals_contact_id", "erasure_refusals", ["contact_id"])
    op.create_table(
        "rights_cases",
        sa.Column("ticket_id", counter, nullable=False),
        sa.Column("right", sa.Text(), nullable=False),
        sa.Column("opened_at", Moment(), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("prolonged_at", Moment(), nullable=True),
        sa.Column("warned", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_rights_cases_ticket_id")),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_rights_cases")),
    )
    op.create_table(
        "erasures",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("persons", Json, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("counts", Json, nullable=False),
        sa.Column("proofs", Json, nullable=False),
        sa.Column("todo", Json, nullable=False),
        sa.Column("due_at", Moment(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("finished_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
    )
    op.create_index("ix_erasures_due_at", "erasures", ["due_at"])
    op.create_table(
        "retention_runs",
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("report", Json, nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_retention_runs")),
    )
    _protect_evidence()


def _protect_evidence() -> None:
    """The database itself refuses to change evidence; erasing a person deletes it whole."""
    if op.get_context().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER consents_are_kept BEFORE UPDATE OF {_EVIDENCE} ON consents "
            "BEGIN SELECT RAISE(ABORT, 'evidence is never changed'); END"
        )
        return
    op.execute(
        "CREATE OR REPLACE FUNCTION keep_evidence() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'evidence is never changed'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER consents_are_kept BEFORE UPDATE OF {_EVIDENCE} ON consents FOR EACH ROW EXECUTE FUNCTION keep_evidence()"
    )
