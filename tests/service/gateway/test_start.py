import json
import socket
from pathlib import Path

import pytest
from joserfc.jwk import ECKey

from deploy.local.process import ProcessFailed
from tests.fixtures.postgres import ServiceDatabases
from tests.fixtures.service_process import service_process


@pytest.mark.parametrize("setting", ["KITH_PORT", "KITH_METRICS_PORT", "KITH_HEALTH_PORT"])
async def test_a_port_in_use_is_said_plainly(
    service_database: ServiceDatabases, tmp_path: Path, setting: str
) -> None:
    """It ends with 2 and a line that names the port."""
    key_file = tmp_path / "gateway.jwk.json"
    key = ECKey.generate_key("P-256", {"kid": "gateway-1"}, private=True)
    key_file.write_text(json.dumps(key.as_dict(private=True)), encoding="utf-8")
    nobody = "127.0.0.1:1"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        settings = {
            "KITH_PORT": "0",
            "KITH_SERVICE_KEY_FILE": str(key_file),
            "KITH_SEARCH_ADDRESS": nobody,
            "KITH_CHILD_INDEX_ADDRESS": nobody,
            "KITH_DIRECTORY_ADDRESS": nobody,
            setting: str(port),
        }
        database = await service_database("gateway")
        with pytest.raises(ProcessFailed) as failed:
            async with service_process(database, f"http://{nobody}", tmp_path, settings):
                pass
    assert "exited with 2" in str(failed.value)
    assert f"port {port} is taken by something else" in str(failed.value)
