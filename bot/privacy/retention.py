"""How long what is kept: found by a plan that changes nothing, and carried out by `carry_out`.

People go whole, by an erasure like one that they asked for: with their messages, files, and the provider's copies.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.agents.tables import audit
from bot.attachments.keep import THUMB, VIEW, remove
from bot.attachments.tables import Reason as FileReason
from bot.attachments.tables import State, attachments
from bot.contacts.tables import consents
from bot.conversations.tables import conversations, inbox
from bot.messages.tables import UNSETTLED, messages
from bot.privacy.erase import Order, erase
from bot.privacy.finish import Means
from bot.privacy.tables import Reason
from bot.tickets.lifecycle import Status
from bot.tickets.tables import tickets

#: A file without a row that is younger may belong to a fetch under way.
_ORPHAN_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class Terms:
    """How long each kind is kept (`retention:` in config.yaml), and where the flow asks for consent."""

    refused: timedelta
    unanswered: timedelta
    chats: timedelta
    tickets: timedelta
    files: timedelta
    webhooks: timedelta
    trail: timedelta
    asks_consent: frozenset[str] = frozenset()  #: names of the nodes


@dataclass(frozen=True)
class Plan:
    """What is over its time at a moment. Ids and counts alone."""

    people: Mapping[Reason, tuple[str, ...]] = field(default_factory=dict)  #: ids of contacts
    expired: tuple[str, ...] = ()  #: those of EXPIRED chats and tickets
    files: tuple[str, ...] = ()
    orphans: tuple[str, ...] = ()  #: files on disk that no row knows
    webhooks: int = 0
    trail: int = 0

    def report(self) -> dict[str, int]:
        """Kind → how many, for people to read."""
        found = {f"people_{reason.value}": len(ids) for reason, ids in self.people.items()}
        return {
            **found,
            "files": len(self.files),
            "files_without_owner": len(self.orphans),
            "webhooks": self.webhooks,
            "trail": self.trail,
        }


def quick(connection: Connection, terms: Terms, now: datetime) -> dict[Reason, tuple[str, ...]]:
    """People who did not agree that their details are kept, or did not answer: they do not wait for the night."""
    return {
        Reason.REFUSED: _ids(connection, _last_said(now - terms.refused), _has_refused(), ~_has_ticket(), _is_settled()),
        Reason.UNANSWERED: _ids(
            connection,
            _last_said(now - terms.unanswered),
            _stands_at(terms.asks_consent),
            ~_has_ticket(),
            ~_has_agreed(),
            _is_settled(),
        ),
    }


def plan(connection: Connection, terms: Terms, folder: Path, now: datetime) -> Plan:
    """Everything that is over its time. Changes nothing."""
    chats = _ids(connection, _last_said(now - terms.chats), ~_has_ticket())
    done = _ids(connection, _last_said(now - terms.tickets), _has_ticket(), ~_has_ticket(_resolved_after(now - terms.tickets)))
    early = quick(connection, terms, now)
    expired = tuple(one for one in dict.fromkeys([*chats, *done]) if not any(one in ids for ids in early.values()))
    return Plan(
        people={**early, Reason.EXPIRED: expired},
        files=tuple(connection.execute(sa.select(attachments.c.id).where(_is_old_file(now - terms.files))).scalars()),
        orphans=_orphans(connection, folder, now),
        webhooks=_count(connection, inbox, _is_old_webhook(now - terms.webhooks)),
        trail=_count(connection, audit, audit.c.at <= now - terms.trail),
    )


def carry_out(means: Means, terms: Terms) -> Plan:
    """Do what `plan` says, each person in a transaction of their own. Blocks. Raises what the database and the disk raise."""
    now = means.now()
    found = means.database.read_now(partial(plan, terms=terms, folder=means.attachments, now=now))
    erase_people(means, found.people)
    for name in (*found.files, *found.orphans):
        remove(means.attachments, name)

    def job(connection: Connection) -> None:
        gone = {"state": State.REFUSED.value, "reason": FileReason.EXPIRED.value, "stored_as": "", "has_preview": False}
        connection.execute(sa.update(attachments).where(attachments.c.id.in_(found.files)).values(**gone, updated_at=now))
        connection.execute(sa.update(inbox).where(_is_old_webhook(now - terms.webhooks)).values(parameters={}))
        connection.execute(sa.delete(audit).where(audit.c.at <= now - terms.trail))

    means.database.write_now(job)
    return found


def erase_people(means: Means, people: Mapping[Reason, Collection[str]]) -> None:
    """Erase each of these people, for the reason they stand under."""
    for reason, contact_ids in people.items():
        for contact_id in contact_ids:
            order = Order((contact_id,), reason)
            means.database.write_now(partial(erase, order=order, place=means.place, now=means.now()))


def _ids(connection: Connection, *conditions: sa.ColumnElement[bool]) -> tuple[str, ...]:
    query = sa.select(conversations.c.contact_id).where(*conditions).order_by(conversations.c.contact_id)
    return tuple(connection.execute(query).scalars())


def _last_said(before: datetime) -> sa.ColumnElement[bool]:
    return conversations.c.last_message_at <= before


def _has_ticket(*conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    return sa.exists().where(tickets.c.contact_id == conversations.c.contact_id, *conditions)


def _resolved_after(moment: datetime) -> sa.ColumnElement[bool]:
    return sa.or_(tickets.c.status != Status.RESOLVED.value, tickets.c.resolved_at > moment)


def _has_refused() -> sa.ColumnElement[bool]:
    """The last word about consent was a no."""
    later = consents.alias("later")
    is_last = ~sa.exists().where(later.c.contact_id == consents.c.contact_id, later.c.id > consents.c.id)
    return sa.exists().where(consents.c.contact_id == conversations.c.contact_id, ~consents.c.given, is_last)


def _has_agreed() -> sa.ColumnElement[bool]:
    return sa.exists().where(consents.c.contact_id == conversations.c.contact_id, consents.c.given)


def _stands_at(nodes: frozenset[str]) -> sa.ColumnElement[bool]:
    """At one of these nodes, or at a question that interrupted it."""
    state: Any = conversations.c.state
    return sa.or_(*(state[key].as_string().in_(sorted(nodes)) for key in ("node", "return_to")))


def _is_settled() -> sa.ColumnElement[bool]:
    """Nothing is on its way to them: the last word they hear is that nothing is kept."""
    return ~sa.exists().where(messages.c.conversation_id == conversations.c.id, messages.c.status.in_(UNSETTLED))


def _is_old_file(before: datetime) -> sa.ColumnElement[bool]:
    """Kept, and of nobody whose ticket is still open."""
    is_needed = sa.exists().where(
        messages.c.id == attachments.c.message_id,
        tickets.c.conversation_id == messages.c.conversation_id,
        tickets.c.status != Status.RESOLVED.value,
    )
    return sa.and_(attachments.c.state == State.FETCHED.value, attachments.c.created_at <= before, ~is_needed)


def _is_old_webhook(before: datetime) -> sa.ColumnElement[bool]:
    parameters = sa.cast(inbox.c.parameters, sa.Text)
    return sa.and_(inbox.c.handled_at.is_not(None), inbox.c.received_at <= before, parameters != "{}")


def _count(connection: Connection, table: sa.Table, condition: sa.ColumnElement[bool]) -> int:
    return int(connection.execute(sa.select(sa.func.count()).select_from(table).where(condition)).scalar_one())


def _orphans(connection: Connection, folder: Path, now: datetime) -> tuple[str, ...]:
    """Files that were kept and whose row is gone: a crash came between the two."""
    known = set(connection.execute(sa.select(attachments.c.id)).scalars())
    old = (now - _ORPHAN_AFTER).timestamp()
    found = {
        path.name.removesuffix(VIEW).removesuffix(THUMB)
        for path in folder.glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/[0-9a-f]*")
        if path.stat().st_mtime <= old
    }
    return tuple(sorted(found - known))
