import pytest

from tests.fixtures.service_process import ServiceProcess
from tests.service.chassis.issuer import Issuer
from tests.service.directory.editing.writer import Desk


@pytest.fixture
def desk(directory: ServiceProcess, issuer: Issuer) -> Desk:
    """People who have written nothing yet."""
    return Desk.made(directory, issuer)
