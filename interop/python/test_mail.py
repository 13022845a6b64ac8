"""Mail by a mail server that nobody here wrote (aiosmtpd), read by Python's own parser."""

import email
import email.policy
import html
import queue

import pytest
from aiosmtpd.controller import Controller

from support import Server, UserAgent, free_port


class Inbox:
    """Keeps what arrives: the envelope and the message."""

    def __init__(self):
        self.arrived = queue.Queue()

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.arrived.put((envelope.mail_from, envelope.rcpt_tos, message))
        return "250 kept"


@pytest.fixture
def inbox():
    return Inbox()


@pytest.fixture
def port():
    return free_port()


@pytest.fixture
def server(port):
    smtp = f'[email]\nsmtp = "smtp://127.0.0.1:{port}"\nfrom = "Example Bank <no-reply@example.com>"\n'
    server = Server("sqlite", process=smtp)
    yield server
    server.stop()


def sign_in_twice(server):
    """The first time nobody is told; a second browser is not known."""
    for _ in range(2):
        browser = UserAgent()
        page = browser.open(f"{server.issuer}/account")
        browser._press(page, "sign-in", {"username": "alice", "password": "alice-password"})


def test_a_notice_arrives_in_two_forms(server, inbox, port):
    controller = Controller(inbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        sign_in_twice(server)
        sender, recipients, message = inbox.arrived.get(timeout=20)
    finally:
        controller.stop()
    assert (sender, recipients) == ("no-reply@example.com", ["alice@example.com"])
    assert message["From"] == "Example Bank <no-reply@example.com>"
    assert (message["To"], message["Auto-Submitted"]) == ("alice@example.com", "auto-generated")
    assert message["Subject"].startswith("New sign-in to your account at ")
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    for form in ("plain", "html"):
        body = html.unescape(message.get_body((form,)).get_content())
        assert "alice" in body and f"{server.issuer}/account" in body and "127.0.0.1" in body
    assert not message.defects and inbox.arrived.empty()


def test_nothing_is_lost_while_the_mail_server_is_down(server, inbox, port):
    sign_in_twice(server)
    controller = Controller(inbox, hostname="127.0.0.1", port=port)
    # It is tried again after ten seconds, and after twenty more.
    with pytest.raises(queue.Empty):
        inbox.arrived.get(timeout=3)
    controller.start()
    try:
        _, recipients, _ = inbox.arrived.get(timeout=45)
    finally:
        controller.stop()
    assert recipients == ["alice@example.com"] and inbox.arrived.empty()
