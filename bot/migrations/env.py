"""Alembic's entry: runs the steps on the connection that `bot.migrations.upgrade` hands over."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from bot.agents import tables as agents
from bot.attachments import tables as attachments
from bot.contacts import tables as contacts
from bot.conversations import tables as conversations
from bot.db import Json, Moment, metadata
from bot.messages import tables as messages
from bot.privacy import tables as privacy
from bot.tickets import desk_tables as desk
from bot.tickets import rights
from bot.tickets import tables as tickets
from bot.vault import tables as vault

#: Imported so that `metadata` knows them all.
TABLES = (agents, attachments, contacts, conversations, desk, messages, privacy, rights, tickets, vault)


def _render(kind: str, item: Any, autogenerate: AutogenContext) -> str | Literal[False]:
    """How a column's type is written into a new step: ours by their names."""
    if kind == "type" and isinstance(item, Moment):
        autogenerate.imports.add("from bot.db import Moment")
        return "Moment()"
    if kind == "type" and item is Json:
        autogenerate.imports.add("from bot.db import Json")
        return "Json"
    return False


context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True, render_item=_render
)
with context.begin_transaction():
    context.run_migrations()
