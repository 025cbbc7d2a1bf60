"""The hub: a server on this machine in its place, a cache made by hand, and no network."""

import hashlib
import http.server
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from disco_jax.weights.location import local

pytest.importorskip("huggingface_hub")

FILES = {
    "config.json": b'{"architecture": "resnet18"}',
    "model.safetensors": b"weights",
    "pytorch_model.bin": b"the same once more",
    "README.md": b"words",
}
COMMIT = "5" * 40
PLACE = "from disco_jax.weights import local; import sys; print(local(sys.argv[1]))"


class Hub(http.server.BaseHTTPRequestHandler):
    """What huggingface_hub asks of a repository org/name."""

    asked: list[str]

    def do_GET(self):
        self.answer(True)

    def do_HEAD(self):
        self.answer(False)

    def answer(self, whole):
        path = self.path.split("?")[0]
        type(self).asked.append(path)
        name = path.rpartition("/")[2]
        if path.startswith("/api/models/org/name/tree/"):
            listed = [self.described(name) for name in FILES]
            return self.send(200, json.dumps(listed).encode(), {}, whole)
        if path.startswith("/api/models/org/name"):
            siblings = [{"rfilename": name} for name in FILES]
            found = {"id": "org/name", "sha": COMMIT, "siblings": siblings}
            return self.send(200, json.dumps(found).encode(), {}, whole)
        if path.startswith("/org/name/resolve/") and name in FILES:
            content = FILES[name]
            headers = {"ETag": f'"{hashlib.sha1(content).hexdigest()}"', "X-Repo-Commit": COMMIT}
            return self.send(200, content, headers, whole)
        return self.send(404, b"", {"X-Error-Code": "RepoNotFound"}, whole)

    def described(self, name):
        content = FILES[name]
        digest = hashlib.sha1(content).hexdigest()
        return {"type": "file", "path": name, "size": len(content), "oid": digest}

    def send(self, code, content, headers, whole):
        self.send_response(code)
        for key, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(key, value)
        self.end_headers()
        if whole:
            self.wfile.write(content)

    def log_message(self, *args): ...


@pytest.fixture
def server():
    Hub.asked = []
    serving = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=serving.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{serving.server_port}"
    serving.shutdown()
    serving.server_close()


def elsewhere(home, source, endpoint, **more):
    """`local(source)` in a process of its own: huggingface_hub reads its settings once."""
    root = Path(__file__).resolve().parents[2]
    quiet = {"HF_HUB_DISABLE_PROGRESS_BARS": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
    settings = {"HF_HOME": str(home), "HF_ENDPOINT": endpoint, "HF_HUB_DISABLE_XET": "1"}
    env = os.environ | quiet | settings | {"PYTHONPATH": str(root)} | more
    return subprocess.run(
        [sys.executable, "-c", PLACE, source], env=env, capture_output=True, text=True, timeout=120
    )


def test_what_is_fetched_once_is_there(server, tmp_path):
    fetched = elsewhere(tmp_path, "hf://org/name@main", server)
    folder = Path(fetched.stdout.strip())
    assert fetched.returncode == 0, fetched.stderr
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == {
        name: FILES[name] for name in ("config.json", "model.safetensors")
    }
    asked = len(Hub.asked)
    again = elsewhere(tmp_path, "hf://org/name@main", server, HF_HUB_OFFLINE="1")
    assert Path(again.stdout.strip()) == folder and len(Hub.asked) == asked


def test_a_repository_that_is_not_there(server, tmp_path):
    found = elsewhere(tmp_path, "hf://org/other", server)
    told = found.stderr.strip().splitlines()[-1]
    assert ": hf://org/other: weights: " in told and "use hf://" in told


def test_a_cache_made_by_hand(tmp_path, monkeypatch):
    home = tmp_path / "models--org--name"
    snapshot = home / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    (home / "refs").mkdir()
    (home / "refs" / "v1").write_text(COMMIT)
    (snapshot / "model.safetensors").write_bytes(b"weights")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    assert local("hf://org/name@v1", offline=True) == snapshot
    with pytest.raises(ValueError, match="hf://org/name@v2: weights: not in the cache"):
        local("hf://org/name@v2", offline=True)


def test_local_paths(tmp_path):
    assert local(tmp_path) == tmp_path
    with pytest.raises(ValueError, match="there is no such file"):
        local(tmp_path / "none")
    with pytest.raises(ValueError, match="use hf://org/name@revision"):
        local("hf://a/b/c/d", offline=True)
