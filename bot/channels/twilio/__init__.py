"""WhatsApp through Twilio. Nothing outside this folder and its stand-in knows Twilio's names."""

from bot.channels.twilio.channel import TwilioChannel
from bot.channels.twilio.errors import is_retryable
from bot.channels.twilio.media import file_key

__all__ = ["TwilioChannel", "file_key", "is_retryable"]
