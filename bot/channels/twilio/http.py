"""The wire between Twilio's SDK and its servers: pooled connections, time limits, and failures told as `SendError`.

It stands in for the SDK's own HTTP client, which logs addresses with the account in them, passes every answer through
an attribute that all threads share, and leaves it to the caller to tell eight kinds of failure apart. This one blocks, for
lists; what every message needs goes through `sending`.
"""

import json
import ssl
from collections.abc import Mapping

import requests
from requests.adapters import HTTPAdapter
from requests.exceptions import ConnectTimeout, ProxyError, RequestException
from requests.utils import DEFAULT_CA_BUNDLE_PATH, select_proxy
from twilio.http.response import Response  # type: ignore[import-untyped]
from urllib3.exceptions import MaxRetryError, NewConnectionError, SSLError

from bot.channels.base import Outcome, SendError
from bot.channels.twilio.errors import outcome

#: Connections kept open: at least as many as threads that send at once.
_POOL = 32
#: Seconds to wait for a connection; an accepted one may then take the whole time limit to answer.
CONNECT_TIMEOUT = 5.0


class Http:
    """An HTTP client in the shape in which the SDK calls one. Safe to call from several threads."""

    is_async = False

    def __init__(self, *, timeout: float, use_environment: bool) -> None:
        """`timeout` in seconds, of silence; `use_environment` obeys HTTPS_PROXY and its kin."""
        self._timeout = (min(CONNECT_TIMEOUT, timeout), timeout)
        self._session = requests.Session()
        self._session.trust_env = use_environment
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, HTTPAdapter(pool_maxsize=_POOL, max_retries=0))

    def request(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        **_: object,
    ) -> Response:
        """Send one request, never twice; return a 204, or a 2xx that holds a JSON object. Raises SendError for the rest.

        The SDK also passes a time limit and a word on redirects; both are settled here.
        """
        try:
            answer = self._session.request(
                method,
                url,
                params=params,
                data=data,
                headers=headers,
                auth=auth,
                timeout=self._timeout,
                allow_redirects=False,
            )
        except RequestException as error:
            # `from None`, here and below: the errors of the network library print addresses with the account in them.
            result = Outcome.BUSY if _never_connected(error) else Outcome.UNKNOWN
            raise SendError(result, detail=type(error).__name__) from None
        except UnicodeEncodeError:
            raise SendError(Outcome.REFUSED, detail="half a surrogate pair cannot be sent") from None
        return checked(answer.status_code, answer.content, answer.headers)

    def surroundings(self, url: str) -> tuple[str | None, str]:
        """The proxy that leads to an address, or None, and the file of certificates to trust, as the environment has them."""
        found = self._session.merge_environment_settings(url, {}, None, None, None)
        verify = found["verify"]
        return select_proxy(url, found["proxies"]), verify if isinstance(verify, str) else DEFAULT_CA_BUNDLE_PATH

    def close(self) -> None:
        """Close the pooled connections. A later request opens new ones."""
        self._session.close()


def checked(status: int, body: bytes, headers: Mapping[str, str]) -> Response:
    """The answer in the SDK's form, if it is one that holds a result. Raises SendError."""
    text = body.decode("utf-8", "replace")
    content = _json_object(text)
    if not 200 <= status < 300:
        code = _error_code(content)
        raise SendError(outcome(status, code), code, f"HTTP {status}")
    if content is None and status != 204:  # "no content" is the answer to a deletion
        raise SendError(Outcome.UNKNOWN, detail=f"HTTP {status} without a JSON object")
    return Response(status, text, headers)


def _never_connected(error: RequestException) -> bool:
    """True if the request cannot have left: no connection, no tunnel through the proxy, or a wrong certificate."""
    if isinstance(error, ConnectTimeout | ProxyError):
        return True
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else None
    if isinstance(reason, SSLError):
        return any(isinstance(part, ssl.SSLCertVerificationError) for part in reason.args)
    return isinstance(reason, NewConnectionError)


def _json_object(text: str) -> dict[str, object] | None:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def _error_code(content: dict[str, object] | None) -> int | None:
    code = content.get("code") if content else None
    return code if isinstance(code, int) else None
