"""What understanding costs: `python -m tests.benchmarks.understanding`.

CPU time of this process (not the clock on the wall), so that a busy machine changes little. Bounds are those the product
is held to; a line over its bound is marked.
"""

import resource
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from bot.flows import our_flow
from bot.understanding.fields.base import Context
from bot.understanding.menu import choose
from bot.understanding.questions import understand
from bot.understanding.redaction import redact
from tests.understanding.scores import OPTIONS, SORTS, rows

ROUNDS = 3
#: Texts that a hostile customer could send, as long as a webhook may be.
HOSTILE = {
    "no letters": "🙈" * 10_000,
    "one word without end": "contraseña" * 1_000,
    "a thousand negations": "no " * 3_300,
    "a thousand clauses": "olvidé la clave, " * 600,
    "accents on accents": "e" + "\u0301" * 10_000,
    "a password in every word": "clave: a1b2c3 " * 700,
    "digits": "1 " * 5_000,
    "addresses": "a@a.a " * 1_700,
}


def cpu(work: Callable[[], object]) -> float:
    """Microseconds of CPU for one call: the best of a few, because the others were disturbed."""
    best = float("inf")
    for _ in range(ROUNDS):
        begun = time.process_time_ns()
        work()
        best = min(best, (time.process_time_ns() - begun) / 1000)
    return best


def line(name: str, value: float, unit: str, bound: float | None = None) -> None:
    """One line of the table."""
    mark = "" if bound is None else f"   bound {bound:g} {unit}{'   OVER' if value > bound else ''}"
    print(f"  {name:44} {value:10.1f} {unit}{mark}")


def main() -> None:
    """Measure and print."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.process_time()
    flow = our_flow()
    print("start")
    line("reading and compiling all of flows/", (time.process_time() - begun) * 1000, "ms", 300)
    line("memory for it", (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024, "MiB", 30)

    context = Context(now=datetime.now(UTC), own_phone="+573005550142")
    words = flow.vocabulary
    fields = list(words.fields.values())
    kinds: dict[str, Callable[[str], object]] = {
        "question": lambda text: understand(text, words.questions),
        "menu": lambda text: choose(text, OPTIONS, words.menu),
        "all fields": lambda text: [read(text, context) for read in fields],
        "redact": lambda text: redact(text, words.secrets),
    }
    texts = [str(row["text"]) for row in rows(SORTS["question"].sets["tuned"])][:1000]
    long = (" ".join(texts))[:1600]
    for kind, work in kinds.items():
        print(kind)
        times = [cpu(partial(work, text)) for text in texts]
        line("a message, median", statistics.median(times), "µs", 500 if kind == "question" else None)
        line("a message, worst of 1,000", max(times), "µs")
        line("1,600 characters", cpu(partial(work, long)) / 1000, "ms", 2 if kind == "question" else None)
        worst = {name: cpu(partial(work, text[:10_000])) / 1000 for name, text in HOSTILE.items()}
        slowest = max(worst, key=worst.__getitem__)
        line(f"10 kB, hostile ({slowest})", worst[slowest], "ms", 20)


if __name__ == "__main__":
    main()
