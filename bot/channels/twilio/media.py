"""Addresses of customers' files at Twilio: taken apart into ids when a webhook tells one, put together when it is fetched.

Source: https://www.twilio.com/docs/messaging/api/media-resource
"""

import re

from bot.channels.base import FileKey

#: The host is not looked at: nothing is ever fetched from the address that was told.
_TOLD = re.compile(
    r"https?://[^/?#\s]+/2010-04-01/Accounts/(AC[0-9a-f]{32})/Messages/([MS]M[0-9a-f]{32})/Media/(ME[0-9a-f]{32})", re.ASCII
)


def file_key(url: str) -> FileKey | None:
    """The ids in the address of a file, or None for any address of another shape."""
    told = _TOLD.fullmatch(url)
    return FileKey(told[1], told[2], told[3]) if told else None


def file_url(base_url: str, key: FileKey) -> str:
    """The address of a file on Twilio's servers, or on those that take their place."""
    return f"{base_url.rstrip('/')}/2010-04-01/Accounts/{key.account}/Messages/{key.message}/Media/{key.file}"
