"""An issuer where everybody is logged in at once: /authorize sends the browser straight back with a code."""

import base64
import hashlib
import json
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey

ORGANISATION_ID = "0190f5a0-0000-7000-8000-000000000001"
PRACTITIONER_ID = "0190f5a0-0000-7000-8000-000000000301"


class LoginIssuer:
    """Keeps to the protocol; what it says can be changed. Tests set everything back by `reset`."""

    def __init__(self) -> None:
        self.key = ECKey.generate_key("P-256", {"kid": "issuer-1"})
        self.url = ""
        self.codes: dict[str, dict[str, str]] = {}
        self.refresh_tokens: set[str] = set()
        self.grants: list[str] = []
        self.reset()

    def reset(self) -> None:
        """Say again what is usual."""
        self.id_claims: dict[str, Any] = {}
        self.access_seconds = 300
        self.answers = True
        self.grants.clear()
        self.refresh_tokens.clear()

    def authorize(self, query: dict[str, str]) -> str:
        """Return where the browser is sent."""
        code = uuid.uuid4().hex
        self.codes[code] = query
        return (
            f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state'], 'iss': self.url})}"
        )

    def grant(self, asked: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """Answer the token endpoint."""
        grant_type = asked["grant_type"]
        self.grants.append(grant_type)
        if not self.answers:
            return 503, {}
        if grant_type == "client_credentials":
            return 200, self._tokens("service-gateway")
        if grant_type == "refresh_token":
            if asked["refresh_token"] not in self.refresh_tokens:
                return 400, {"error": "invalid_grant"}
            self.refresh_tokens.discard(asked["refresh_token"])
            return 200, self._for_person()
        begun = self.codes.pop(asked["code"], None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(asked["code_verifier"].encode()).digest())
        if begun is None or begun["code_challenge"] != challenge.decode().rstrip("="):
            return 400, {"error": "invalid_grant"}
        return 200, self._for_person() | {"id_token": self._id_token(begun["nonce"])}

    def _for_person(self) -> dict[str, Any]:
        refresh = uuid.uuid4().hex
        self.refresh_tokens.add(refresh)
        return self._tokens("person") | {"refresh_token": refresh}

    def _tokens(self, subject: str) -> dict[str, Any]:
        token = f"{subject}.{uuid.uuid4().hex}"
        return {"access_token": token, "token_type": "Bearer", "expires_in": self.access_seconds}

    def _id_token(self, nonce: str) -> str:
        now = int(time.time())
        claims = {
            "iss": self.url,
            "sub": "person-1",
            "aud": "service-gateway",
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            "name": "Rosa Martin",
            "org": ORGANISATION_ID,
            "practitioner_id": PRACTITIONER_ID,
            "roles": ["PRACTITIONER"],
        } | self.id_claims
        header = {"alg": "ES256", "typ": "JWT", "kid": self.key.kid}
        return jwt.encode(header, claims, self.key, algorithms=["ES256"])


@contextmanager
def running_login_issuer() -> Iterator[LoginIssuer]:
    """Run it on a free port for as long as the context."""
    issuer = LoginIssuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            if url.path == "/authorize":
                query = {name: values[0] for name, values in parse_qs(url.query).items()}
                self.send_response(303)
                self.send_header("location", issuer.authorize(query))
                self.send_header("content-length", "0")
                self.end_headers()
                return
            self._send(200, {"keys": [issuer.key.as_dict(private=False)]})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            self._send(*issuer.grant({name: values[0] for name, values in parse_qs(body).items()}))

        def _send(self, status: int, answer: dict[str, Any]) -> None:
            body = json.dumps(answer).encode()
            self.send_response(status)
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
