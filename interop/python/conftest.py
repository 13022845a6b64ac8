"""Each test runs on both engines, with one server for each."""

import os

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # The server is on this machine, by plain HTTP.

import pytest

from support import Server


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def server(request):
    server = Server(request.param)
    yield server
    server.stop()
