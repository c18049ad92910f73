"""A whole fleet whose services show each other certificates, as they do in production (S11)."""

import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
import pytest_asyncio

from kith.audit.v1 import audit_service_pb2
from tests.e2e.visitor import record_links, visiting
from tests.fixtures.eventually import eventually
from tests.fixtures.fleet import RunningFleet, running
from tests.fixtures.partnership import Partnership, new_child, partnership, query_for, registration


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def certified() -> AsyncIterator[RunningFleet]:
    home = Path(tempfile.mkdtemp(prefix="kith-"))
    try:
        async with running("embedded", home, twins=False, tls=True) as started:
            yield started
    finally:
        shutil.rmtree(home, ignore_errors=True)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def kith(certified: RunningFleet) -> AsyncIterator[Partnership]:
    async with partnership(certified) as made:
        yield made


async def test_s11_a_child_is_registered_found_and_opened_through_services_that_know_each_other(
    certified: RunningFleet, kith: Partnership
) -> None:
    organisation = await kith.organisation()
    person = await kith.person(organisation)
    facts = new_child()
    await kith.call(organisation, kith.index.RegisterChild, registration(organisation, facts))
    name, born = facts.names[0], facts.birth_date.date
    async with visiting(certified.gateway, person) as visitor:
        page = await visitor.find(
            given_name=name.given_name,
            family_name=name.family_name,
            day=str(born.day),
            month=str(born.month),
            year=str(born.year),
            postcode=facts.addresses[0].postcode,
        )
        record = await visitor.get(record_links(page)[0])
    assert "Who is involved now" in record
    assert organisation.practitioner.display_name in record

    async def shipped() -> bool:
        head = await kith.call(
            kith.operator, kith.audit.GetChainHead, audit_service_pb2.GetChainHeadRequest()
        )
        return bool(head.sequence)

    await eventually(shipped)


async def test_s11_a_persons_token_is_worth_nothing_outside_the_gateway(kith: Partnership) -> None:
    person = await kith.person(await kith.organisation())
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await kith.find(person, query_for(new_child()))
    assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_s11_no_service_answers_in_plain_text(certified: RunningFleet, kith: Partnership) -> None:
    metadata = await (await kith.organisation()).metadata()
    for service in kith.channels:
        channel: Any = grpc.aio.insecure_channel(certified.target(service))
        async with channel as plain:
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await plain.unary_unary("/kith.any.v1.AnyService/Any")(b"", metadata=metadata, timeout=5)
        assert refused.value.code() is grpc.StatusCode.UNAVAILABLE, service
