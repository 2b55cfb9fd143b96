"""What this process counts and times, for Prometheus. Nothing here names a customer: labels are words of ours and error codes.

Counting costs about a microsecond. What the database knows better than any one process (how much waits, and since when) is
asked for when somebody looks: see `bot.web.metrics`.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)

_QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)

WEBHOOK_SECONDS = Histogram(
    "soporte_webhook_seconds",
    "From a webhook's arrival to its answer, by what it told and the answer's HTTP status",
    ["webhook", "code"],
    buckets=_QUICK,
    registry=REGISTRY,
)
DUPLICATES = Counter("soporte_duplicates", "Webhooks of messages that were there already", registry=REGISTRY)
TURN_SECONDS = Histogram(
    "soporte_turn_seconds",
    "From reading an input to having written its effects, without the commit",
    buckets=_QUICK,
    registry=REGISTRY,
)
TURNS_FAILED = Counter("soporte_turns_failed", "Turns that raised an error and were taken back", registry=REGISTRY)
SEND_SECONDS = Histogram(
    "soporte_send_seconds", "One call of the provider's to take a message", buckets=(*_QUICK, 5.0, 10.0), registry=REGISTRY
)
SENDS_FAILED = Counter(
    "soporte_sends_failed", "Messages refused for good or given up, by the provider's error number", ["code"], registry=REGISTRY
)
SENDS_UNCLEAR = Counter("soporte_sends_unclear", "Sends that ended without a clear answer", registry=REGISTRY)
MESSAGES = Counter("soporte_messages", "Messages that reached a status", ["status"], registry=REGISTRY)
COMMIT_SECONDS = Histogram(
    "soporte_commit_seconds", "One batch of writes to the embedded database, with its commit", buckets=_QUICK, registry=REGISTRY
)
COMMIT_JOBS = Histogram("soporte_commit_jobs", "Writes that shared a commit", buckets=(1, 2, 4, 8, 16, 32, 64), registry=REGISTRY)
REDIS_WELL = Gauge("soporte_redis_well", "1 while Redis answers this process, or none is configured; else 0", registry=REGISTRY)
REDIS_WELL.set(1)
CSP_REPORTS = Counter(
    "soporte_csp_reports", "What browsers held back by the pages' content policy, by directive", ["directive"], registry=REGISTRY
)
LIVE_PAGES = Gauge("soporte_live_pages", "Pages of agents that are told of changes at present", registry=REGISTRY)
SENDS_LEFT_OUT = Counter("soporte_sends_left_out", "Questions not asked because the day's messages were sent", registry=REGISTRY)
