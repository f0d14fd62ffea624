"""What applications read first: ``/.well-known/smart-configuration`` and its OpenID sister."""

from typing import Any

from django.conf import settings

from liane.clients.oauth.assertions import ALGORITHMS
from liane.clients.oauth.identity import fhir_base
from liane.clients.scopes import PLAIN

CAPABILITIES = [
    "launch-ehr", "launch-standalone", "client-public",
    "client-confidential-symmetric", "client-confidential-asymmetric", "sso-openid-connect",
    "context-ehr-patient", "context-standalone-patient", "context-banner", "permission-offline",
    "permission-online", "permission-patient", "permission-user", "permission-v1", "permission-v2",
]  # fmt: skip
SCOPES = [
    *sorted(PLAIN), "patient/*.rs", "patient/*.cruds", "user/*.rs", "user/*.cruds", "system/*.rs",
    "system/*.cruds",
]  # fmt: skip
AUTH = ["client_secret_basic", "private_key_jwt", "none"]


def configuration() -> dict[str, Any]:
    """The document, the same under both names."""
    here = settings.LIANE_PUBLIC_URL
    return {
        "issuer": here,
        "jwks_uri": f"{here}/oauth/jwks",
        "authorization_endpoint": f"{here}/oauth/authorize",
        "token_endpoint": f"{here}/oauth/token",
        "introspection_endpoint": f"{here}/oauth/introspect",
        "revocation_endpoint": f"{here}/oauth/revoke",
        "management_endpoint": f"{here}/parametres/applications/",
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": SCOPES,
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": AUTH,
        "token_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
        "associated_endpoints": [{"url": fhir_base(), "capabilities": CAPABILITIES}],
        "capabilities": CAPABILITIES,
    }
