"""Pictures and networks to feature sets: one at a time, whole hubs, and by the command line."""

import csv
import errno
import io
import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from safetensors.numpy import save_file

import disco_jax
from disco_jax.backbones.boxes import pool_boxes
from disco_jax.backbones.loading import load_backbone
from disco_jax.data import open_images
from disco_jax.extraction.hub import extract_hub, task_of
from disco_jax.extraction.network import extract
from disco_jax.features.files import read_features
from disco_jax.hubs.listing import read_hub
from disco_jax.scoring.api import score

from ..backbones.graphs import drawn, save
from ..command_line import refused
from ..data.pictures import save_pack
from ..oracles.graph_ops import activations

SIZE, N = 13, 22
RNG = np.random.default_rng(0)
CORNERS = RNG.uniform(0, 0.6, (30, 2))
BOXES = np.hstack([CORNERS, CORNERS + RNG.uniform(0.02, 0.4, (30, 2))]).astype(np.float32)
OF = RNG.permutation(np.arange(30) % 19)  # some pictures have none
FIELDS = {
    "split": (np.arange(N) % 11 == 0).astype(np.uint8),
    "targets": RNG.normal(size=(N, 2)).astype(np.float32),
    "boxes": BOXES,
    "box_image": OF,
    "box_label": np.arange(30) % 3,
}


@pytest.fixture
def hub(tmp_path):
    """Two networks, listed in a file."""
    lines = []
    for seed, name in ((0, "first"), (3, "second")):
        g, feature, logits = drawn(seed)
        save(tmp_path / f"{name}.npz", g, feature, logits if seed else None, size=SIZE)
        lines += ["[[models]]", f'name = "{name}"', f'weights = "{name}.npz"']
    (tmp_path / "hub.toml").write_text("\n".join(lines))
    return tmp_path / "hub.toml"


@pytest.fixture
def pack(tmp_path):
    return str(save_pack(tmp_path / "pack.npz", N, **FIELDS))


def expected_maps(hub, name, images):
    """The last map of every picture and the logits, by the oracle."""
    from disco_jax.backbones.graph.file import read_graph
    from disco_jax.data.decoding import batches
    from disco_jax.data.preprocessing import Preprocessing

    graph = read_graph(hub.parent / f"{name}.npz")
    (pictures,) = batches(images, Preprocessing(SIZE), len(images))
    x = (pictures[..., ::-1] - np.array([128, 100, 90.0])) * np.array([0.01, 0.02, 0.03])
    g, feature, logits = drawn({"first": 0, "second": 3}[name])
    values = activations(g.nodes, graph.weights, x)
    return values[g.nodes[feature - 1]["i"][0]], values[logits][:, 0, 0]


def test_images_to_features(hub, pack):
    images = open_images(pack)
    backbone = load_backbone(hub.parent / "second.npz", name="second")
    seen = []
    found = extract(backbone, images, batch=8, progress=lambda *step: seen.append(step))
    maps, logits = expected_maps(hub, "second", images)
    np.testing.assert_allclose(found.features.features, maps.mean((1, 2)), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found.features.logits, logits, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(found.features.labels, np.arange(N) % 5)
    np.testing.assert_array_equal(found.features.targets, FIELDS["targets"])
    np.testing.assert_array_equal(found.features.ids, np.arange(N))
    assert seen == [("second", 8, N), ("second", 16, N), ("second", N, N)]
    assert found.rate > 0 and found.first > 0
    whole = extract(backbone, images, batch=50).features
    np.testing.assert_allclose(whole.features, found.features.features, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("per_box", [False, True])
def test_features_stay_on_the_device_where_there_is_room(hub, pack, per_box):
    images = open_images(pack)
    backbone = load_backbone(hub.parent / "second.npz", name="second")
    host = extract(backbone, images, per_box=per_box, batch=8).features
    size = host.features.nbytes + (0 if per_box else host.logits.nbytes)
    for room in (size - 1, size):
        found = extract(backbone, images, per_box=per_box, batch=8, room=room).features
        assert isinstance(found.features, jax.Array if room == size else np.ndarray)
        assert found.logits is None or type(found.logits) is type(found.features)
        np.testing.assert_array_equal(found.features, host.features)
        np.testing.assert_array_equal(found.logits, host.logits)


def test_a_hub_on_the_device(hub, pack, monkeypatch):
    """The second of two models is one too many."""
    models, images = read_hub(hub), open_images(pack)
    every = {each.model: each.features for each in extract_hub(models, images)}
    assert all(isinstance(each.features, jax.Array) for each in every.values())
    size = every["first"].features.nbytes
    monkeypatch.setattr("disco_jax.extraction.hub.device_room", lambda: size + 3)
    some = {each.model: each.features for each in extract_hub(models, images)}
    assert [type(each.features) is np.ndarray for each in some.values()] == [False, True]
    metrics = "disco,knn,stable_rank"
    scores = [score(each, task="classification", metrics=metrics).scores for each in (every, some)]
    assert scores[0] == scores[1]


def mean_over(cells, box):
    """The mean of one map over a box by brute force, on a grid of 200 points a cell."""
    h, w, _ = cells.shape
    x0, y0, x1, y1 = box * [w, h, w, h]
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    half = max(x1 - x0, 1) / 2, max(y1 - y0, 1) / 2
    at = lambda size: (np.arange(200 * size) + 0.5) / 200  # noqa: E731
    columns = at(w)[np.abs(at(w) - x) < half[0]].astype(int)
    rows = at(h)[np.abs(at(h) - y) < half[1]].astype(int)
    return cells[np.ix_(rows, columns)].mean((0, 1))


def test_boxes_by_brute_force():
    rng = np.random.default_rng(1)
    cells = rng.normal(size=(2, 5, 4, 3))
    boxes = np.array([[0, 0, 1, 1], [0.1, 0.2, 0.75, 0.9], [0.5, 0.5, 0.5, 0.5], [0, 0.9, 0.1, 1]])
    of = np.array([0, 1, 1, 0], np.int32)
    found = jax.jit(pool_boxes)(jnp.asarray(cells), jnp.asarray(boxes), jnp.asarray(of))
    for row, box, which in zip(found, boxes, of, strict=True):
        np.testing.assert_allclose(row, mean_over(cells[which], box), atol=0.02)
    np.testing.assert_allclose(found[0], cells[0].mean((0, 1)), rtol=1e-12)
    middle = cells[1, 2, 1:3].mean(0)  # between columns 1 and 2, within row 2
    np.testing.assert_allclose(found[2], middle, rtol=1e-12)


def test_boxes_to_features(hub, pack):
    images = open_images(pack)
    backbone = load_backbone(hub.parent / "first.npz", name="first")
    found = extract(backbone, images, per_box=True, batch=8).features
    maps, _ = expected_maps(hub, "first", images)
    order = np.argsort(OF, kind="stable")
    np.testing.assert_array_equal(found.boxes, BOXES[order])
    np.testing.assert_array_equal(found.labels, FIELDS["box_label"][order])
    assert found.ids[0] == "0/0" and len(set(found.ids)) == 30
    pooled = pool_boxes(*map(jnp.asarray, (maps.astype(np.float32), BOXES[order], OF[order])))
    np.testing.assert_allclose(found.features, pooled, rtol=1e-4, atol=1e-5)
    assert found.task() == "detection"
    cropping = backbone._replace(preprocessing=backbone.preprocessing._replace(shorter=SIZE + 3))
    whole = extract(cropping, images, per_box=True, batch=8).features
    np.testing.assert_array_equal(whole.features, found.features)
    assert whole.provenance == found.provenance
    cut = extract(cropping, images, batch=8).features
    assert f"shorter side to {SIZE + 3} px" in cut.provenance["preprocessing"]


def test_a_hub_resumes(hub, pack, tmp_path):
    models, images, out = read_hub(hub), open_images(pack, "train"), tmp_path / "features"
    first = list(extract_hub(models, images, out=out))
    assert [each.model for each in first] == ["first", "second"]
    assert all(each.rate for each in first)
    bytes_of = {path.name: path.read_bytes() for path in out.iterdir()}
    assert set(bytes_of) == {"first.safetensors", "second.safetensors"}
    (out / "first.safetensors").write_bytes(b"half")
    again = list(extract_hub(models, images, out=out))
    assert [each.rate is None for each in again] == [False, True]
    assert {path.name: path.read_bytes() for path in out.iterdir()} == bytes_of
    for other in (open_images(pack, "test"), images):
        other_dtype = "float32" if other is not images else "bfloat16"
        found = list(extract_hub(models[:1], other, out=out, dtype=other_dtype))
        assert found[0].rate is not None
    kept = read_features(out / "first.safetensors").provenance
    assert kept["dtype"] == "bfloat16" and len(kept["weights_sha256"]) == 64
    assert {"preprocessing", "data", "data_version", "jax", "disco_jax"} <= set(kept)


def test_task_of(hub, pack):
    images = open_images(pack)
    with pytest.raises(
        ValueError, match="several; choose classification or regression or detection"
    ):
        task_of(images, None)
    assert task_of(images, "regression") == "regression"
    digits = open_images("sk_digits")
    assert task_of(digits, None) == "classification"
    with pytest.raises(ValueError, match="no boxes for detection; there is classification"):
        task_of(digits, "detection")
    with pytest.raises(ValueError, match="'ranking' is unknown"):
        task_of(digits, "ranking")


def test_extract_then_score(run, hub, pack, tmp_path):
    out = tmp_path / "features"
    arguments = ("extract", "--hub", hub, "--data", pack, "--out", out, "--task", "classification")
    code, text, err = run(*arguments, "--format", "csv")
    assert (code, err) == (0, "")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["model"], row["rows"]) for row in rows] == [("first", "20"), ("second", "20")]
    code, text, _ = run(*arguments)
    assert (code, text.count("kept")) == (0, 4)
    code, text, err = run("score", out, "--task", "classification", "--metrics", "knn")
    assert (code, text[:5]) == (0, "model"), err


@pytest.mark.parametrize("task", ["classification", "detection"])
def test_rank(run, hub, pack, tmp_path, task):
    out, page = tmp_path / "out", tmp_path / "page.html"
    arguments = ("rank", "--hub", hub, "--data", pack, "--task", task, "--split", "all")
    code, text, err = run(*arguments, "--out", out, "--report", page, "--format", "json")
    assert (code, err) == (0, "")
    table = json.loads(text)
    assert set(table["scores"]) == {"first", "second"}
    assert table["models"]["first"]["samples"] == (30 if task == "detection" else N)
    assert json.loads((out / "scores.json").read_text()) == table
    assert page.read_text().startswith("<!doctype html>")
    assert not list(out.glob(".*"))


def test_rank_from_python_is_the_command(run, hub, pack, tmp_path):
    out, page = tmp_path / "out", tmp_path / "page.html"
    seen = []
    chosen = {"task": "classification", "split": "all", "metrics": "disco,knn"}
    chosen |= {"bootstrap": 5, "seed": 1}
    told = {"progress": lambda *step: seen.append(step)}
    table = disco_jax.rank(hub, pack, out=out, **chosen, **told)
    done = [step[1] for step in seen if step[2] == 2 * N]
    assert done == [8, 16, N, N + 8, N + 16, 2 * N] and seen[0] == ("first", 8, 2 * N)
    assert [step[1:] for step in seen[6:]] == [(1, 2), (2, 2)]
    assert table.intervals["knn"]["resamples"] == 5
    options = [word for key, value in chosen.items() for word in (f"--{key}", value)]
    _, text, _ = run("rank", "--hub", hub, "--data", pack, *options, "--format", "json")
    assert table.to_dict()["scores"] == json.loads(text)["scores"]
    assert table.to_dict()["intervals"] == json.loads(text)["intervals"]
    assert disco_jax.rank(read_hub(hub), open_images(pack), **chosen).scores == table.scores
    pages = []
    for scores in (table, table.to_dict(), out / "scores.json"):
        assert disco_jax.report(scores, page) == page
        pages.append(page.read_text())
    assert len(set(pages)) == 1 and pages[0].startswith("<!doctype html>")
    with pytest.raises(disco_jax.InputError, match="out: cannot be written"):
        disco_jax.report(table, tmp_path)


def test_rank_with_a_history(run, hub, pack, tmp_path):
    past = tmp_path / "past.csv"
    past.write_text("model,t0,t1,t2\nfirst,0.5,0.7,0.6\nsecond,0.6,0.9,0.8\nthird,0.9,0.9,0.9\n")
    given = ("rank", "--hub", hub, "--data", pack, "--task", "classification", "--split", "all")
    given = (*given, "--metrics", "knn", "--out", tmp_path / "out", "--format", "json")
    code, text, err = run(*given, "--history", past)
    table = json.loads(text)
    assert (code, err) == (0, "")
    assert table["metrics"] == ["expected_accuracy", "knn"]
    assert json.loads((tmp_path / "out" / "scores.json").read_text()) == table
    code, text, err = run(*given, "--history", past, "--recall", "1")
    assert (code, list(json.loads(text)["scores"])) == (0, ["second"]), err
    code, text, err = run(
        *given, "--history", past, "--recall", "1", "--accuracies", past, "--dataset", "t1"
    )
    assert (code, json.loads(text)["accuracies"]) == (0, {"t1": {"second": 0.9}}), err
    refused(run(*given, "--recall", "1"), "recall: there are no records; give a history")


def test_rank_as_a_race(run, hub, pack, tmp_path):
    out = tmp_path / "out"
    given = ("rank", "--hub", hub, "--data", pack, "--split", "all", "--metrics", "knn")
    race = (*given, "--task", "classification", "--race")
    code, text, err = run(*race, "--out", out, "--format", "json")
    table = json.loads(text)
    assert (code, err) == (0, "")
    assert set(table["scores"]) <= {"first", "second"}
    rounds = table["race"]["rounds"]
    assert [(each["samples"], each["models"]) for each in rounds] == [(N, ["first", "second"])]
    assert table["race"]["passes"] == table["race"]["all_passes"] == 2 * N
    files = sorted((out / "race" / f"0-{N}").iterdir())
    before = [file.stat().st_mtime_ns for file in files]
    assert json.loads(run(*race, "--out", out, "--format", "json")[1]) == table
    assert [file.stat().st_mtime_ns for file in files] == before
    lines = run(*race, "--budget", "10m")[1].splitlines()
    assert lines[-2].startswith(f"race: {2 * N} of {2 * N} forward passes (100%), until ")
    refused(run(*given, "--task", "detection", "--race"), "race: boxes are not raced")
    refused(run(*race, "--budget", "soon"), "budget: 'soon' is no time; give one as 90s, 10m")
    refused(run(*given, "--task", "classification", "--budget", "1m"), "there is no race to end")


def test_wrong_use(run, hub, pack, tmp_path):
    refused(run("rank", "--hub", hub, "--data", pack), "pack: task: there are several")
    arguments = ("rank", "--hub", hub, "--data", pack, "--task", "classification")
    refused(run(*arguments, "--metrics", "knm"), "did you mean knn?")
    refused(run(*arguments, "--split", "val"), "there is no 'val'")
    refused(run("rank", "--hub", hub, "--data", tmp_path / "none"), "data: not found")
    refused(run("rank", "--hub", tmp_path / "no.toml", "--data", pack), "no.toml: hub: cannot be")
    refused(run("rank", "--data", pack), "--hub")
    (tmp_path / "file").write_text("")
    refused(
        run("extract", "--hub", hub, "--data", "sk_digits", "--out", tmp_path / "file"),
        "file: out: cannot be made",
    )


GOOD = '[[models]]\nname = "a"\nweights = "{}"\narchitecture = "resnet50"\n'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("nonsense", "hub: not TOML"),
        ("", "models: missing"),
        ("models = 3", "models: missing"),
        (GOOD + "other = 1", "model 1: key 'other': unknown"),
        (GOOD.replace("arch", "archi"), "did you mean architecture?"),
        (GOOD.replace('"a"', "3"), "model 1: name: no text"),
        (GOOD.replace('name = "a"', ""), "model 1: name: missing"),
        (GOOD.replace('"a"', '"../a"'), "model 1: name: '../a' cannot be a file's"),
        (GOOD.replace("{}", "none.npz"), "weights: there is no "),
        (GOOD + GOOD, "models: 'a' is there twice"),
    ],
    ids=lambda text: text if ":" in text and "\n" not in text else "",
)
def test_a_bad_hub(tmp_path, text, told):
    (tmp_path / "a.npz").write_bytes(b"")
    (tmp_path / "hub.toml").write_text(text.replace("{}", "a.npz"))
    with pytest.raises(ValueError) as why:
        read_hub(tmp_path / "hub.toml")
    assert told in str(why.value) and "\n" not in str(why.value)


def test_an_unknown_architecture(run, hub, pack):
    save_file({"fc.weight": np.zeros((2, 3), np.float32)}, hub.parent / "x.safetensors")
    asked = '\n[[models]]\nname = "x"\nweights = "x.safetensors"\narchitecture = "resnet5"\n'
    hub.write_text(hub.read_text() + asked)
    found = run("rank", "--hub", hub, "--data", pack, "--task", "classification")
    refused(found, "x.safetensors: architecture: 'resnet5' is unknown; did you mean resnet50?")


def test_rank_with_labels_of_ones_own(run, hub, pack, tmp_path):
    names = np.array(["x", "y"])[np.arange(N) // 3 % 2]
    (tmp_path / "labels.txt").write_text("\n".join(names))
    chosen = ("--hub", hub, "--data", pack, "--split", "all", "--metrics", "knn")
    arguments = ("rank", *chosen, "--labels", tmp_path / "labels.txt", "--format", "json")
    code, text, _ = run(*arguments, "--out", tmp_path / "out")
    expected = score(tmp_path / "out", labels=names, metrics="knn")
    assert code == 0 and json.loads(text)["scores"] == expected.scores
    plain = score(tmp_path / "out", metrics="knn", task="classification")
    assert expected.scores != plain.scores
    refused(run(*arguments, "--task", "detection"), "labels: task: given for pictures, which")
    (tmp_path / "labels.txt").write_text("x\ny\n")
    refused(run(*arguments), f"pack: labels: 2 for {N} images; give one for each")


def test_rank_keeps_going(run, hub, pack, tmp_path):
    (hub.parent / "first.npz").write_bytes(b"nonsense")
    chosen = ("--data", pack, "--task", "classification", "--metrics", "knn")
    out = tmp_path / "out"
    arguments = ("rank", "--hub", hub, *chosen, "--out", out, "--format", "json")
    refused(run(*arguments), "first.npz")
    code, text, _ = run(*arguments, "--keep-going")
    table = json.loads(text)
    assert (code, set(table["scores"])) == (0, {"second"})
    (failure,) = table["failures"]
    assert failure["model"] == "first" and "first.npz" in failure["error"]
    assert json.loads((out / "scores.json").read_text()) == table
    (hub.parent / "second.npz").write_bytes(b"nonsense")
    refused(run(*arguments, "--keep-going"), "hub: models: none could be run; ", "first.npz")


def test_a_full_disk(run, hub, pack, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    chosen = ("--data", pack, "--task", "classification", "--out", tmp_path / "out")
    for command in (("extract",), ("rank", "--keep-going")):
        found = run(*command, "--hub", hub, *chosen)
        refused(found, "out/first.safetensors: file: the disk is full, so nothing was written")
        assert list((tmp_path / "out").iterdir()) == []
