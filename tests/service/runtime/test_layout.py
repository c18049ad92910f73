"""The table of Kith's own processes: ports, dependencies, keys."""

import json
import socket
from pathlib import Path

import pytest

from deploy.local import ports
from deploy.local.fleet import SERVICES, Layout, table
from deploy.local.process import Process
from deploy.local.runner import Fleet


def rows(home: Path, *, twins: bool = False) -> dict[str, Process]:
    return {row.name: row for row in table(Layout(home, ports.free(twins=twins), twins=twins))}


@pytest.mark.parametrize("twins", [False, True])
def test_table_can_be_ordered_and_every_service_waits_for_its_migrations(tmp_path: Path, twins: bool) -> None:
    names = [
        process.name for process in Fleet(list(rows(tmp_path, twins=twins).values()), tmp_path).processes
    ]
    for service in set(SERVICES) - {"search"}:
        assert names.index("postgres") < names.index(f"migrate-{service}") < names.index(service)
    assert ("gateway-2" in names) is twins


def test_twins_have_ports_of_their_own_and_are_called_by_turns(tmp_path: Path) -> None:
    table_ = rows(tmp_path, twins=True)
    one, other = table_["consent"], table_["consent-2"]
    for name in ("KITH_PORT", "KITH_HEALTH_PORT", "KITH_METRICS_PORT"):
        assert one.env[name] != other.env[name]
    target = f"ipv4:127.0.0.1:{one.env['KITH_PORT']},127.0.0.1:{other.env['KITH_PORT']}"
    assert table_["child_index"].env["KITH_CONSENT_ADDRESS"] == target


def test_keys_are_kept_over_starts_and_closed_to_others(tmp_path: Path) -> None:
    rows(tmp_path)
    folder = tmp_path / "secrets"
    first = {path.name: path.read_bytes() for path in folder.iterdir() if "keyring" in path.name}
    rows(tmp_path)
    assert first == {path.name: path.read_bytes() for path in folder.iterdir() if "keyring" in path.name}
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_a_service_gets_its_own_keys_alone(tmp_path: Path) -> None:
    """DESIGN 5 no. 4 and 5: who needs no facts has no key to them; the index and its search hash alike."""
    rows(tmp_path)
    keys = {
        service: json.loads((tmp_path / f"secrets/{service}.keyring.json").read_text())
        for service in SERVICES
    }
    assert {service for service in SERVICES if "facts" in keys[service]} == {"child_index", "consent"}
    assert keys["consent"]["facts"] != keys["child_index"]["facts"]
    assert keys["search"]["match"] == keys["child_index"]["match"]
    assert keys["search"]["page_token"] != keys["child_index"]["page_token"]


def test_issuer_knows_every_service_by_its_public_key_alone(tmp_path: Path) -> None:
    rows(tmp_path)
    clients = json.loads((tmp_path / "secrets/platform-clients.json").read_text())
    expected = {f"service-{service.replace('_', '-')}" for service in SERVICES} | {"operator"}
    assert {client["client_id"] for client in clients} == expected
    assert not any("d" in client["public_jwk"] for client in clients)
    private = json.loads((tmp_path / "secrets/search.jwk.json").read_text())
    public = next(client["public_jwk"] for client in clients if client["client_id"] == "service-search")
    assert {name: private[name] for name in public} == public


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("child_index-2 health", "KITH_CHILD_INDEX_PORT"),
        ("search metrics", "KITH_SEARCH_PORT"),
        ("issuer-2", "KITH_ISSUER_PORT"),
        ("opensearch transport", "KITH_OPENSEARCH_TRANSPORT_PORT"),
    ],
)
def test_port_in_use_names_the_port_and_the_setting(name: str, setting: str) -> None:
    numbers = ports.free(twins=True)
    ports.require_free(numbers)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", numbers[name]))
        with pytest.raises(ports.BadPort, match=f"{setting} to move it") as refusal:
            ports.require_free(numbers)
    assert str(numbers[name]) in str(refusal.value)


def test_ports_of_engines_that_do_not_run_are_left_alone() -> None:
    without, real = (set(ports.configured(twins=False, engines=engines)) for engines in (False, True))
    assert real - without == {"opensearch", "opensearch transport"}


@pytest.mark.parametrize("text", ["0", "-1", "70000", "65000", "http", ""])
def test_port_that_is_none_is_refused_by_its_setting(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("KITH_GATEWAY_PORT", text)
    with pytest.raises(ports.BadPort, match="KITH_GATEWAY_PORT"):
        ports.configured(twins=False, engines=False)


def test_default_ports_do_not_collide() -> None:
    numbers = list(ports.configured(twins=True, engines=True).values())
    assert len(numbers) == len(set(numbers))
