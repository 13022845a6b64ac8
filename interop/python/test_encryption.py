"""joserfc (PyPI) decrypts what is encrypted for its client, with Authlib around it."""

import json

import pytest
from joserfc import jwe, jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from support import Server
from test_authlib import APPS, App

READERS = {
    "reader-rsa": ("RSA-OAEP-256", "A128CBC-HS256", RSAKey, 2048),
    "reader-ec": ("ECDH-ES+A256KW", "A128GCM", ECKey, "P-256"),
}


def registration(client_id, alg, enc, key):
    APPS[client_id] = ("client_secret_basic", "https://reader.example.com/callback")
    jwk = ", ".join(f"{name} = {json.dumps(value)}" for name, value in key.as_dict(private=False).items())
    return f"""
[[client]]
client_id     = "{client_id}"
client_name   = "Reader"
client_secret = "{client_id}-secret"
redirect_uris = ["https://reader.example.com/callback"]
scope         = "openid profile email accounts:read"
jwks          = {{ keys = [{{ {jwk} }}] }}
id_token_encrypted_response_alg = "{alg}"
id_token_encrypted_response_enc = "{enc}"
userinfo_encrypted_response_alg = "{alg}"
userinfo_encrypted_response_enc = "{enc}"
introspection_encrypted_response_alg = "{alg}"
introspection_encrypted_response_enc = "{enc}"
"""


@pytest.fixture(scope="module")
def keys():
    return {
        client_id: kind.generate_key(size, {"kid": f"{client_id}-1", "use": "enc", "alg": alg})
        for client_id, (alg, _, kind, size) in READERS.items()
    }


@pytest.fixture(scope="module")
def server(keys):
    more = "".join(registration(name, *READERS[name][:2], key) for name, key in keys.items())
    server = Server("sqlite", more)
    yield server
    server.stop()


# Conformance: B82
@pytest.mark.parametrize("client_id", READERS)
def test_id_token_userinfo_and_introspection(server, keys, client_id):
    alg, enc, *_ = READERS[client_id]

    def decrypt(token):
        opened = jwe.decrypt_compact(token, keys[client_id], algorithms=[alg, enc])
        header = opened.headers()
        assert (header["alg"], header["enc"], header["kid"]) == (alg, enc, f"{client_id}-1")
        return header, opened.plaintext.decode()

    app = App(server, client_id, scope="openid email accounts:read")
    token = app.redeem(app.authorize())
    header, id_token = decrypt(token["id_token"])
    assert header["cty"] == "JWT"
    claims = app.check_id_token({**token, "id_token": id_token})

    # Only encryption was registered, so the claims themselves are in it.
    answer = app.userinfo(token["access_token"])
    assert answer.headers["Content-Type"] == "application/jwt"
    header, user = decrypt(answer.text)
    assert "cty" not in header
    user = json.loads(user)
    assert (user["sub"], user["email"]) == (claims["sub"], "alice@example.com")

    answer = app.session.post(
        app.metadata["introspection_endpoint"],
        data={"token": token["access_token"]},
        headers={"Accept": "application/token-introspection+jwt"},
        auth=(client_id, f"{client_id}-secret"),
        withhold_token=True,
    )
    assert answer.headers["Content-Type"] == "application/token-introspection+jwt"
    _, introspection = decrypt(answer.text)
    published = KeySet.import_key_set(app.session.get(app.metadata["jwks_uri"], withhold_token=True).json())
    told = jwt.decode(introspection, published, algorithms=["RS256"])
    assert told.header["typ"] == "token-introspection+jwt"
    assert told.claims["token_introspection"]["sub"] == claims["sub"]
