"""What CPython offers, for bench/start.ts."""

import selectors  # noqa: F401
import socket  # noqa: F401
