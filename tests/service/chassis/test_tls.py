"""Mutual TLS between services: who gets in with which certificate, and that a new one costs no call (S11, F35)."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import grpc
import pytest

from deploy.local.authority import Authority
from services.chassis.channel import connect
from services.chassis.config import BadSettings, ServiceSettings
from services.chassis.service_identity import ServiceIdentity
from services.chassis.tls import Certificates
from tests.fixtures.eventually import eventually
from tests.service.chassis.answers import bearer, refusal
from tests.service.chassis.certificates import Holder
from tests.service.chassis.conftest import Fleet, Start
from tests.service.chassis.things import FILE, Thing, method

_PURPOSE = ("kith-purpose", "safeguard")
_YESTERDAY = timedelta(days=-1)


@pytest.fixture
def authority() -> Authority:
    return Authority()


@pytest.fixture
def things(authority: Authority, tmp_path: Path) -> Holder:
    """The server's own."""
    return Holder(tmp_path / "things", authority, "things")


@pytest.fixture
def search(authority: Authority, tmp_path: Path) -> Holder:
    return Holder(tmp_path / "search", authority, "search")


@pytest.fixture
def agency(authority: Authority, tmp_path: Path) -> Holder:
    """An agency's system has a certificate too, of no service."""
    return Holder(tmp_path / "agency", authority, None)


@pytest.fixture
async def fleet(start: Start, things: Holder) -> AsyncIterator[Fleet]:
    """A server that speaks mutual TLS; its `channel` is in plain text."""
    async with start(things.settings) as running:
        yield running


async def test_s11_a_service_with_its_own_certificate_is_answered(
    fleet: Fleet, identity: ServiceIdentity, search: Holder
) -> None:
    identity.certificates = search.certificates
    async with connect(fleet.address, FILE, identity=identity) as channel:
        answer = await method(channel, "MatchThings")(Thing(name="x"))
    assert answer.name == "x"


async def test_s11_anothers_certificate_does_not_go_with_a_services_token(
    fleet: Fleet, identity: ServiceIdentity, authority: Authority, tmp_path: Path
) -> None:
    identity.certificates = Holder(tmp_path / "consent", authority, "consent").certificates
    async with connect(fleet.address, FILE, identity=identity) as channel:
        assert (await refusal(method(channel, "MatchThings")(Thing()))).code == "UNAUTHENTICATED"


@pytest.mark.parametrize("lives", [timedelta(days=1), _YESTERDAY], ids=["other authority", "expired"])
async def test_f35_a_certificate_of_another_authority_or_time_does_not_connect(
    lives: timedelta, fleet: Fleet, identity: ServiceIdentity, authority: Authority, tmp_path: Path
) -> None:
    issuer = authority if lives == _YESTERDAY else Authority("somebody else")
    holder = Holder(tmp_path / "search", issuer, "search", lives)
    holder.authorities.write_bytes(authority.pem)
    identity.certificates = holder.certificates
    async with connect(fleet.address, FILE, identity=identity) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await method(channel, "MatchThings")(Thing())
    assert refused.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_s11_a_server_of_another_authority_gets_no_call(
    fleet: Fleet, identity: ServiceIdentity, search: Holder
) -> None:
    search.authorities.write_bytes(Authority("somebody else").pem)
    identity.certificates = search.certificates
    async with connect(fleet.address, FILE, identity=identity) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await method(channel, "MatchThings")(Thing())
    assert refused.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_s11_nobody_comes_in_without_a_certificate(fleet: Fleet, things: Holder) -> None:
    token = fleet.issuer.service_token("search")
    own = bearer(token, ("kith-service-authorization", f"Bearer {token}"))
    credentials = grpc.ssl_channel_credentials(things.authorities.read_bytes())
    async with grpc.aio.secure_channel(fleet.address, credentials) as nameless:
        for channel in (fleet.channel, nameless):
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await method(channel, "MatchThings")(Thing(), metadata=own)
            assert refused.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_s11_an_agencys_system_speaks_for_itself_alone(fleet: Fleet, agency: Holder) -> None:
    issuer = fleet.issuer
    system = issuer.token(kind="system", client_id="agency-1", sub="agency-1", roles=None)
    stolen = issuer.service_token("search")
    relayed = ("kith-service-authorization", f"Bearer {stolen}")
    async with agency.channel(fleet.address) as channel:
        get = method(channel, "GetThing")
        assert (await get(Thing(name="x"), metadata=bearer(system))).name == "x"
        for metadata in (
            bearer(issuer.token()),  # a person's, who comes by the gateway alone
            bearer(stolen),
            bearer(stolen, relayed),
            bearer(issuer.token(), relayed),
            bearer(system, relayed),
        ):
            assert (await refusal(get(Thing(), metadata=metadata))).code == "UNAUTHENTICATED"


async def test_f35_new_certificates_and_a_new_authority_cost_no_call(
    fleet: Fleet,
    identity: ServiceIdentity,
    authority: Authority,
    things: Holder,
    search: Holder,
    tmp_path: Path,
) -> None:
    """The way of a change of authority: both trust both, then each shows a new certificate, then the old one goes."""
    new = Authority("the next one")
    newcomer = Holder(tmp_path / "newcomer", new, "search")
    latecomer = Holder(tmp_path / "latecomer", authority, "search")
    for holder in (newcomer, latecomer):
        holder.authorities.write_bytes(authority.pem + new.pem)
    certificates = identity.certificates = search.certificates
    answered = 0
    done = asyncio.Event()

    async with connect(fleet.address, FILE, identity=identity) as channel:

        async def ask() -> None:
            nonlocal answered
            while not done.is_set():
                await method(channel, "MatchThings")(Thing(name="x"))
                answered += 1

        asking = asyncio.create_task(ask())
        for holder in (things, search):
            holder.authorities.write_bytes(authority.pem + new.pem)
        await eventually(lambda: _connects(fleet, newcomer))
        for holder, service in ((search, "search"), (things, "things")):
            new.issue(holder.certificate, holder.key, service=service)
        newcomer.authorities.write_bytes(new.pem)
        await eventually(lambda: _connects(fleet, newcomer))
        await eventually(lambda: certificates.material.certificate == search.certificate.read_bytes())
        for holder in (things, search):
            holder.authorities.write_bytes(new.pem)
        await eventually(lambda: _is_refused(fleet, latecomer))
        before = answered
        await eventually(lambda: answered > before or asking.done())
        done.set()
        await asking


async def _is_refused(fleet: Fleet, holder: Holder) -> bool:
    return not await _connects(fleet, holder)


async def _connects(fleet: Fleet, holder: Holder) -> bool:
    token = fleet.issuer.service_token("search")
    metadata = bearer(token, ("kith-service-authorization", f"Bearer {token}"))
    async with holder.channel(fleet.address) as channel:
        try:
            await method(channel, "MatchThings")(Thing(), metadata=metadata)
        except grpc.aio.AioRpcError:
            return False
    return True


async def test_f35_half_a_change_is_no_change(authority: Authority, search: Holder) -> None:
    certificates = search.certificates
    before = certificates.material
    certificate, key = search.certificate.read_bytes(), search.key.read_bytes()
    authority.issue(search.certificate, search.key, service="search")
    whole = search.certificate.read_bytes()
    search.certificate.write_bytes(certificate)
    # The key is new and the certificate is not; then both are.
    certificates.look()
    assert certificates.material is before
    search.certificate.write_bytes(whole)
    certificates.look()
    assert certificates.material is not before
    assert search.key.read_bytes() != key


@pytest.mark.parametrize("missing", ["tls_certificate_file", "tls_key_file", "tls_authorities_file", "all"])
def test_s11_outside_local_mode_nothing_starts_without_certificates(missing: str, search: Holder) -> None:
    given = search.settings.model_dump() | {"local_mode": False}
    left_out = [name for name in given if name.startswith("tls_") and missing in (name, "all")]
    with pytest.raises(BadSettings, match="KITH_TLS_CERTIFICATE_FILE"):
        Certificates.of(ServiceSettings(**{**given, **dict.fromkeys(left_out)}))


def test_s11_a_key_of_another_certificate_is_refused_at_start(search: Holder, things: Holder) -> None:
    with pytest.raises(BadSettings, match="is not the key"):
        Certificates(search.certificate, things.key, search.authorities)
