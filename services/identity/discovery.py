"""What the issuer says about itself: metadata and public keys (RFC 8414, OIDC Discovery 1.0)."""

from typing import Any

from services.identity import scopes
from services.identity.signing_keys import ALGORITHM


def metadata(issuer: str) -> dict[str, Any]:
    """Return the provider's metadata."""
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "jwks_uri": f"{issuer}/jwks.json",
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "subject_types_supported": ["public"],
        "scopes_supported": sorted(scopes.OPENID | scopes.AGENCY.union(*scopes.PERSON.values())),
        "claims_supported": ["sub", "name", "org", "practitioner_id", "roles", "nonce", "auth_time"],
        # The standard wants RS256 as well; one algorithm is one fewer to confuse (S6).
        "id_token_signing_alg_values_supported": [ALGORITHM],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": [ALGORITHM],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
    }
