"""The line's account at the provider, from the settings: whom we send through, and whose webhooks count."""

import logging

from bot.channels.base import Channel
from bot.channels.twilio import Keys, Signatures, TwilioChannel
from bot.settings import Settings

_log = logging.getLogger(__name__)
STATUS_PATH = "/webhooks/twilio/status"


def channel_of(settings: Settings) -> Channel:
    """The way to customers that the settings name."""
    twilio = settings.twilio
    channel = TwilioChannel(
        account_sid=twilio.account_sid,
        auth_token=twilio.auth_token.get_secret_value(),
        sender=twilio.sender,
        status_callback_url=settings.public_url.rstrip("/") + STATUS_PATH,
        api_base_url=None if twilio.api_base_url == "https://api.twilio.com" else twilio.api_base_url,
        timeout=twilio.timeout_seconds,
    )
    channel.signatures = Signatures(_keys(settings))
    return channel


def _keys(settings: Settings) -> Keys:
    """What webhooks may be signed with."""
    twilio = settings.twilio
    if twilio.previous_auth_token.get_secret_value() or twilio.previous_shared_key.get_secret_value():
        _log.warning("webhooks signed with a previous key are accepted: take it out of the settings once Twilio uses the new one")
    return Keys(
        auth_token=twilio.auth_token.get_secret_value(),
        shared_key=twilio.shared_key.get_secret_value(),
        previous_auth_token=twilio.previous_auth_token.get_secret_value(),
        previous_shared_key=twilio.previous_shared_key.get_secret_value(),
    )
