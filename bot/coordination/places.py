"""Where Redis is: the forms an address can have, and a client for each.

    redis://user:password@host:6379/0                      one server (rediss:// by TLS, unix:///path by a socket)
    redis+sentinel://user:password@host:26379,host/service/0   whichever server the sentinels call the service's master
    redis+cluster://user:password@host:6379,host           a cluster, found by any of these nodes

`rediss+sentinel` and `rediss+cluster` speak TLS. Behind `?` stand redis-py's own options (`ssl_ca_certs=/path`), and for
sentinels with a password of their own `sentinel_username` and `sentinel_password`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from redis import asyncio as redis
from redis.asyncio.cluster import ClusterNode
from redis.asyncio.connection import parse_url
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel, SentinelConnectionPool
from redis.backoff import NoBackoff

#: Seconds to wait for an answer; a server that is stopped accepts connections and says nothing.
TIMEOUT = 1.0
Client = redis.Redis | redis.RedisCluster
_ONE = ("redis", "rediss", "unix")
_MANY = {"redis+sentinel": 26379, "rediss+sentinel": 26379, "redis+cluster": 6379, "rediss+cluster": 6379}


@dataclass(frozen=True)
class Place:
    """An address that was understood."""

    scheme: str
    hosts: tuple[tuple[str, int], ...]  #: none for one server: it stands among the options
    service: str  #: what sentinels call it
    options: dict[str, Any]  #: for redis-py's client


def read_place(url: str) -> Place:
    """Understand an address. Raises ValueError, which tells what is wrong and nothing of the password."""
    parts = urlsplit(url)
    if parts.scheme in _ONE:
        return Place(parts.scheme, (), "", _options(url, parts))
    if parts.scheme not in _MANY:
        raise ValueError(f"must begin with one of {', '.join(f'{scheme}://' for scheme in (*_ONE, *_MANY))}")
    secret, _, listed = parts.netloc.rpartition("@")
    hosts = tuple(_host(one, _MANY[parts.scheme]) for one in listed.split(","))
    service, _, number = parts.path.strip("/").partition("/")
    is_cluster = parts.scheme.endswith("cluster")
    if is_cluster and service not in ("", "0"):
        raise ValueError("a cluster has no service and no database but 0")
    if not is_cluster and not service:
        raise ValueError("sentinels are asked for a service: redis+sentinel://host:26379,host:26379/service")
    netloc = f"{secret}@any" if secret else "any"
    plain = parts._replace(scheme=parts.scheme.partition("+")[0], netloc=netloc, path="" if is_cluster else f"/{number}")
    options = _options(plain.geturl(), plain)
    del options["host"]
    if options.pop("connection_class", None) is not None:
        options["ssl"] = True
    return Place(parts.scheme, hosts, "" if is_cluster else unquote(service), options)


def _options(url: str, parts: SplitResult) -> dict[str, Any]:
    """redis-py's reading, and what it would pass over in silence."""
    if parts.scheme != "unix":
        if not parts.hostname:
            raise ValueError("names no host")
        _port(parts)
        if (number := parts.path.strip("/")) and not number.isdecimal():
            raise ValueError("the database behind the host must be a number")
    return dict(parse_url(url))


def _host(text: str, port: int) -> tuple[str, int]:
    parts = urlsplit(f"//{text}")
    if not parts.hostname:
        raise ValueError("names a host that is empty")
    return parts.hostname, _port(parts) or port


def _port(parts: SplitResult) -> int | None:
    try:
        return parts.port
    except ValueError:
        raise ValueError("has a port that is no number between 0 and 65535") from None


def connect(url: str) -> Client:
    """A client; it connects when it is first used. Raises ValueError."""
    place = read_place(url)
    # A connection that was cut while nobody used it is tried once more at once; beyond that nobody waits.
    patience: dict[str, Any] = {
        "socket_timeout": TIMEOUT,
        "socket_connect_timeout": TIMEOUT,
        "retry": Retry(NoBackoff(), 1),
    }
    options = {**patience, **place.options}
    if place.service:
        return _behind_sentinels(place.hosts, place.service, options, patience)
    if place.hosts:
        return redis.RedisCluster(startup_nodes=[ClusterNode(host, port) for host, port in place.hosts], **options)
    return redis.Redis.from_url(url, **patience)


async def disconnect(client: Client) -> None:
    """Close a client's connections, also those to the sentinels that it asked: redis-py leaves these open."""
    await client.aclose()
    pool = getattr(client, "connection_pool", None)
    for sentinel in pool.sentinel_manager.sentinels if isinstance(pool, SentinelConnectionPool) else ():
        await sentinel.aclose()


def _behind_sentinels(
    hosts: Sequence[tuple[str, int]], service: str, options: dict[str, Any], patience: dict[str, Any]
) -> redis.Redis:
    theirs = patience | {name: value for name, value in options.items() if name.startswith("ssl")}
    for name in ("username", "password"):
        if (value := options.pop(f"sentinel_{name}", None)) is not None:
            theirs[name] = value
    client: redis.Redis = Sentinel(hosts, sentinel_kwargs=theirs, **options).master_for(service)  # type: ignore[no-untyped-call]
    return client
