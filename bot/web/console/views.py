"""An agent's own views of the list: kept under a name, and forgotten again."""

from functools import partial
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from bot.tickets import views
from bot.tickets.views import ViewRefusedError
from bot.web.console.context import console_of
from bot.web.console.guard import FormNeeded
from bot.web.console.inbox import kept
from bot.web.console.pages import root

router = APIRouter()
_LONGEST_QUERY = 2000
_HIGHEST_ID = 2**63 - 1


@router.post("/vistas")
async def keep_view(request: Request, form: FormNeeded) -> Response:
    """Keep what the list shows, `query` of its address, under a `name`; and show it again."""
    asked = form.fields.get("query", "")
    chosen = kept(dict(parse_qsl(asked, max_num_fields=20))) if len(asked) <= _LONGEST_QUERY and asked.isascii() else {}
    if not chosen:
        return _back(request, {"aviso": "nothing"})
    name, agent = form.fields.get("name", ""), form.session.username
    try:
        await console_of(request).runtime.database.write(
            partial(views.keep, agent=agent, name=name[:500], query=urlencode(chosen))
        )
    except ViewRefusedError as refused:
        return _back(request, chosen | {"aviso": refused.reason})
    return _back(request, chosen)


@router.post("/vistas/{view}/borrar")
async def delete_view(request: Request, form: FormNeeded, view: str) -> Response:
    """Forget one of one's own views; a colleague's is not found."""
    identity = int(view) if view.isascii() and view.isdecimal() and len(view) < 20 else 0
    delete = partial(views.delete, agent=form.session.username, identity=min(identity, _HIGHEST_ID))
    if not await console_of(request).runtime.database.write(delete):
        raise HTTPException(404)
    return _back(request, {})


def _back(request: Request, chosen: dict[str, str]) -> Response:
    return RedirectResponse(f"{root(request)}/{'?' if chosen else ''}{urlencode(chosen)}", status_code=303)
