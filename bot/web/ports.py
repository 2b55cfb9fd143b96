"""Whether a port can be listened on, asked before anything else is started."""

import socket


def is_free(host: str, port: int) -> bool:
    """True if nobody listens there."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
