"""`python -m services.audit` serves the access trail."""

from kith.audit.v1.audit_service_pb2_grpc import add_AuditServiceServicer_to_server
from services.audit.config import Config
from services.audit.service import AuditService
from services.chassis import database, telemetry
from services.chassis.caller import TokenVerifier
from services.chassis.config import load
from services.chassis.server import run, serve


async def main(config: Config) -> None:
    """Put the service together and serve until told to stop."""
    telemetry.start("audit", config)
    async with (
        TokenVerifier(config.issuer) as verifier,
        database.pool(config.database_url_file, name="audit") as db,
    ):
        await serve(
            "audit",
            config,
            [(add_AuditServiceServicer_to_server, AuditService(db))],
            error_domain="audit.kith",
            verifier=verifier,
            ready=db.ready,
        )


if __name__ == "__main__":
    run(main(load(Config)))
