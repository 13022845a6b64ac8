"""An API that checks Sekisho's access tokens, with joserfc. Opaque tokens are introspected, JWTs checked by the issuer's keys.

ISSUER, API (its identifier) and SCOPE (what a call needs) say what is protected; with CLIENT_ID and CLIENT_SECRET, the API's own
credentials, every token is introspected: what was taken back is refused at once.
"""

import json
import os
import re
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote, urlsplit

import requests
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

ISSUER, API, SCOPE = os.environ["ISSUER"], os.environ["API"], os.environ["SCOPE"]
CLIENT_ID, CLIENT_SECRET = os.environ.get("CLIENT_ID"), os.environ.get("CLIENT_SECRET", "")
ALGORITHMS = ["ES256", "PS256", "EdDSA", "RS256"]
_place = urlsplit(API)
METADATA = f"{_place.scheme}://{_place.netloc}/.well-known/oauth-protected-resource{_place.path.rstrip('/')}"


class Refused(Exception):
    def __init__(self, status, code):
        self.status, self.code = status, code


class Keys:
    """The issuer's keys, fetched again after five minutes, and for a key that is not known, but not more often than each 10 seconds."""

    def __init__(self):
        self.keys, self.fetched = None, float("-inf")

    def get(self, kid):
        age = time.monotonic() - self.fetched
        is_known = self.keys and any(key.kid == kid for key in self.keys)
        if age > 300 or (not is_known and age > 10):
            answer = requests.get(f"{ISSUER}/jwks", timeout=5, allow_redirects=False)
            answer.raise_for_status()
            signing = [key for key in answer.json()["keys"] if key.get("use") == "sig"]
            self.keys, self.fetched = KeySet.import_key_set({"keys": signing}), time.monotonic()
        return self.keys


KEYS = Keys()


def introspected(token):
    credentials = quote(CLIENT_ID, safe=""), quote(CLIENT_SECRET, safe="")
    answer = requests.post(f"{ISSUER}/introspect", auth=credentials, data={"token": token}, timeout=5, allow_redirects=False)
    answer.raise_for_status()
    claims = answer.json()
    if claims.get("active") is not True:
        raise Refused(401, "invalid_token")
    return claims


def verified(token):
    try:
        found = jwt.decode(token, lambda jws: KEYS.get(jws.headers().get("kid")), algorithms=ALGORITHMS)
        now = {"essential": True}
        jwt.JWTClaimsRegistry(leeway=5, exp=now, iss={"essential": True, "value": ISSUER}, aud=now).validate(found.claims)
    except (JoseError, ValueError) as error:
        raise Refused(401, "invalid_token") from error
    # `typ` keeps ID tokens and others' JWTs out (RFC 9068 §4).
    if str(found.header.get("typ", "")).lower().removeprefix("application/") != "at+jwt":
        raise Refused(401, "invalid_token")
    return found.claims


def check(authorization):
    credentials = re.fullmatch(r"Bearer +([\w.~+/-]+=*)", authorization or "", re.ASCII | re.IGNORECASE)
    if not credentials:
        raise Refused(401, "invalid_token" if authorization else None)
    claims = (introspected if CLIENT_ID else verified)(credentials[1])
    audience = claims.get("aud", [])
    is_for_us = API in ([audience] if isinstance(audience, str) else audience) and claims.get("iss") == ISSUER
    # A token that is bound to a key is no bearer token: whoever cannot check the key must not take it.
    if not is_for_us or "cnf" in claims:
        raise Refused(401, "invalid_token")
    if SCOPE not in claims.get("scope", "").split():
        raise Refused(403, "insufficient_scope")
    return claims


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        try:
            claims = check(self.headers.get("Authorization"))
            self.answer(200, {"sub": claims.get("sub"), "client_id": claims.get("client_id")})
        except Refused as refused:
            parts = [f'resource_metadata="{METADATA}"']
            parts += [f'error="{refused.code}"'] if refused.code else []
            parts += [f'scope="{SCOPE}"'] if refused.status == 403 else []
            self.answer(refused.status, {"error": refused.code}, {"WWW-Authenticate": f"Bearer {', '.join(parts)}"})
        except requests.RequestException:
            self.answer(503, {"error": "temporarily_unavailable"}, {"Retry-After": "1"})

    def answer(self, status, body, headers=None):
        content = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(content)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        """Nothing: the default would write whole request lines."""


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "9000"))), Handler).serve_forever()
