"""The README: short, its links lead somewhere, its numbers and its code are true."""

import re
import tomllib
from pathlib import Path, PurePosixPath

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
URLS = {name.casefold(): url for name, url in PROJECT.get("urls", {}).items()}
TARGETS = dict(re.findall(r"^\[(\w+)\]: (\S+)$", README, re.M))
PICTURE = ROOT / "docs" / "images" / "report.png"


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.M | re.S)


def test_a_screen_and_a_half():
    assert len(README.splitlines()) <= 120
    assert PICTURE.stat().st_size < 150_000


def test_every_link_is_named_once_at_the_end_and_used():
    used = set(re.findall(r"\]\[(\w+)\]", README))
    assert used == TARGETS.keys()
    inline = re.findall(r"\]\(([^)]+)\)", README)
    assert all(link.startswith("https://") for link in inline)


@pytest.mark.parametrize("target", TARGETS.values())
def test_links_lead_to_files(target):
    """Absolute links as soon as the project says where it is: an index shows no relative ones."""
    if "repository" in URLS:
        assert target.startswith("https://")
        target = re.sub(r"^https://.*?/(?:blob|raw|src)/[^/]+/", "", target)
    assert not PurePosixPath(target).is_absolute()
    assert (ROOT / target).is_file()


def test_the_numbers_are_those_of_the_benchmarks():
    measured = (ROOT / "bench" / "README.md").read_text("utf-8")
    rows = {
        "5000 × 2048": r"\*\*DISCO\*\*, ms \| \d+ \| (\d+) \|",
        "within": r"its error against float64 \| \S+ \| (\S+) \|",
        "pipeline takes": r"published pipeline, s \| \S+ \| (\S+) \|",
        "from files": r"take (\d+) ms each",
        "ResNet-50": r"^\| resnet50 .*?\| (\S+) +\| \S+ +\| 1\.12 ",
        "in torch": r"^\| resnet50 .*?\| \S+ +\| (\S+) +\| 1\.12 ",
    }
    table = README[README.index("## Three numbers") : README.index("## Documentation")]
    for words, pattern in rows.items():
        assert words in table
        assert re.search(pattern, measured, re.M)[1] in table


def test_the_python_runs():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, 200)
    good = (rng.normal(size=(10, 32))[labels] + rng.normal(size=(200, 32))).astype(np.float32)
    names = {"labels": labels, "good": good, "poor": rng.normal(size=(200, 32)).astype(np.float32)}
    for block in blocks(README, "python"):
        exec(block.replace(", bootstrap=100", ""), names)
    assert names["table"].ranking() == ["good", "poor"]
    assert names["result"].score == pytest.approx(names["table"].scores["good"]["disco"], abs=1e-4)


def test_the_hub_is_one(tmp_path):
    import disco_jax

    (tmp_path / "mine.pth").touch()
    (tmp_path / "hub.toml").write_text(blocks(README, "toml")[0])
    assert [model.name for model in disco_jax.read_hub(tmp_path / "hub.toml")] == [
        "resnet50",
        "mine",
    ]
