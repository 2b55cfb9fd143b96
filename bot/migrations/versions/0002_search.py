"""The index that tickets are searched with. Each database has its own kind, which SQLAlchemy's tables cannot describe."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        # Words come folded and parted by bot.tickets.words, so the plainest tokenizer has nothing left to decide. Where in a
        # text a word stands is not kept (detail=none): nobody asks, and the index is a third of the size. Beginnings of up to
        # 12 letters are kept too: else "contrase" would be put together from all tickets of all words that begin so.
        beginnings = " ".join(map(str, range(2, 13)))
        op.execute(
            "CREATE VIRTUAL TABLE ticket_search USING fts5"
            f"(words, tokenize='ascii', detail='none', columnsize=0, prefix='{beginnings}')"
        )
    else:
        op.execute("CREATE TABLE ticket_search (ticket_id bigint PRIMARY KEY, words tsvector NOT NULL)")
        op.execute("CREATE INDEX ix_ticket_search_words ON ticket_search USING gin (words) WITH (gin_pending_list_limit = 64)")
