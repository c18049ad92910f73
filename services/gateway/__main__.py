"""`python -m services.gateway` serves the pages and the open API of the directory."""

from kith.directory.v1 import publication_service_pb2
from services.chassis import database, telemetry
from services.chassis.channel import connect, edge_connect
from services.chassis.config import load
from services.chassis.keyring import Keyring
from services.chassis.paging import PageTokens
from services.chassis.server import run
from services.chassis.service_identity import ServiceIdentity
from services.chassis.tls import Certificates
from services.gateway import application
from services.gateway.assets import Assets
from services.gateway.config import Config
from services.gateway.http_server import serve
from services.gateway.neighbours import Neighbours, channel_files
from services.gateway.oidc import Oidc
from services.gateway.open_directory.application import OpenDirectory
from services.gateway.open_directory.neighbours import Publications
from services.gateway.open_directory.rate_limit import RateLimit
from services.gateway.service_search import Searches
from services.gateway.session_seal import SessionSeal
from services.gateway.sessions import Sessions
from services.gateway.templates import Templates
from services.gateway.visit import Site

_SERVICE = "gateway"


async def main(config: Config) -> None:
    """Put the service together and serve until told to stop."""
    telemetry.start(_SERVICE, config)
    keyring = Keyring.load(config.keyring_file)
    seal = SessionSeal(keyring)
    assets = Assets()
    files = channel_files()
    async with (
        ServiceIdentity(
            _SERVICE, config.service_key_file, config.issuer, Certificates.of(config)
        ) as identity,
        Oidc(config.issuer, identity, f"{config.address}/login/callback") as oidc,
        edge_connect(config.search_address, *files["search"], identity=identity) as to_search,
        edge_connect(config.child_index_address, *files["child_index"], identity=identity) as to_child_index,
        edge_connect(config.directory_address, *files["directory"], identity=identity) as to_directory,
        # What anybody may read nobody asks for: the gateway does, with its own token.
        connect(
            config.directory_address, publication_service_pb2.DESCRIPTOR, identity=identity
        ) as to_publications,
        database.pool(config.database_url_file, name=_SERVICE) as pool,
    ):
        sessions = Sessions(pool, seal)
        publications = Publications(to_publications)
        limit = RateLimit(config.directory_requests_per_minute)
        site = Site(
            address=config.address,
            is_local=config.local_mode,
            help_lines=config.help_lines,
            sessions=sessions,
            oidc=oidc,
            neighbours=Neighbours(to_search, to_child_index, to_directory),
            templates=Templates(assets, config.help_lines),
            publications=publications,
            limit=limit,
            searches=Searches(PageTokens(keyring)),
        )
        open_directory = OpenDirectory(publications, config.address, limit)
        app = application.make(site, assets, open_directory, pool.ready)
        await serve(app, config, ready=pool.ready, background=sessions.sweep)


if __name__ == "__main__":
    run(main(load(Config)))
