"""How long a lease is for products whose clock runs faster. In the process that bears them, imported before everything else."""

import sys

from bot.messages import leases

#: The third argument of `birth`.
SPEED = float(sys.argv[3])

if any(name.startswith("bot.messages.") and name != "bot.messages.tables" for name in sys.modules.keys() - {leases.__name__}):
    raise ImportError("too late: others have read how long a lease is")
#: A lease goes by the database's clock, which does not run faster: it keeps its proportion to the rest all the same.
leases.LEASE /= SPEED
