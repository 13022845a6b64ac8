"""The example of an API in examples/api/python checks tokens of the real server."""

import os
import subprocess
import sys
import time

import pytest
import requests

from support import ROOT, Server, direct, free_port

REALM = """
[[api]]
identifier    = "https://opaque.example/v1"
introspection = ["bank-api"]
scope         = [{ name = "opaque:read", description = { en = "Read" } }, { name = "opaque:write", description = { en = "Write" } }]
[[api]]
identifier    = "https://jwt.example/v1"
token_format  = "jwt"
scope         = [{ name = "jwt:read", description = { en = "Read" } }, { name = "jwt:write", description = { en = "Write" } }]
[[client]]
client_id      = "tester"
client_secret  = "tester-secret"
grant_types    = ["client_credentials"]
response_types = []
scope          = "opaque:read opaque:write jwt:read jwt:write"
"""
CREDENTIALS = {"opaque": {"CLIENT_ID": "bank-api", "CLIENT_SECRET": "bank-api-secret"}, "jwt": {}}


@pytest.fixture(scope="module")
def issuer():
    server = Server("sqlite", REALM)
    yield server
    server.stop()


@pytest.fixture(params=["opaque", "jwt"])
def api(request, issuer):
    api = Api(issuer.issuer, request.param)
    yield api
    api.process.kill()
    api.process.wait()


class Api:
    """The example, for tokens of one kind."""

    def __init__(self, issuer, kind):
        self.issuer, self.kind, self.http = issuer, kind, direct(requests.Session())
        port = free_port()
        self.url = f"http://127.0.0.1:{port}/"
        settings = {"ISSUER": issuer, "API": f"https://{kind}.example/v1", "SCOPE": f"{kind}:read", "PORT": str(port)}
        program = ROOT / "examples/api/python/api.py"
        environment = {**os.environ, "NO_PROXY": "*", **settings, **CREDENTIALS[kind]}
        self.process = subprocess.Popen([sys.executable, program], env=environment)
        deadline = time.monotonic() + 30
        while True:
            try:
                self.call()
                return
            except requests.ConnectionError:
                assert time.monotonic() < deadline and self.process.poll() is None, "the example does not answer"
                time.sleep(0.1)

    def call(self, token=None):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.http.get(self.url, headers=headers, timeout=10)

    def token(self, scope, kind=None):
        form = {"grant_type": "client_credentials", "scope": scope, "resource": f"https://{kind or self.kind}.example/v1"}
        return self.post("/token", form).json()["access_token"]

    def post(self, endpoint, form):
        answer = self.http.post(self.issuer + endpoint, auth=("tester", "tester-secret"), data=form, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer


def test_a_good_token_gets_in(api):
    answer = api.call(api.token(f"{api.kind}:read"))
    assert (answer.status_code, answer.json()["client_id"]) == (200, "tester")


def test_everything_else_gets_the_right_challenge(api):
    place = f'Bearer resource_metadata="https://{api.kind}.example/.well-known/oauth-protected-resource/v1"'
    without = api.call()
    assert (without.status_code, without.headers["WWW-Authenticate"]) == (401, place)
    other = "jwt" if api.kind == "opaque" else "opaque"
    good = api.token(f"{api.kind}:read")
    middle = len(good) // 2
    tampered = good[:middle] + ("B" if good[middle] == "A" else "A") + good[middle + 1 :]
    for bad in ("nonsense", api.token(f"{other}:read", other), tampered):
        refused = api.call(bad)
        assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, f'{place}, error="invalid_token"')
    weak = api.call(api.token(f"{api.kind}:write"))
    assert weak.status_code == 403
    assert weak.headers["WWW-Authenticate"] == f'{place}, error="insufficient_scope", scope="{api.kind}:read"'


def test_an_opaque_token_that_was_taken_back_is_refused_at_once(issuer):
    api = Api(issuer.issuer, "opaque")
    try:
        token = api.token("opaque:read")
        assert api.call(token).status_code == 200
        api.post("/revoke", {"token": token})
        assert api.call(token).status_code == 401
    finally:
        api.process.kill()
        api.process.wait()


def test_without_its_issuer_nobody_gets_in():
    server = Server("sqlite", REALM)
    api = Api(server.issuer, "opaque")
    try:
        token = api.token("opaque:read")
        server.stop()
        assert api.call(token).status_code == 503
    finally:
        api.process.kill()
        api.process.wait()
