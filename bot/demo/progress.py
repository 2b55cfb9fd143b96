"""How far a long piece of work is, on standard error: one line that changes on a terminal, a few lines anywhere else."""

import sys
import time
from collections.abc import Callable

_WIDTH = 30
_LINES = 10


def progress(whole: int, what: str) -> Callable[[int], None]:
    """To be called with how much is done; `what` names the things that are counted, in the plural."""
    began = time.monotonic()
    is_terminal = sys.stderr.isatty()
    told = 0

    def report(done: int) -> None:
        nonlocal told
        if not is_terminal and done < whole and (done * _LINES // whole) == told:
            return
        told = done * _LINES // whole
        bar = "#" * (done * _WIDTH // whole)
        rate = done / max(time.monotonic() - began, 0.001)
        line = f"[{bar:<{_WIDTH}}] {done:,} of {whole:,} {what}, {rate:,.0f} a second"
        end = "\n" if done >= whole or not is_terminal else ""
        print(f"\r{line}" if is_terminal else line, end=end, file=sys.stderr, flush=True)

    return report
