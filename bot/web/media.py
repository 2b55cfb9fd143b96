"""Agents' files for the provider to fetch, each under an address that is signed and ends (see `bot.attachments.links`)."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.attachments.files import load
from bot.attachments.queries import attachment
from bot.runtime import MEDIA_PATH, Runtime

#: WhatsApp compares the type with the content. Nothing else is told, and a browser that comes here by mistake runs nothing.
_HEADERS = {
    "Cache-Control": "private, no-store",
    "Content-Disposition": "attachment",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


def routes(runtime: Runtime) -> list[Route]:
    """`/media/<token>`, by GET and HEAD. A token that is wrong, over, or of a file that is gone: 404, all alike."""

    async def hand_out(request: Request) -> Response:
        identity = runtime.links.read(request.path_params["token"])
        found = None
        if identity is not None:
            found = await runtime.database.read(lambda connection: attachment(connection, identity))
        if found is None or found.kind is None:
            return Response(status_code=404, headers=_HEADERS)
        folder, keyring = runtime.settings.attachments_folder, runtime.database.keyring
        try:
            content = await asyncio.to_thread(load, folder, found.stored_as, keyring)
        except FileNotFoundError:
            return Response(status_code=404, headers=_HEADERS)
        # As a header and not as `media_type`, which would add a charset to a contact card.
        return Response(content, headers=_HEADERS | {"Content-Type": found.kind.content_type})

    return [Route(f"{MEDIA_PATH}/{{token}}", hand_out, methods=["GET"])]
