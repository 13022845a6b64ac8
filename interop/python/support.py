"""The real server as a process of its own, and a browser without a screen."""

import itertools
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import requests

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ROOT / os.environ.get("SEKISHO_BIN", "target/debug/sekisho")
TLS = 'tls = "dev"\nclient_certificates = "request"\n'
_offered = itertools.count(os.getpid() * 61)


def free_port():
    """A port of 127.0.0.1 where nobody listens, below those of outgoing connections."""
    for number in _offered:
        port = 20000 + number % 12000
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


class Postgres:
    """A private PostgreSQL with an empty database. It ends with this process at the latest."""

    def __init__(self):
        pipe = subprocess.PIPE
        self.process = subprocess.Popen([ROOT / "interop/postgres.sh"], stdin=pipe, stdout=pipe, text=True)
        self.url = self.process.stdout.readline().strip()
        assert self.url, "PostgreSQL did not start"

    def stop(self):
        self.process.stdin.close()
        self.process.wait(60)


class Server:
    """`sekisho serve` with the bank's realm, `settings` at its top and `more` at its end, on an engine. With `tls` it
    speaks TLS by an authority of its own, with the file `ca`, and asks for certificates. `process`: more of the server's
    own file."""

    def __init__(self, engine, more="", settings="", tls=False, process=""):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="sekisho-python-"))
        self.postgres = Postgres() if engine == "postgres" else None
        self.process = None
        port, operations = free_port(), free_port()
        self.issuer = f"{'https' if tls else 'http'}://localhost:{port}"
        data = self.directory / "data"
        data.mkdir()
        self.ca = str(data / "tls/ca.pem")
        database = self.postgres.url if self.postgres else f"sqlite:{data}/sekisho.db"
        realm = (ROOT / "crates/testkit/realms/bank.toml").read_text("utf-8").replace("ISSUER", self.issuer)
        (self.directory / "realm.toml").write_text(f"{settings}\n{realm}{more}", "utf-8")
        (self.directory / "sekisho.toml").write_text(
            f'data = "{data}"\ndatabase = "{database}"\nrealms = ["{self.directory}/realm.toml"]\n'
            f'[[listener]]\nbind = "127.0.0.1:{port}"\n{TLS if tls else ""}[operations]\nbind = "127.0.0.1:{operations}"\n{process}'
        )
        self.log = self.directory / "log"
        try:
            self._start(f"http://127.0.0.1:{operations}/health/ready")
        except BaseException:
            self.stop()
            raise

    def _start(self, ready):
        command = [PROGRAM, "serve", "--config", self.directory / "sekisho.toml"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, cwd=self.directory, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        while not _answers(ready):
            ended = self.process.poll()
            assert ended is None, f"ended ({ended}) before it was ready:\n{self.log.read_text()}"
            assert time.monotonic() < deadline, f"not ready after a minute:\n{self.log.read_text()}"
            time.sleep(0.05)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.postgres:
            self.postgres.stop()
        shutil.rmtree(self.directory, ignore_errors=True)


def _answers(url):
    try:
        return direct(requests.Session()).get(url, timeout=5).status_code == 200
    except requests.RequestException:
        return False


def direct(session):
    """A session that goes through no proxy of the environment."""
    session.trust_env = False
    return session


class _Forms(HTMLParser):
    def __init__(self):
        super().__init__()
        self.forms, self.inside = [], False

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "form":
            self.forms.append({"action": attributes.get("action") or "", "fields": []})
            self.inside = True
        elif tag in ("input", "button") and self.inside:
            self.forms[-1]["fields"].append({"element": tag, **attributes})

    def handle_endtag(self, tag):
        if tag == "form":
            self.inside = False


class UserAgent:
    """Cookies, redirects within the issuer's origin, and the forms of the server's pages."""

    def __init__(self, ca=True):
        self.session = direct(requests.Session())
        self.session.verify = ca

    def authorize(self, url, username="alice", decision="approve"):
        """Signs in if asked, then presses `decision`. Answers the client's redirect URI with its parameters."""
        page = self.open(url)
        if self._form(page, "sign-in"):
            page = self._press(page, "sign-in", {"username": username, "password": f"{username}-password"})
        if self._form(page, decision):
            page = self._press(page, decision, {})
        assert isinstance(page, str), f"{page.status_code} {page.url}\n{page.text}"
        return page

    def open(self, url):
        """A page, or the address of somebody else's."""
        return self._go("GET", url)

    def _form(self, page, id):
        if isinstance(page, str):
            return None
        parser = _Forms()
        parser.feed(page.text)
        return next((form for form in parser.forms if any(f.get("id") == id for f in form["fields"])), None)

    def _press(self, page, pressed, values):
        form, entries = self._form(page, pressed), []
        for field in form["fields"]:
            kind, id = field.get("type"), field.get("id")
            button = field["element"] == "button" or kind == "submit"
            unticked = kind in ("checkbox", "radio") and "checked" not in field
            if field.get("name") and not unticked and (not button or id == pressed):
                entries.append((field["name"], values.get(id, field.get("value") or "")))
        return self._go("POST", urljoin(page.url, form["action"]), entries)

    def _go(self, method, url, form=None):
        origin = urlsplit(url)[:2]
        for _ in range(20):
            if urlsplit(url)[:2] != origin:
                return url
            headers = {"Origin": "://".join(origin)} if form else {}
            answer = self.session.request(method, url, data=form, headers=headers, allow_redirects=False, timeout=30)
            if "Location" not in answer.headers:
                return answer
            method, url, form = "GET", urljoin(url, answer.headers["Location"]), None
        raise AssertionError(f"too many redirects, the last to {url}")
