"""requests_oauth2client as a client of FAPI 2.0: pushed requests, DPoP, certificates."""

import subprocess
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from jwskate import Jwk
from requests_oauth2client import (
    BearerToken,
    DPoPKey,
    DPoPToken,
    InvalidClient,
    MissingDPoPNonce,
    OAuth2Client,
    PrivateKeyJwt,
    PublicApp,
)

from support import Server, UserAgent, direct

REDIRECT = "https://app.example.com/callback"
CLIENT = """
[[client]]
client_id                    = "{}"
profile                      = "fapi2-security"
redirect_uris                = ["{}"]
grant_types                  = ["authorization_code", "refresh_token"]
scope                        = "openid profile offline_access"
id_token_signed_response_alg = "ES256"
{}
"""
BY_CERTIFICATE = """token_endpoint_auth_method = "self_signed_tls_client_auth"
tls_client_certificate_bound_access_tokens = true
jwks = {{ keys = [{{ kty = "EC", crv = "P-256", x = "{x}", y = "{y}", x5c = ["{x5c}"] }}] }}"""


@pytest.fixture(scope="module")
def key():
    return Jwk.generate(alg="ES256", kid="1")


@pytest.fixture(scope="module")
def identity(tmp_path_factory):
    """A certificate that its client signed itself, and another one: the files of certificate and key."""
    directory = tmp_path_factory.mktemp("certificates")

    def make(name):
        cert, private = directory / f"{name}.pem", directory / f"{name}.key"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", f"/CN={name}", "-keyout", private, "-out", cert],
            check=True,
            capture_output=True,
        )  # fmt: skip
        return str(cert), str(private)

    return make("app"), make("other")


@pytest.fixture(scope="module")
def server(key, identity):
    public = key.public_jwk()
    jwks = f'{{ keys = [{{ kty = "EC", crv = "P-256", x = "{public.x}", y = "{public.y}", kid = "1", alg = "ES256" }}] }}'
    proofs = f'token_endpoint_auth_method = "private_key_jwt"\ndpop_bound_access_tokens = true\njwks = {jwks}'
    (cert, private), _ = identity
    shown = Jwk.from_pem(open(private, "rb").read())
    x5c = "".join(open(cert).read().split("-----")[2].split())
    certificates = BY_CERTIFICATE.format(x=shown.x, y=shown.y, x5c=x5c)
    clients = CLIENT.format("proofs", REDIRECT, proofs) + CLIENT.format("certificates", REDIRECT, certificates)
    server = Server("sqlite", clients, tls=True)
    yield server
    server.stop()


def session(server, identity=None):
    """What trusts the server's authority, and shows a certificate if there is one."""
    session = direct(requests.Session())
    session.verify, session.cert = server.ca, identity
    return session


def client(server, auth, identity=None, **more):
    sender = session(server, identity)
    metadata = sender.get(f"{server.issuer}/.well-known/openid-configuration").json()
    keys = sender.get(metadata["jwks_uri"]).json()
    return OAuth2Client.from_discovery_document(
        metadata, server.issuer, auth=auth, authorization_server_jwks=keys, session=sender, redirect_uri=REDIRECT,
        id_token_signed_response_alg="ES256", testing=True, **more
    )  # fmt: skip


def sign_in(server, oauth, **more):
    """Pushes a request, walks it, and redeems the code."""
    request = oauth.authorization_request(scope="openid profile offline_access", **more)
    pushed = oauth.pushed_authorization_request(request)
    assert sorted(name for name, _ in parse_qsl(urlsplit(pushed.uri).query)) == ["client_id", "request_uri"]
    callback = UserAgent(server.ca).authorize(pushed.uri)
    # Version 1.8.0 cannot make its DPoP token anew with a validated ID token.
    return oauth.authorization_code(request.validate_callback(callback), validate=not oauth.dpop_bound_access_tokens)


# Conformance: fapi2-security-profile-final-happy-flow F2-AS-11 DPOP-08 DPOP-12 DPOP-RS-01 DPOP-RS-02
def test_pushed_requests_and_proofs(server, key):
    auth = PrivateKeyJwt("proofs", key, aud=server.issuer)
    oauth = client(server, auth, dpop_bound_access_tokens=True)
    token = sign_in(server, oauth, dpop=True)
    assert isinstance(token, DPoPToken)
    userinfo = f"{server.issuer}/userinfo"
    answer = session(server).get(userinfo, auth=token)
    assert answer.json()["given_name"] == "Alice"
    assert session(server).get(userinfo, auth=BearerToken(token.access_token)).status_code == 401
    stolen = DPoPToken(token.access_token, _dpop_key=DPoPKey.generate("ES256"))
    # The library takes every challenge for one that wants a nonce.
    with pytest.raises(MissingDPoPNonce) as refusal:
        session(server).get(userinfo, auth=stolen)
    assert refusal.value.response.status_code == 401

    refreshed = oauth.refresh_token(token.refresh_token, dpop=True)
    assert isinstance(refreshed, DPoPToken), "a confidential client may come with another key"
    assert session(server).get(userinfo, auth=refreshed).status_code == 200
    assert oauth.introspect_token(refreshed)["cnf"]["jkt"] == refreshed.dpop_key.dpop_jkt


# Conformance: F2-AS-05 MTLS-03 MTLS-04 MTLS-05 MTLS-RS-01
def test_certificates_that_the_client_signed_itself(server, identity):
    own, other = identity
    oauth = client(server, PublicApp("certificates"), own)
    token = sign_in(server, oauth)
    userinfo = f"{server.issuer}/userinfo"
    assert session(server, own).get(userinfo, auth=token).json()["given_name"] == "Alice"
    assert session(server, other).get(userinfo, auth=token).status_code == 401
    assert session(server).get(userinfo, auth=token).status_code == 401
    assert "x5t#S256" in oauth.introspect_token(token)["cnf"]
    stranger = client(server, PublicApp("certificates"), other)
    with pytest.raises(InvalidClient):
        stranger.pushed_authorization_request(stranger.authorization_request())
