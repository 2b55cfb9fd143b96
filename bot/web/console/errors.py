"""What the console answers when it cannot show a page: always a page, always with a way on."""

from urllib.parse import urlencode

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from bot.agents.rights import Stage
from bot.web.console import violations
from bot.web.console.context import console_of
from bot.web.console.guard import FormRefusedError, HalfLoggedInError, LoginNeededError, NotYoursError
from bot.web.console.headers import protective
from bot.web.console.pages import page, root


def error_page(request: Request, status: int) -> Response:
    """The page for a status; those without words of their own get the general ones."""
    return page(request, "error.html", status=status, error=status)


def install(app: FastAPI) -> None:
    """Let every refusal and every failure end in a page."""
    app.add_exception_handler(LoginNeededError, _to_login)
    app.add_exception_handler(HalfLoggedInError, _to_the_rest_of_the_login)
    app.add_exception_handler(NotYoursError, _on_missing_right)
    app.add_exception_handler(FormRefusedError, _on_refused_form)
    app.add_exception_handler(RequestValidationError, _on_unknown_address)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(SQLAlchemyError, _on_database_error)
    app.add_exception_handler(Exception, _on_failure)


async def _to_login(request: Request, error: Exception) -> Response:
    del error
    return _sent_to(request, "/entrar")


async def _to_the_rest_of_the_login(request: Request, error: Exception) -> Response:
    stage = error.stage if isinstance(error, HalfLoggedInError) else Stage.CODE
    return _sent_to(request, "/entrar/codigo" if stage is Stage.CODE else "/cuenta/segundo-factor")


def _sent_to(request: Request, path: str) -> Response:
    # After a form there is no page to come back to: what was typed is gone, and a form is not sent twice on the quiet.
    way_back = f"{request.url.path}?{request.url.query}".rstrip("?") if request.method == "GET" else f"{root(request)}/"
    return RedirectResponse(f"{root(request)}{path}?{urlencode({'next': way_back})}", status_code=303)


async def _on_missing_right(request: Request, error: Exception) -> Response:
    del error
    return page(request, "error.html", status=403, error="right")


async def _on_refused_form(request: Request, error: Exception) -> Response:
    return error_page(request, error.status if isinstance(error, FormRefusedError) else 400)


async def _on_unknown_address(request: Request, error: Exception) -> Response:
    del error
    return error_page(request, 404)


async def _on_http_error(request: Request, error: Exception) -> Response:
    answer = error_page(request, error.status_code if isinstance(error, HTTPException) else 500)
    if isinstance(error, HTTPException):
        answer.headers.update(error.headers or {})
    return answer


async def _on_database_error(request: Request, error: Exception) -> Response:
    del error
    return error_page(request, 503)


async def _on_failure(request: Request, error: Exception) -> Response:
    del error
    # This one is answered outside of the middleware; the framework raises the error again, for the log.
    answer = error_page(request, 500)
    answer.headers.update(protective(secure=console_of(request).secure, reports=root(request) + violations.PATH))
    return answer
