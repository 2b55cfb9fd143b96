"""The long run: `python -m tests.crash --kills 5000 --messages 50000`. Ends with a table, and with 1 if anything went wrong."""

import argparse
import asyncio
import signal
import sys
from contextlib import ExitStack

from tests import servers
from tests.crash.run import Report, run
from tests.crash.world import Plan


def main() -> int:
    """Run as asked, and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("--kills", type=int, default=5000)
    parser.add_argument("--messages", type=int, default=50000)
    parser.add_argument("--each", type=int, default=1, help="deaths at each point, at least")
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--redis", action="store_true", help="coordinate the processes by Redis")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--customers", type=int, default=24, help="who write at the same time")
    parser.add_argument("--speed", type=float, default=10.0, help="of the products' clock; a lease lasts a minute of it")
    parser.add_argument("--minutes", type=float, default=0.0, help="end after so long, whatever was reached")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that no server is left behind
    if asked.processes > 1 and asked.database == "sqlite":
        parser.error("several processes need --database postgres")
    with ExitStack() as running:
        database = running.enter_context(servers.postgres()) if asked.database == "postgres" else ""
        redis = running.enter_context(servers.redis()) if asked.redis else ""
        plan = Plan(
            kills=asked.kills,
            messages=asked.messages,
            each=asked.each,
            database=database,
            redis=redis,
            processes=asked.processes,
            customers=asked.customers,
            speed=asked.speed,
            minutes=asked.minutes,
            seed=asked.seed,
        )
        report = asyncio.run(run(plan, lambda line: print(line, flush=True)))
    show(report)
    return 0 if report.verdict.is_clean else 1


def show(report: Report) -> None:
    """Print the table."""
    for story in report.stories[:20]:
        print(story)
    print(f"\n{'killed':>7}  where")
    for point, times in sorted(report.deaths.items()):
        print(f"{times:7}  {point}")
    print(f"{report.deaths.total():7}  in all\n")
    print(f"{report.messages} messages, and {report.given_up} that no webhook brought; {report.answers} answers")
    print(f"{report.tickets} tickets; {report.seconds:.0f} s")
    print(f"lost / doubled / out of order / wrong ticket number: {report.verdict}")


if __name__ == "__main__":
    sys.exit(main())
