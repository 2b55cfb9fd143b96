"""What browsers report of the content policy: something on a page tried to run, load or frame what is not ours.

Anybody can send such a report, and it holds addresses and pieces of pages. So only its kind is counted and logged, in words
of ours, and only so many each minute.
"""

import json
import logging
from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from bot import metrics
from bot.web.console.context import console_of
from bot.web.console.guard import FormRefusedError, body_of

router = APIRouter()
_log = logging.getLogger(__name__)
PATH = "/csp"
_LARGEST = 16 * 1024
_MOST_AT_ONCE = 20
PER_MINUTE = 60  #: reports that a process takes; the rest is only counted as dropped
_DIRECTIVES = frozenset(
    {
        "base-uri", "connect-src", "default-src", "font-src", "form-action", "frame-ancestors", "frame-src", "img-src",
        "manifest-src", "media-src", "object-src", "require-trusted-types-for", "script-src", "script-src-attr",
        "script-src-elem", "style-src", "style-src-attr", "style-src-elem", "trusted-types", "worker-src",
    }
)  # fmt: skip
#: What was held back, where it is no address.
_BLOCKED = frozenset({"inline", "eval", "wasm-eval", "data", "blob", "self", "trusted-types-sink", "trusted-types-policy"})


@router.post(PATH)
async def take_report(request: Request) -> Response:
    """Count what a browser held back: `application/csp-report` (one) or `application/reports+json` (some)."""
    minute = int(console_of(request).runtime.clock.outside().timestamp() // 60)
    taken = console_of(request).reports
    if taken.get(minute, 0) >= PER_MINUTE:
        metrics.CSP_REPORTS.labels("dropped").inc()
        return Response(status_code=429, headers={"Retry-After": "60"})
    try:
        found = list(_violations(json.loads(await body_of(request, _LARGEST))))
    except (ValueError, RecursionError):
        raise FormRefusedError(400) from None
    taken[minute] = taken.pop(minute, 0) + max(1, len(found))
    for old in [one for one in taken if one != minute]:
        del taken[old]
    for directive, blocked in found:
        metrics.CSP_REPORTS.labels(directive).inc()
        _log.warning("a browser held something back: %s, %s", directive, blocked)
    return Response(status_code=204)


def _violations(report: Any) -> Iterator[tuple[str, str]]:
    """Directive and kind of what was blocked, of each report that is one, both in words of ours."""
    one = report.get("csp-report") if isinstance(report, dict) else None
    several = [each.get("body") for each in report if isinstance(each, dict)] if isinstance(report, list) else [one]
    for body in several[:_MOST_AT_ONCE]:
        if isinstance(body, dict):
            named = body.get("effectiveDirective") or body.get("effective-directive") or body.get("violated-directive")
            directive = str(named).split(" ", 1)[0]
            blocked = str(body.get("blockedURL") or body.get("blocked-uri"))
            yield directive if directive in _DIRECTIVES else "other", blocked if blocked in _BLOCKED else "an address"
