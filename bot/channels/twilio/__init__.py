"""WhatsApp through Twilio. Nothing outside this folder and its stand-in knows Twilio's names."""

from bot.channels.twilio.channel import TwilioChannel
from bot.channels.twilio.errors import is_retryable
from bot.channels.twilio.media import file_key
from bot.channels.twilio.signatures import Keys, Signatures

__all__ = ["Keys", "Signatures", "TwilioChannel", "file_key", "is_retryable"]
