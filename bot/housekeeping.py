"""What erasures and retention work with, made from the settings."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.engine import Connection

from bot.channels.base import Channel
from bot.db import Database
from bot.engine.flow import Flow
from bot.engine.nodes.consent import Consent
from bot.privacy.erase import Place, was_erased
from bot.privacy.finish import Means
from bot.privacy.persons import key_in
from bot.privacy.restored import erase_again
from bot.privacy.retention import Terms
from bot.settings import Settings

_log = logging.getLogger(__name__)


def place_of(settings: Settings) -> Place:
    """Where the record of erasures is kept, and the key of its hashes. Raises OSError."""
    return Place(settings.folder, key_in(settings.folder))


def keep_erased(database: Database, settings: Settings, now: datetime) -> None:
    """Before anything else is done: a backup that was restored must not bring back who was erased since."""
    back = database.write_now(partial(erase_again, place=place_of(settings), now=now))
    if back:
        _log.warning("%d people who had been erased had come back with a backup; they are erased again", back)


def forgets(settings: Settings) -> Callable[[Connection, str, datetime], bool]:
    """Tells whether a message, by its address and time, is of somebody who was erased afterwards. Raises OSError."""
    return partial(was_erased, key=key_in(settings.folder))


def means_with(database: Database, channel: Channel, settings: Settings, now: Callable[[], datetime]) -> Means:
    """What erasures are finished with. Raises OSError."""
    return Means(database, channel, settings.attachments_folder, place_of(settings), now)


def terms_of(settings: Settings, flow: Flow) -> Terms:
    """How long each kind of data is kept."""
    chosen = settings.retention
    return Terms(
        refused=timedelta(hours=chosen.refused_hours),
        unanswered=timedelta(hours=chosen.unanswered_hours),
        chats=timedelta(days=chosen.chats_days),
        tickets=timedelta(days=chosen.tickets_days),
        files=timedelta(days=chosen.files_days),
        webhooks=timedelta(days=chosen.webhooks_days),
        trail=timedelta(days=chosen.trail_days),
        asks_consent=frozenset(name for name, node in flow.nodes.items() if isinstance(node, Consent)),
    )
