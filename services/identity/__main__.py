"""`python -m services.identity` serves accounts, and is the issuer of access tokens."""

from functools import partial

from kith.identity.v1.identity_service_pb2_grpc import add_IdentityServiceServicer_to_server
from services.chassis import database, telemetry
from services.chassis.caller import TokenVerifier
from services.chassis.config import load
from services.chassis.keyring import Keyring
from services.chassis.port import open_socket
from services.chassis.server import run, serve
from services.identity import discovery, issuer_app, platform_clients, sweep
from services.identity.authorize_endpoint import AuthorizeEndpoint
from services.identity.client_authentication import ClientAuthentication
from services.identity.config import Config
from services.identity.http_server import serve_http
from services.identity.login_form import LoginForm
from services.identity.logins import Logins
from services.identity.password_login import PasswordLogin
from services.identity.passwords import Passwords
from services.identity.service import IdentityService
from services.identity.signing_keys import SigningKeys
from services.identity.token_endpoint import TokenEndpoint
from services.identity.tokens import TokenMaker


async def main(config: Config) -> None:
    """Put the service together and serve until told to stop."""
    telemetry.start("identity", config)
    keys = SigningKeys.load(config.signing_keys_file)
    clients = platform_clients.load(config.platform_clients_file)
    keyring = Keyring.load(config.keyring_file)
    listener = open_socket(config.listen_address, config.issuer_port)
    passwords = Passwords()
    tokens = TokenMaker(config.issuer, keys)
    audiences = frozenset({config.issuer, f"{config.issuer}/token"})
    async with (
        database.pool(config.database_url_file, name="identity") as db,
        TokenVerifier(config.issuer) as verifier,
    ):
        logins = Logins(db, tokens)
        app = issuer_app.make(
            metadata=discovery.metadata(config.issuer),
            published_keys=keys.published,
            token=TokenEndpoint(ClientAuthentication(db, clients, audiences), logins, tokens),
            authorize=AuthorizeEndpoint(
                config.issuer, clients, LoginForm(keyring), PasswordLogin(db, passwords, keyring), logins
            ),
        )
        await serve(
            "identity",
            config,
            [(add_IdentityServiceServicer_to_server, IdentityService(db, keyring, passwords))],
            error_domain="identity.kith",
            verifier=verifier,
            ready=db.ready,
            background=[partial(serve_http, app, listener), partial(sweep.run, db)],
        )


if __name__ == "__main__":
    run(main(load(Config)))
