"""Authlib (PyPI) against `sekisho serve`."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from authlib.common.security import generate_token
from authlib.common.urls import add_params_to_uri
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import KeySet

from support import UserAgent, direct

APPS = {
    "web-app": ("client_secret_basic", "https://app.example.com/callback"),
    "post-app": ("client_secret_post", "https://post.example.com/callback"),
    "cli": ("none", "http://127.0.0.1:53682/callback"),
    "robot": ("client_secret_basic", None),
    "bank-api": ("client_secret_basic", None),
}
SCOPE = "openid profile email offline_access accounts:read"


class App:
    """A client as Authlib's users write it."""

    def __init__(self, server, client_id, scope=SCOPE):
        method, self.redirect_uri = APPS[client_id]
        self.session = direct(
            OAuth2Session(
                client_id,
                None if method == "none" else f"{client_id}-secret",
                scope=scope,
                redirect_uri=self.redirect_uri,
                token_endpoint_auth_method=method,
                revocation_endpoint_auth_method=method,
                code_challenge_method="S256",
            )
        )
        self.client_id, self.issuer = client_id, server.issuer
        self.metadata = self.session.get(
            f"{server.issuer}/.well-known/openid-configuration", withhold_token=True
        ).json()

    def authorize(self, agent=None, **more):
        """Sends the user through the authorization endpoint: the redirect URI with its answer."""
        self.verifier, self.nonce = generate_token(48), generate_token(20)
        url, self.state = self.session.create_authorization_url(
            self.metadata["authorization_endpoint"], code_verifier=self.verifier, nonce=self.nonce
        )
        return (agent or UserAgent()).authorize(url, **more)

    def redeem(self, answer, verifier=None):
        return self.session.fetch_token(
            self.metadata["token_endpoint"],
            authorization_response=answer,
            state=self.state,
            code_verifier=verifier or self.verifier,
        )

    def refresh(self, refresh_token):
        return self.session.refresh_token(self.metadata["token_endpoint"], refresh_token=refresh_token)

    def userinfo(self, access_token):
        headers = {"Authorization": f"Bearer {access_token}"}
        return self.session.get(self.metadata["userinfo_endpoint"], headers=headers, withhold_token=True)

    def revoke(self, token):
        answer = self.session.revoke_token(self.metadata["revocation_endpoint"], token=token)
        assert answer.status_code == 200, answer.text

    def introspect(self, token):
        return self.session.introspect_token(self.metadata["introspection_endpoint"], token=token).json()

    def check_id_token(self, token):
        keys = self.session.get(self.metadata["jwks_uri"], withhold_token=True).json()
        decoded = jwt.decode(token["id_token"], KeySet.import_key_set(keys), algorithms=["RS256"])
        options = {"iss": {"essential": True, "value": self.issuer}, "aud": {"essential": True, "value": self.client_id}}
        params = {"nonce": self.nonce, "client_id": self.client_id, "access_token": token["access_token"]}
        claims = CodeIDToken(decoded.claims, decoded.header, options, params)
        claims.validate()
        return claims


# Conformance: oidcc-server oidcc-server-client-secret-post oidcc-userinfo-get oidcc-refresh-token
@pytest.mark.parametrize("client_id", ["web-app", "post-app", "cli"])
def test_code_with_pkce_userinfo_refresh_and_revocation(server, client_id):
    app = App(server, client_id)
    answer = app.authorize()
    assert dict(parse_qsl(urlsplit(answer).query))["iss"] == server.issuer
    token = app.redeem(answer)
    claims = app.check_id_token(token)
    assert "accounts:read" in token["scope"].split()

    user = app.userinfo(token["access_token"]).json()
    assert user["sub"] == claims["sub"]
    assert user["email"] == "alice@example.com"
    assert user["email_verified"] is True

    first = token["refresh_token"]
    refreshed = app.refresh(first)
    assert refreshed["access_token"] != token["access_token"]
    assert app.userinfo(refreshed["access_token"]).json()["sub"] == claims["sub"]
    if client_id == "cli":
        assert refreshed["refresh_token"] != first

    last = refreshed.get("refresh_token", first)
    app.revoke(last)
    with pytest.raises(OAuthError, match="invalid_grant"):
        app.refresh(last)
    refused = app.userinfo(refreshed["access_token"])
    assert refused.status_code == 401
    assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]


def test_an_api_learns_by_introspection_until_the_token_is_revoked(server):
    app, api = App(server, "web-app"), App(server, "bank-api")
    token = app.redeem(app.authorize())["access_token"]
    live = api.introspect(token)
    assert live["active"] is True
    assert live["client_id"] == "web-app"
    app.revoke(token)
    assert api.introspect(token) == {"active": False}


def test_client_credentials(server):
    robot = App(server, "robot", scope="accounts:read")
    token = robot.session.fetch_token(robot.metadata["token_endpoint"], grant_type="client_credentials")
    assert "refresh_token" not in token
    live = App(server, "bank-api").introspect(token["access_token"])
    assert live["active"] is True
    assert live["scope"] == "accounts:read"


def test_a_user_who_refuses_sends_the_client_access_denied(server):
    app = App(server, "web-app")
    answer = app.authorize(username="bob", decision="deny")
    answer = dict(parse_qsl(urlsplit(answer).query))
    assert answer["error"] == "access_denied"
    assert answer["state"] == app.state
    assert "code" not in answer


# Conformance: B56 B71 oidcc-codereuse
def test_a_code_is_worth_nothing_with_another_verifier_nor_a_second_time(server):
    app = App(server, "web-app")
    with pytest.raises(OAuthError, match="invalid_grant"):
        app.redeem(app.authorize(), verifier=generate_token(48))
    answer = app.authorize()
    token = app.redeem(answer)["access_token"]
    with pytest.raises(OAuthError, match="invalid_grant"):
        app.redeem(answer)
    assert app.userinfo(token).status_code == 401


# Conformance: B131 oidcc-rp-initiated-logout
def test_a_user_signs_out_and_comes_back_with_state_alone(server):
    app, agent = App(server, "web-app"), UserAgent()
    token = app.redeem(app.authorize(agent))
    there = "https://app.example.com/signed-out"
    parameters = {"id_token_hint": token["id_token"], "post_logout_redirect_uri": there, "state": "s"}
    assert agent.open(add_params_to_uri(app.metadata["end_session_endpoint"], parameters.items())) == f"{there}?state=s"
    url, _ = app.session.create_authorization_url(
        app.metadata["authorization_endpoint"], code_verifier=app.verifier, prompt="none"
    )
    assert "error=login_required" in agent.open(url)
