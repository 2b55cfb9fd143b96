"""Where Redis is: one server, behind sentinels, a cluster; with a password, by TLS. And addresses that are none."""

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bot import settings
from bot.coordination.base import Coordination, Doing
from bot.coordination.places import read_place
from bot.coordination.redis import Redis
from tests.coordination.test_coordination import CONTRACTS, Contract, running
from tests.coordination.valkeys import Valkey, cluster, cluster_url, free_ports, watched


@pytest.mark.parametrize(
    ("url", "hosts", "service", "options"),
    [
        (
            "redis+sentinel://one,two:5000/line",
            (("one", 26379), ("two", 5000)),
            "line",
            {},
        ),
        (
            "redis+sentinel://ana:s%40l@one/line/3?sentinel_password=other",
            (("one", 26379),),
            "line",
            {"username": "ana", "password": "s@l", "db": 3, "sentinel_password": "other"},
        ),
        ("redis+cluster://one:7000,[::1]", (("one", 7000), ("::1", 6379)), "", {}),
        (
            "rediss+cluster://:secret@one/0?ssl_ca_certs=/ca",
            (("one", 6379),),
            "",
            {"ssl": True, "ssl_ca_certs": "/ca", "password": "secret"},
        ),
    ],
)
def test_an_address_of_several_is_understood(url: str, hosts: object, service: str, options: object) -> None:
    place = read_place(url)
    assert (place.hosts, place.service, place.options) == (hosts, service, options)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("localhost:6379", "must begin with one of redis://"),
        ("http://localhost", "must begin with one of redis://"),
        ("redis://:hunter2@", "names no host"),
        ("redis://one:port/0", "no number"),
        ("redis://one/line", "must be a number"),
        ("redis+sentinel://:hunter2@one:26379", "asked for a service"),
        ("redis+sentinel://one,,two/line", "a host that is empty"),
        ("redis+sentinel://one/line/two", "must be a number"),
        ("redis+cluster://one:70000", "no number"),
        ("redis+cluster://:hunter2@one/line", "no database but 0"),
    ],
)
def test_an_address_that_is_none_is_refused_in_one_line_without_its_password(url: str, why: str) -> None:
    with pytest.raises(settings.SettingsProblem) as refused:
        settings.read(redis_url=url)
    (line,) = refused.value.lines
    assert line.startswith("redis_url (SOPORTE_REDIS_URL): ")
    assert why in line
    assert "hunter2" not in line


@pytest.fixture(scope="module")
def clustered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with cluster(tmp_path_factory.mktemp("cluster")) as servers:
        yield cluster_url(servers)


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.__name__)
def test_by_a_cluster(contract: Contract, clustered: str) -> None:
    async def play() -> None:
        async with running(Redis(clustered)) as coordination:
            await contract(coordination)
            assert await coordination.is_well()

    asyncio.run(play())


def test_processes_hear_each_other_by_a_cluster(clustered: str) -> None:
    asyncio.run(_hear_each_other(clustered))


async def _hear_each_other(url: str) -> None:
    async with running(Redis(url)) as here, running(Redis(url)) as there:
        assert await _hears(here, there)
        await here.attend("SF-000001", "ana", Doing.LOOKING, 30)
        assert await there.present("SF-000001") == {"ana": Doing.LOOKING}


async def _hears(here: Coordination, there: Coordination, tries: int = 100) -> bool:
    for _ in range(tries):  # until the other side has subscribed
        await here.wake("inbox")
        if await there.wait("inbox", 0.1):
            return True
    return False


def test_when_sentinels_choose_another_master_processes_hear_each_other_by_that(tmp_path: Path) -> None:
    async def play() -> None:
        async with running(Redis(servers.url)) as here, running(Redis(servers.url)) as there:
            assert await _hears(here, there)
            servers.master.kill()
            while await there.wait("inbox", 0.1):
                pass  # what was still on its way
            assert await _hears(here, there, tries=300)
            assert await _sees(here, there)

    with watched(tmp_path) as servers:
        servers.await_replica()
        asyncio.run(play())
        assert b"master" in servers.replica.do("ROLE")


def test_a_password_and_a_certificate_are_asked_for(tmp_path: Path) -> None:
    async def play() -> None:
        async with await _by_tls(server.port, tmp_path) as proxy:
            port = proxy.sockets[0].getsockname()[1]
            trusting = f"127.0.0.1:{port}/0?ssl_ca_certs={tmp_path / 'cert.pem'}"
            assert await _is_well(f"rediss://:a%3Ab%2Fc@{trusting}")
            assert await _is_well(f"redis://:a%3Ab%2Fc@127.0.0.1:{server.port}")
            assert not await _is_well(f"rediss://:wrong@{trusting}")
            assert not await _is_well(f"rediss://:a%3Ab%2Fc@127.0.0.1:{port}/0")  # a certificate that nobody vouches for

    server = Valkey(tmp_path, free_ports(1)[0], ("--requirepass", "a:b/c"), password="a:b/c")
    try:
        server.start()
        asyncio.run(play())
    finally:
        server.kill()


async def _sees(here: Coordination, there: Coordination) -> bool:
    """Whether one is told in the end who is where another says so, again and again, as pages do.

    While either is still on its way to the new master it knows its own people only.
    """
    for _ in range(300):
        await here.attend("SF-000001", "ana", Doing.LOOKING, 30)
        if await there.present("SF-000001") == {"ana": Doing.LOOKING}:
            return True
        await asyncio.sleep(0.1)
    return False


async def _is_well(url: str) -> bool:
    async with running(Redis(url)) as coordination:
        return await coordination.is_well()


async def _by_tls(port: int, folder: Path) -> asyncio.Server:
    """The server behind a certificate: the wheel's Valkey speaks no TLS itself."""
    _write_certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")

    async def pass_on(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while said := await source.read(65536):
                target.write(said)
                await target.drain()
        target.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(pass_on(reader, inner_writer), pass_on(inner_reader, writer))

    return await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)


def _write_certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (folder / "key.pem").write_bytes(key.private_bytes(pem, form, plain))
    (folder / "cert.pem").write_bytes(certificate.public_bytes(pem))
