"""Networks as an operator names them."""

import ipaddress


def named_networks(given: tuple[str, ...]) -> tuple[str, ...]:
    """The same addresses and networks, if they are some. Raises ValueError, also for one that holds everybody."""
    for one in given:
        if ipaddress.ip_network(one, strict=False).prefixlen == 0:
            message = f"{one} is everybody: anybody could then claim any address"
            raise ValueError(message)
    return given
