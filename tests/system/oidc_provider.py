"""A stand-in for Pro Santé Connect and FranceConnect: their addresses, flows and claim shapes.

``python -m tests.system.oidc_provider PORT PEOPLE`` serves both. Whoever signs in is asked, on a
page, which of these people they are. Test code only.
"""

import json
import secrets
import sys
import time
from base64 import b64decode, urlsafe_b64encode
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

ID, SECRET = "liane-test", "secret-of-test"
REALM = "/auth/realms/esante-wallet/protocol/openid-connect"


def professional(
    number: str, family: str, given: str, finess: list[str], **more: Any
) -> dict[str, Any]:
    """User information as Pro Santé Connect gives it."""
    activities = [
        {
            "codeModeExercice": "L", "codeSecteurDactivite": "SA07", "codeGenreActivite": "GENR01",
            "numeroFinessSite": place, "numeroFinessetablissementJuridique": "",
            "numeroSiretSite": "", "raisonSocialeSite": "STRUCTURE", "codeRole": "",
            "identifiantTechniqueDeLaStructure": "F" + place, "autoriteDenregistrement": "",
        }
        for place in finess
    ]  # fmt: skip
    return {
        "Secteur_Activite": "SA07^1.2.250.1.71.4.2.4", "sub": f"f:550dc1c8-d97b:{number}",
        "SubjectOrganization": "STRUCTURE", "Mode_Acces_Raison": "", "preferred_username": number,
        "given_name": given, "family_name": family, "Acces_Regulation_Medicale": "FAUX",
        "UITVersion": "1.0", "Palier_Authentification": "APPPRIP3^1.2.250.1.213.1.5.1.1.1",
        "SubjectRefPro": {
            "codeCivilite": "MME",
            "exercices": [
                {
                    "codeProfession": "60", "codeCategorieProfessionnelle": "C",
                    "codeCiviliteDexercice": "", "nomDexercice": family, "prenomDexercice": given,
                    "codeTypeSavoirFaire": "", "codeSavoirFaire": "", "activities": activities,
                }
            ],
        },
        "SubjectOrganizationID": "F" + (finess[0] if finess else ""),
        "SubjectRole": ["60^1.2.250.1.213.1.1.5.5"], "PSI_Locale": "1.2.250.1.213.1.3.1.1",
        "otherIds": [{"identifiant": number, "origine": "RPPS", "qualite": 1}],
        "SubjectNameID": number, "acr": "eidas1", **more,
    }  # fmt: skip


def citizen(
    family: str, given: str, born: str, gender: str, place: str, **more: Any
) -> dict[str, Any]:
    """User information as FranceConnect gives it: the pivot identity."""
    return {
        "sub": sha256(f"{family}{given}{born}{place}".encode()).hexdigest() + "v1",
        "family_name": family, "given_name": given, "given_name_array": given.split(" "),
        "birthdate": born, "gender": gender, "birthplace": place, "birthcountry": "99100",
        "acr": "eidas2", **more,
    }  # fmt: skip


PEOPLE: dict[str, dict[str, Any]] = {}
"""By the name under which one signs in: filled by tests, or by the process's second argument."""


class Provider(ThreadingHTTPServer):
    """Both providers on one port of the loopback."""

    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.key: Any = RSAKey.generate_key(2048, auto_kid=True)
        self.codes: dict[str, dict[str, str]] = {}
        self.tokens: dict[str, str] = {}
        self.left: list[dict[str, str]] = []
        self.spoils: dict[str, Any] = {}

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def discovery(self, kind: str) -> str:
        """Where its metadata are: not at the usual address for Pro Santé Connect."""
        name = "wallet-openid-configuration" if kind == "psc" else "openid-configuration"
        return f"{self.url}/{kind}/.well-known/{name}"

    def signed(self, claims: dict[str, Any]) -> str:
        """A signed text."""
        key = self.spoils.get("key", self.key)
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, key)


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Provider

    def do_GET(self) -> None:
        """Metadata, keys, the page of sign-in, user information, the end of a session."""
        parts = urlsplit(self.path)
        kind, _, rest = parts.path.strip("/").partition("/")
        said = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if ".well-known" in rest:
            self._json(self._metadata(kind))
        elif rest == "certs":
            self._json(KeySet([self.server.key]).as_dict(private=False))
        elif rest == "wallet/auth":
            self._ask(kind, said)
        elif rest == "chosen":
            self._chosen(said)
        elif rest == "userinfo":
            self._userinfo(kind)
        elif rest == "logout":
            self.server.left.append(said)
            self._to(said.get("post_logout_redirect_uri", "/"))
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        """A code for tokens."""
        length = int(self.headers.get("Content-Length", 0))
        said = {n: v[0] for n, v in parse_qs(self.rfile.read(length).decode()).items()}
        kind = self.path.strip("/").split("/")[0]
        code = self.server.codes.pop(said.get("code", ""), None)
        if not self._is_liane(said) or code is None or not self._proved(code, said):
            self._json({"error": "invalid_grant"}, 400)
            return
        access = secrets.token_urlsafe(16)
        self.server.tokens[access] = code["login"]
        who = PEOPLE[code["login"]]
        now = int(time.time())
        claims = {
            "iss": f"{self.server.url}/{kind}", "aud": ID, "sub": who["sub"], "iat": now,
            "exp": now + 120, "nonce": code["nonce"], "acr": who["acr"], "azp": ID,
        } | self.server.spoils.get("id_token", {})  # fmt: skip
        self._json(
            {"access_token": access, "token_type": "Bearer", "expires_in": 120,
             "id_token": self.server.signed(claims)}
        )  # fmt: skip

    def _metadata(self, kind: str) -> dict[str, Any]:
        here = f"{self.server.url}/{kind}"
        return {
            "issuer": here, "authorization_endpoint": f"{here}/wallet/auth",
            "token_endpoint": f"{here}/token", "userinfo_endpoint": f"{here}/userinfo",
            "jwks_uri": f"{here}/certs", "end_session_endpoint": f"{here}/logout",
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code"], "subject_types_supported": ["public"],
        }  # fmt: skip

    def _ask(self, kind: str, said: dict[str, str]) -> None:
        links = "".join(
            f'<p><a href="/{kind}/chosen?{urlencode({**said, "login": login})}">{login}</a></p>'
            for login in PEOPLE
        )
        no = urlencode({"error": "access_denied", "state": said["state"]})
        cancel = f"{said['redirect_uri']}?{no}"
        self._send(f"<h1>Qui êtes-vous ?</h1>{links}<a href='{cancel}'>Annuler</a>", "text/html")

    def _chosen(self, said: dict[str, str]) -> None:
        code = secrets.token_urlsafe(16)
        self.server.codes[code] = said
        self._to(f"{said['redirect_uri']}?{urlencode({'code': code, 'state': said['state']})}")

    def _is_liane(self, said: dict[str, str]) -> bool:
        kind, _, text = self.headers.get("Authorization", "").partition(" ")
        if kind == "Basic":
            return b64decode(text).decode() == f"{ID}:{SECRET}"
        return (said.get("client_id"), said.get("client_secret")) == (ID, SECRET)

    def _proved(self, code: dict[str, str], said: dict[str, str]) -> bool:
        digest = sha256(said.get("code_verifier", "").encode()).digest()
        proof = urlsafe_b64encode(digest).rstrip(b"=").decode()
        return proof == code["code_challenge"] and said["redirect_uri"] == code["redirect_uri"]

    def _userinfo(self, kind: str) -> None:
        login = self.server.tokens.get(
            self.headers.get("Authorization", "").removeprefix("Bearer ")
        )
        if login is None:
            self.send_error(401)
            return
        claims = PEOPLE[login] | self.server.spoils.get("userinfo", {})
        if kind == "fc":
            body = {name: value for name, value in claims.items() if name != "acr"}
            signed = self.server.signed(body | {"aud": ID, "iss": f"{self.server.url}/fc"})
            self._send(signed, "application/jwt")
        else:
            self._json(claims)

    def _json(self, body: Any, status: int = 200) -> None:
        self._send(json.dumps(body), "application/json", status)

    def _send(self, text: str, kind: str, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.end_headers()
        self.wfile.write(text.encode())

    def _to(self, address: str) -> None:
        self.send_response(302)
        self.send_header("Location", address)
        self.end_headers()

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""


if __name__ == "__main__":
    PEOPLE.update(json.loads(sys.argv[2]))
    Provider(int(sys.argv[1])).serve_forever()
