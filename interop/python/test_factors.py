"""pyotp, which nobody here wrote, makes the codes of authenticator apps and hardware tokens."""

import base64
import json
import time

import pyotp
import pytest
from authlib.integrations.requests_client import OAuth2Session

from support import Server, UserAgent, direct

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
LOA3 = "urn:sekisho:acr:loa3"
VERIFIER = "v" * 64
USERS = f"""
[[user]]
username = "carol"
password = "carol-password"
totp_secret = "{SECRET}"
[[user]]
username = "dave"
password = "dave-password"
hotp_secret = "{SECRET}"
"""


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def server(request):
    server = Server(request.param, more=USERS)
    yield server
    server.stop()


def ask(server, agent, username):
    """As far as the page that asks for a code: the page, and the client that began it."""
    app = direct(OAuth2Session("web-app", "web-app-secret", scope="openid", code_challenge_method="S256",
                               redirect_uri="https://app.example.com/callback"))
    url, _ = app.create_authorization_url(f"{server.issuer}/authorize", code_verifier=VERIFIER, acr_values=LOA3,
                                          prompt="login consent")
    page = agent.open(url)
    page = agent._press(page, "sign-in", {"username": username, "password": f"{username}-password"})
    assert agent._form(page, "code") is not None, page.text
    return app, page


def finish(server, agent, app, page):
    """Approves: what the ID token says."""
    answer = agent._press(page, "approve", {})
    app.state = None
    tokens = app.fetch_token(f"{server.issuer}/token", authorization_response=answer, code_verifier=VERIFIER)
    payload = tokens["id_token"].split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def test_a_code_of_an_app_is_taken_once_and_the_token_says_so(server):
    agent, totp = UserAgent(), pyotp.TOTP(SECRET)
    app, page = ask(server, agent, "carol")
    refused = agent._press(page, "continue", {"code": totp.at(time.time() - 90)})
    assert refused.status_code == 401
    code = totp.now()
    told = finish(server, agent, app, agent._press(refused, "continue", {"code": code}))
    assert (told["acr"], told["amr"]) == (LOA3, ["pwd", "otp", "mfa"])

    other = UserAgent()
    _, page = ask(server, other, "carol")
    assert other._press(page, "continue", {"code": code}).status_code == 401


def test_codes_of_a_token_are_taken_in_their_order_and_two_find_its_place_again(server):
    hotp = pyotp.HOTP(SECRET)

    def enter(code):
        agent = UserAgent()
        app, page = ask(server, agent, "dave")
        return agent, app, agent._press(page, "continue", {"code": code})

    for code in [hotp.at(0), hotp.at(3), hotp.at(100) + hotp.at(101), hotp.at(102)]:
        agent, app, page = enter(code)
        assert page.status_code == 200, page.text
        assert finish(server, agent, app, page)["acr"] == LOA3
    for code in [hotp.at(102), hotp.at(50), hotp.at(120), hotp.at(200) + hotp.at(202)]:
        assert enter(code)[2].status_code == 401
