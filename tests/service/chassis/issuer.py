"""A small issuer of access tokens over real HTTP, and a mint for tokens good and bad."""

import json
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from joserfc import jwt
from joserfc.jwk import ECKey


class Issuer:
    """Serves /jwks.json and /token on a free port of loopback. Counts what it is asked for."""

    def __init__(self) -> None:
        self.key = ECKey.generate_key("P-256", {"kid": "first"})
        self.published = [self.key]
        self.answers = True
        self.keys_fetched = 0
        self.tokens_granted = 0
        self.assertions: list[dict[str, str]] = []
        self.token_seconds = 300
        self.service_scope = "things.read things.write"
        self.url = ""

    def claims(self, **changed: Any) -> dict[str, Any]:
        """The claims of a person's token; a change to None leaves the claim out."""
        now = int(time.time())
        claims = {
            "iss": self.url,
            "sub": "person-1",
            "aud": "kith",
            "exp": now + 300,
            "iat": now,
            "jti": str(uuid.uuid4()),
            "client_id": "gateway",
            "scope": "things.read things.write",
            "org": "organisation-1",
            "roles": ["practitioner"],
            "kind": "person",
        } | changed
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, header: dict[str, Any] | None = None, **changed: Any) -> str:
        """A token with these claims and header fields changed."""
        fields = {"alg": "ES256", "typ": "at+jwt", "kid": self.key.kid} | (header or {})
        kept = {name: value for name, value in fields.items() if value is not None}
        return jwt.encode(kept, self.claims(**changed), self.key, algorithms=["ES256"])

    def service_token(self, service: str, scope: str = "things.read things.write") -> str:
        """A token of a Kith service's own."""
        client = f"service-{service}"
        return self.token(sub=client, client_id=client, kind="service", org=None, roles=None, scope=scope)


@contextmanager
def running_issuer() -> Iterator[Issuer]:
    """Run an issuer for as long as the context."""
    issuer = Issuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.keys_fetched += 1
            self._send({"keys": [key.as_dict(private=False) for key in issuer.published]})

        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
            asked = {name: values[0] for name, values in form.items()}
            issuer.assertions.append(asked)
            issuer.tokens_granted += 1
            token = issuer.service_token(asked["client_id"].removeprefix("service-"), issuer.service_scope)
            self._send({"access_token": token, "expires_in": issuer.token_seconds, "token_type": "Bearer"})

        def _send(self, answer: dict[str, Any]) -> None:
            body = json.dumps(answer).encode()
            self.send_response(200 if issuer.answers else 503)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
