"""`python -m bot` is `soporte`."""

import sys

from bot.cli import main

sys.exit(main())
