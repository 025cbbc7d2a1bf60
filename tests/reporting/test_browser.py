"""The report page in a real browser, where there is one: it fits, loads and runs nothing."""

import contextlib
import json
import os
import re
import select
import shutil
import subprocess
import time

import pytest

from disco_jax.reporting import render, verdict

from .test_page import HOSTILE, example, renamed

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
BROWSER = next(filter(None, map(shutil.which, NAMES)), None)
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
REQUIRED = os.environ.get("DISCO_TEST_BROWSER") == "required"  # in CI a skip would hide a failure
pytestmark = pytest.mark.skipif(
    BROWSER is None and not REQUIRED, reason="no chromium on this machine"
)


class Tab:
    """One tab, driven over a pipe (https://chromedevtools.github.io/devtools-protocol)."""

    def __init__(self, profile: str):
        heard, self.out = os.pipe()
        self.into, said = os.pipe()
        wired = f'exec "$0" "$@" 3<&{heard} 4>&{said}'
        flags = [*FLAGS, "--remote-debugging-pipe", f"--user-data-dir={profile}", "about:blank"]
        self.process = subprocess.Popen(
            ["bash", "-c", wired, BROWSER, *flags],
            pass_fds=(heard, said),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(heard)
        os.close(said)
        self.unread, self.calls, self.session, self.events = b"", 0, {}, []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self.session = {"sessionId": attached["sessionId"]}
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.call(f"{domain}.enable")

    def _message(self) -> dict:
        deadline = time.monotonic() + 60
        while b"\0" not in self.unread:
            ready, _, _ = select.select([self.into], [], [], max(0, deadline - time.monotonic()))
            received = os.read(self.into, 1 << 20) if ready else b""
            if not received:
                raise RuntimeError("the browser does not answer")
            self.unread += received
        message, _, self.unread = self.unread.partition(b"\0")
        return json.loads(message)

    def call(self, method: str, **params):
        self.calls += 1
        request = {"id": self.calls, "method": method, "params": params} | self.session
        os.write(self.out, json.dumps(request).encode() + b"\0")
        while (answer := self._message()).get("id") != self.calls:
            self.events.append(answer)
        assert "error" not in answer, answer
        return answer["result"]

    def load(self, path, width: int) -> None:
        self.events.clear()
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=900,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        self.call("Page.navigate", url=path.as_uri())
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self._message())

    def ask(self, expression: str):
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        return answer["result"].get("value")

    def seen(self, method: str) -> list[dict]:
        return [event["params"] for event in self.events if event.get("method") == method]

    def close(self) -> None:
        self.session = {}
        with contextlib.suppress(RuntimeError, OSError):
            self.call("Browser.close")
        os.close(self.out)
        os.close(self.into)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@pytest.fixture(scope="module")
def tab(tmp_path_factory):
    tab = Tab(str(tmp_path_factory.mktemp("profile")))
    yield tab
    tab.close()


def hostile():
    result = renamed(example(), dict(zip(example()["scores"], HOSTILE, strict=True)))
    specs = {"disco": "<script>alert(2)</script>", "knn": "knn:" + "option=value:" * 20}
    return renamed(result, specs | {"pets": "d" * 200, "cpu": "c" * 500})


def many_metrics():
    result = example(5)
    for row in result["scores"].values():
        row |= {f"metric_{i}:pca=64": row["knn"] * (-1) ** i for i in range(28)}
    result["accuracies"] = {f"dataset {i}": result["accuracies"]["pets"] for i in range(11)}
    return result


PAGES = {
    "plain": example,
    "hostile names": hostile,
    "many metrics": many_metrics,
    "one model": lambda: example(1),
    "500 models": lambda: example(500),
    "nothing": dict,
}


WHITE = "rgb(255, 255, 255)"
# Texts of the page, not of drawings, that do not stand out from the colours behind them.
FAINT = """
const pixel = new OffscreenCanvas(1, 1).getContext('2d', {willReadFrequently: true});
const light = (...colours) => {
  for (pixel.fillStyle of colours) pixel.fillRect(0, 0, 1, 1);
  return [...pixel.getImageData(0, 0, 1, 1).data.slice(0, 3)].map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
};
const contrast = e => {
  const behind = [];
  for (let at = e; at; at = at.parentElement) behind.unshift(getComputedStyle(at).backgroundColor);
  const two = [light(...behind), light(...behind, getComputedStyle(e).color)];
  return (Math.max(...two) + 0.05) / (Math.min(...two) + 0.05);
};
const texts = [...document.querySelectorAll('body *')].filter(e => !e.closest('svg')
  && [...e.childNodes].some(n => n.nodeType == 3 && n.data.trim()) && e.checkVisibility());
JSON.stringify(texts.map(e => [contrast(e), e.className, e.textContent.trim()])
  .filter(([ratio]) => ratio < 4.5).slice(0, 5))
"""


@pytest.mark.parametrize("page", PAGES)
def test_fits_and_runs_nothing(page, tab, tmp_path):
    path = tmp_path / "report.html"
    path.write_text(render(PAGES[page]()), encoding="utf-8")
    for width in (360, 390, 1280):
        tab.load(path, width)
        tab.ask("document.querySelectorAll('details').forEach(d => d.open = true)")
        content = tab.call("Page.getLayoutMetrics")["cssContentSize"]
        assert content["width"] <= width, width
        assert tab.ask("document.documentElement.scrollWidth") <= width
        assert [r["request"]["url"] for r in tab.seen("Network.requestWillBeSent")] == [
            path.as_uri()
        ]
        for trouble in (
            "Log.entryAdded",
            "Runtime.consoleAPICalled",
            "Runtime.exceptionThrown",
            "Page.javascriptDialogOpening",
        ):
            assert tab.seen(trouble) == []


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out(scheme, width, tab, tmp_path):
    """4.5 to 1 against what is behind it, the contrast that WCAG 2 asks for (level AA)."""
    path = tmp_path / "report.html"
    path.write_text(render(many_metrics()), encoding="utf-8")
    wish = [{"name": "prefers-color-scheme", "value": scheme}]
    tab.call("Emulation.setEmulatedMedia", media="screen", features=wish)
    tab.load(path, width)
    faint = json.loads(tab.ask(FAINT))
    paper = tab.ask("getComputedStyle(document.documentElement).backgroundColor")
    tab.call("Emulation.setEmulatedMedia", media="", features=[])
    assert (max(map(int, re.findall(r"\d+", paper))) < 128) == (scheme == "dark")
    assert faint == []


def test_is_read_without_scripts(tab, tmp_path):
    result = example()
    path = tmp_path / "report.html"
    path.write_text(render(result), encoding="utf-8")
    tab.call("Emulation.setScriptExecutionDisabled", value=True)
    tab.load(path, 1280)
    tree = tab.call("Accessibility.getFullAXTree")["nodes"]
    tab.call("Emulation.setScriptExecutionDisabled", value=False)
    shown = {(n["role"]["value"], n.get("name", {}).get("value")) for n in tree if not n["ignored"]}
    names = {name or "" for _, name in shown}
    assert ("heading", verdict(result).removesuffix(".")) in shown
    assert set(result["scores"]) <= names
    drawn = {name for role, name in shown if role in {"image", "img"}}
    assert all(any(name.startswith(f"{m}: ") for name in drawn) for m in result["scores"])
    assert any(name.startswith("Accuracy on pets against disco") for name in drawn)


def test_prints_in_light_and_whole(tab, tmp_path):
    path = tmp_path / "report.html"
    path.write_text(render(example()), encoding="utf-8")
    dark = [{"name": "prefers-color-scheme", "value": "dark"}]
    tab.call("Emulation.setEmulatedMedia", media="print", features=dark)
    tab.load(path, 700)
    paper = tab.ask("getComputedStyle(document.documentElement).backgroundColor")
    hidden = tab.ask(
        "[...document.querySelectorAll('details table')].filter(t => !t.checkVisibility()).length"
    )
    tab.call("Emulation.setEmulatedMedia", media="", features=[])
    assert (paper, hidden) == (WHITE, 0)
