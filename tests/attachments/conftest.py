from tests.channels.conftest import line, servers

__all__ = ["line", "servers"]
