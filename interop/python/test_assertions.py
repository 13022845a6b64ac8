"""Authlib's `private_key_jwt` and `client_secret_jwt`."""

import json

import pytest
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import ClientSecretJWT, PrivateKeyJWT
from joserfc.jwk import ECKey

from support import Server, direct
from test_authlib import App

SECRET = "a secret of more than thirty-two bytes"
CLIENT = """
[[client]]
client_id      = "{}"
grant_types    = ["client_credentials"]
response_types = []
scope          = "accounts:read"
{}
"""


@pytest.fixture(scope="module")
def key():
    return ECKey.generate_key("P-256", {"kid": "1", "use": "sig", "alg": "ES256"})


@pytest.fixture(scope="module")
def server(key):
    jwk = ", ".join(f"{name} = {json.dumps(value)}" for name, value in key.as_dict(private=False).items())
    keys = f'token_endpoint_auth_method = "private_key_jwt"\njwks = {{ keys = [{{ {jwk} }}] }}'
    secret = f'token_endpoint_auth_method = "client_secret_jwt"\nclient_secret = "{SECRET}"'
    server = Server("sqlite", CLIENT.format("signing-robot", keys) + CLIENT.format("mac-robot", secret))
    yield server
    server.stop()


def fetch(server, client_id, secret, method):
    endpoint = f"{server.issuer}/token"
    session = direct(OAuth2Session(client_id, secret, scope="accounts:read", token_endpoint_auth_method=method.name))
    session.register_client_auth_method(method)
    return session.fetch_token(endpoint, grant_type="client_credentials")


def test_private_key_jwt(server, key):
    method = PrivateKeyJWT(f"{server.issuer}/token", alg="ES256")
    token = fetch(server, "signing-robot", key, method)
    assert App(server, "bank-api").introspect(token["access_token"])["client_id"] == "signing-robot"


def test_client_secret_jwt(server):
    token = fetch(server, "mac-robot", SECRET, ClientSecretJWT(f"{server.issuer}/token"))
    assert App(server, "bank-api").introspect(token["access_token"])["client_id"] == "mac-robot"
