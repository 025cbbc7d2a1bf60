"""Addresses: fetched once, checked, kept; and in one line what is wrong."""

import hashlib
import http.server
import threading

import pytest

from disco_jax.weights.download import fetched
from disco_jax.weights.location import local

CONTENT = b"weights " * 1000
DIGEST = hashlib.sha256(CONTENT).hexdigest()


class Files(http.server.BaseHTTPRequestHandler):
    asked: list[str]

    def do_GET(self):
        type(self).asked.append(self.path)
        if "none" in self.path:
            self.send_error(404)
            return
        self.send_response(200)
        promised = len(CONTENT) + (7 if "short" in self.path else 0)
        self.send_header("Content-Length", str(promised))
        self.end_headers()
        self.wfile.write(CONTENT)

    def log_message(self, *args): ...


@pytest.fixture
def server(tmp_path, monkeypatch):
    monkeypatch.setenv("DISCO_CACHE", str(tmp_path / "cache"))
    Files.asked = []
    serving = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Files)
    threading.Thread(target=serving.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{serving.server_port}"
    serving.shutdown()
    serving.server_close()


def test_fetched_once(server):
    address = f"{server}/a-{DIGEST[:10]}.pth?dl=1"
    seen = []
    path = local(address, progress=lambda *step: seen.append(step))
    assert seen == [(path.name, len(CONTENT), len(CONTENT))]
    assert path.read_bytes() == CONTENT and path.name == f"a-{DIGEST[:10]}.pth"
    assert local(address, offline=True) == path and len(Files.asked) == 1
    assert fetched(f"{server}/other/a-{DIGEST[:10]}.pth") != path


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("none.pth", "answers 404 Not Found"),
        ("a-01234567.pth", f"its sha256 begins with {DIGEST[:8]}"),
        ("short.pth", "IncompleteRead|bytes came, of"),
    ],
)
def test_what_is_wrong(server, tmp_path, name, told):
    with pytest.raises(ValueError, match=told) as why:
        fetched(f"{server}/{name}")
    assert "\n" not in str(why.value) and str(why.value).startswith(f"{server}/{name}: weights: ")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_nothing_may_be_fetched(server):
    with pytest.raises(ValueError, match="nothing may be fetched"):
        fetched(f"{server}/a.pth", offline=True)
    assert Files.asked == []


def test_no_network(monkeypatch, tmp_path):
    monkeypatch.setenv("DISCO_CACHE", str(tmp_path))
    with pytest.raises(ValueError, match="cannot be fetched"):
        fetched("http://127.0.0.1:9/a.pth")
