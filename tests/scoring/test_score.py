"""A hub scored together is its models scored one by one by the kernels."""

import json
import shutil
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import disco_jax
import disco_kernels as dk
from disco_jax.errors import InputError
from disco_jax.features.feature_set import FeatureSet
from disco_jax.metrics.metric import scaled_sum
from disco_jax.scoring import buckets, devices, memory, tabulate
from disco_jax.scoring import program as programs
from disco_jax.scoring import run as running
from disco_jax.scoring.plan import plan_of
from disco_jax.scoring.resume import Parts
from disco_jax.scoring.scored import Scored

from ..oracles.disco import hub_minmax
from ..oracles.etran import etran_regression, etran_scores
from ..oracles.ncti import ncti_scores
from ..small_hubs import WIDTHS, feature_sets, features, hub, samples

LABELS, TARGETS, BOXES = samples()
Y = jnp.asarray(LABELS.astype(np.int32))
HUB = hub(LABELS)
METRICS = ("disco", "logme", "gbc:pca=16", "gbc:covariance=diagonal", "knn:k=3")


def close(found, expected, rtol=1e-5):
    """Padding and company change rounding only."""
    assert found.keys() == expected.keys()
    values = [[row[key] for key in sorted(row)] for row in (found, expected)]
    np.testing.assert_allclose(*values, rtol=rtol, atol=rtol)


def by_kernels(x):
    x = jnp.asarray(x)
    s = dk.spectrum(x)
    return {
        "disco": dk.disco(x, Y, num_classes=5).score,
        "logme": dk.logme(s, Y, num_classes=5),
        "gbc:pca=16": dk.gbc(s.coordinates[:, :16], Y, num_classes=5).score,
        "gbc:covariance=diagonal": dk.gbc(x, Y, num_classes=5, covariance="diagonal").score,
        "knn:k=3": dk.knn(x, Y, num_classes=5, k=3),
    }


@pytest.fixture(scope="module")
def table():
    return disco_jax.score(HUB, labels=LABELS, metrics=METRICS)


def test_a_hub_is_its_models(table):
    assert list(table.scores) == list(WIDTHS)
    for model, x in HUB.items():
        close(table.scores[model], by_kernels(x))


def test_terms_explain_the_score(table):
    for model, row in table.terms.items():
        r, q = row["disco"]["proportions"], row["disco"]["transferability"]
        assert np.dot(r, q) == pytest.approx(table.scores[model]["disco"], rel=1e-5)
        assert "log_overlap" in row["gbc:pca=16"]


def test_a_score_does_not_depend_on_its_company(table):
    for spec in METRICS:
        alone = disco_jax.score({"odd": HUB["odd"]}, labels=LABELS, metrics=spec)
        close(alone.scores["odd"], {spec: table.scores["odd"][spec]})


def test_moments_come_from_a_full_spectrum_where_there_is_one():
    """LogME asks for all components; LFC and CKA then need no Gram matrix."""
    odd = {"odd": HUB["odd"]}
    alone = disco_jax.score(odd, labels=LABELS, metrics="lfc,cka").scores["odd"]
    found = disco_jax.score(odd, labels=LABELS, metrics="lfc,cka,logme").scores["odd"]
    close({"lfc": found["lfc"], "cka": found["cka"]}, alone)


def test_strict_json_and_ranking(table):
    def refuse(constant):
        raise AssertionError(constant)

    whole = json.loads(table.to_json(), parse_constant=refuse)
    assert whole["scores"] == table.scores
    for spec in METRICS:
        values = [table.scores[model][spec] for model in whole["ranking"][spec]]
        assert values == sorted(values, reverse=True)
    assert table.to_json() == disco_jax.score(HUB, labels=LABELS, metrics=METRICS).to_json()


@pytest.mark.parametrize("names", [["b", "a"], ["x", "é"]])
def test_labels_of_any_kind(table, names):
    text = np.array([*names, "c", "d", "10"])[LABELS]
    kinds = (text, text.astype(object), text.astype("T"), np.char.encode(text, "utf-8"))
    for labels in (*kinds, list(text), LABELS * 1000 - 7):
        found = disco_jax.score({"odd": HUB["odd"]}, labels=labels, metrics="disco")
        close(found.scores["odd"], {"disco": table.scores["odd"]["disco"]})
    with pytest.raises(InputError, match="labels: dtype object; convert"):
        FeatureSet(HUB["odd"], labels=np.where(text == "c", None, text))


def test_several_labels_are_their_mean():
    several = np.random.default_rng(0).random((120, 3)) < [0.5, 0.2, 2]  # the last is constant
    found = disco_jax.score({"odd": HUB["odd"]}, labels=several, metrics="disco,knn")
    each = [
        disco_jax.score({"odd": HUB["odd"]}, labels=several[:, i], metrics="disco,knn")
        for i in range(2)
    ]
    mean = {k: np.mean([table.scores["odd"][k] for table in each]) for k in ("disco", "knn")}
    close(found.scores["odd"], mean)
    assert any("1 of 3 are constant" in line for line in found.warnings)


@pytest.mark.parametrize("targets", [TARGETS, TARGETS[:, 0]])
def test_regression(targets):
    found = disco_jax.score(HUB, targets=targets, metrics="disco,logme,knn")
    assert found.task == "regression"
    x, b = jnp.asarray(HUB["odd"]), jnp.asarray(targets)
    expected = {
        "disco": dk.disco_regression(x, b).score,
        "logme": dk.logme_regression(dk.spectrum(x), b),
        "knn": dk.knn_regression(x, b),
    }
    close(found.scores["odd"], expected)


def test_detection_adds_what_it_scaled_over_the_hub():
    found = disco_jax.score(HUB, labels=LABELS, boxes=BOXES, metrics="disco,knn")
    terms = {model: row["disco"] for model, row in found.terms.items()}
    alone = dk.disco_detection(jnp.asarray(HUB["odd"]), Y, jnp.asarray(BOXES), num_classes=5)
    close(terms["odd"], alone._asdict())
    scaled = sum(
        np.asarray(dk.hub_minmax(jnp.array([terms[model][name] for model in HUB])))
        for name in ("classification", "regression")
    )
    np.testing.assert_allclose([found.scores[m]["disco"] for m in HUB], scaled, rtol=1e-5)
    assert max(row["knn"] for row in found.scores.values()) <= 2


def over_models(table, spec, name):
    return [table["terms"][model][spec][name] for model in table["scores"]]


def ncti_and_etran(terms):
    return {
        "ncti": ncti_scores(*(terms("ncti", name) for name in ("ncc", "seli", "vc"))),
        "etran": etran_scores(*(terms("etran", name) for name in ("classification", "energy"))),
    }


def disco_and_etran(terms):
    classes = {
        "disco": terms("disco", "classification"),
        "etran": etran_scores(*(terms("etran", name) for name in ("classification", "energy"))),
    }
    return {
        spec: hub_minmax(values) + hub_minmax(terms(spec, "regression"))
        for spec, values in classes.items()
    }


@pytest.mark.parametrize(
    ("fields", "expected"),
    [({"labels": LABELS}, ncti_and_etran), ({"labels": LABELS, "boxes": BOXES}, disco_and_etran)],
    ids=["classification", "detection"],
)
def test_raw_terms_make_the_scores_of_any_hub(fields, expected):
    """From the terms of the JSON alone; a model more or less does not touch those of the others."""
    logits = np.random.default_rng(4).normal(size=(120, 6))
    models = {m: FeatureSet(x, logits=(i + 1) * logits) for i, (m, x) in enumerate(HUB.items())}
    fewer = {model: features for model, features in models.items() if model != "twin"}
    specs = list(expected(lambda *_: [0.0, 1.0]))
    whole = disco_jax.score(models, **fields, metrics=specs).to_dict()
    for hub_of in (models, fewer):
        table = disco_jax.score(hub_of, **fields, metrics=specs).to_dict()
        scores = expected(partial(over_models, table))
        for spec, values in scores.items():
            found = [row[spec] for row in table["scores"].values()]
            np.testing.assert_allclose(found, values, atol=1e-5)
        for model, row in table["terms"].items():
            for spec, terms in row.items():
                close(terms, whole["terms"][model][spec])


def test_etran_in_regression_is_its_residual():
    found = disco_jax.score(HUB, targets=TARGETS, metrics="etran")
    assert not found.terms
    for model, x in HUB.items():
        expected = etran_regression(x, TARGETS)
        assert found.scores[model]["etran"] == pytest.approx(expected, rel=1e-4, abs=1e-6)


def test_rungs():
    assert [buckets.rung(d) for d in (1, 32, 33, 64, 65, 512, 640, 1000, 1664, 2048, 2049)] == [
        32, 32, 40, 64, 80, 512, 640, 1024, 1792, 2048, 2560,
    ]  # fmt: skip


def test_mixed_numbers_of_samples():
    few = np.arange(120) < 75
    mixed = {
        "all": FeatureSet(HUB["odd"], labels=LABELS),
        "few": FeatureSet(HUB["odd"][few], labels=LABELS[few]),
    }
    found = disco_jax.score(mixed, metrics="disco,knn")
    for model, there in (("all", np.ones(120, bool)), ("few", few)):
        alone = disco_jax.score(
            {model: HUB["odd"][there]}, labels=LABELS[there], metrics="disco,knn"
        )
        close(found.scores[model], alone.scores[model])
    assert any("different samples" in line for line in found.warnings)


def test_samples_spread_over_devices(table, monkeypatch):
    monkeypatch.setattr(running, "SPREAD_BYTES", 0)
    alone = disco_jax.score({"odd": HUB["odd"]}, labels=LABELS, metrics=METRICS)
    close(alone.scores["odd"], table.scores["odd"])


def test_a_residual_above_the_bound_is_redone_in_full(monkeypatch):
    """White noise: no truncated solver converges, the full one does."""
    noise = np.random.default_rng(0).normal(size=(300, 160)).astype(np.float32)
    labels = np.arange(300) % 3
    x, y = jnp.asarray(noise), jnp.asarray(labels.astype(np.int32))
    truncated = dk.spectrum(x, components=32, method="gram")
    full = dk.disco(x, y, num_classes=3, components=32, method="full").score
    monkeypatch.setattr(running, "BOUND", float(truncated.residual) / 2)
    methods = []
    exact = running.program
    monkeypatch.setattr(running, "program", lambda p: methods.append(p.method) or exact(p))
    found = disco_jax.score({"noise": noise}, labels=labels, metrics="disco:components=32")
    assert methods == ["full"]
    assert found.scores["noise"]["disco:components=32"] == pytest.approx(float(full), rel=1e-6)
    chosen = {"metrics": "disco:components=32", "bootstrap": 2}
    sampled = disco_jax.score({"noise": noise}, labels=labels, **chosen)
    assert sampled.scores["noise"]["disco:components=32"] == pytest.approx(float(full), rel=1e-6)


def test_failures_keep_the_others():
    broken = HUB["even"].copy()
    broken[3, 4] = np.nan
    with pytest.raises(InputError, match="row 3, column 4"):
        disco_jax.score({**HUB, "even": broken}, labels=LABELS, metrics="disco")
    found = disco_jax.score(
        {**HUB, "even": broken}, labels=LABELS, metrics="disco", keep_going=True
    )
    assert [each["model"] for each in found.failures] == ["even"]
    assert set(found.scores) == set(HUB) - {"even"}
    with pytest.raises(InputError, match="none could be scored"):
        disco_jax.score({"even": broken}, labels=LABELS, metrics="disco", keep_going=True)


def test_inputs_are_left_alone():
    before = {model: x.copy() for model, x in HUB.items()}
    labels = LABELS.copy()
    disco_jax.score(HUB, labels=labels, metrics=METRICS)
    np.testing.assert_array_equal(labels, LABELS)
    for model, x in HUB.items():
        np.testing.assert_array_equal(x, before[model])


def test_progress_and_memory():
    said = []
    disco_jax.score(HUB, labels=LABELS, metrics="disco", progress=lambda *each: said.append(each))
    assert {model for model, _, _ in said} == set(HUB)
    assert [step[1:] for step in said] == [(done, len(HUB)) for done in range(1, len(HUB) + 1)]
    with pytest.raises(InputError, match="give 1 or more"):
        disco_jax.score(HUB, labels=LABELS, memory=0.1)


def test_missing_inputs_name_who_needs_them():
    with pytest.raises(InputError, match="labels: missing"):
        disco_jax.score({"odd": HUB["odd"]}, metrics="disco", task="classification")
    with pytest.raises(InputError, match="logits: missing; leep needs them: save logits, or"):
        disco_jax.score({"odd": HUB["odd"]}, labels=LABELS, metrics="disco,leep")
    with pytest.raises(InputError, match="choose classification, regression or detection"):
        disco_jax.score({"odd": FeatureSet(HUB["odd"], labels=LABELS, targets=TARGETS)})


def test_a_streamed_model_is_the_whole(monkeypatch):
    """Chunks of 50 rows, the last one reaching back, against all rows at once."""
    x = features(LABELS, 70, 9) + np.float32(1000)
    monkeypatch.setattr("disco_jax.scoring.streaming.CHUNK_BYTES", 50 * 70 * 4)
    for fields in ({"labels": LABELS, "boxes": BOXES}, {"labels": np.eye(5, dtype=int)[LABELS]}):
        common = {"metrics": "disco:components=32", **fields}
        whole = disco_jax.score({"x": x}, **common)
        with monkeypatch.context() as little:
            little.setattr(memory, "RUNTIME_BYTES", 10**9 - 1)
            streamed = disco_jax.score({"x": x}, memory=1, **common)
        close(streamed.scores["x"], whole.scores["x"])
        for name, value in whole.terms["x"]["disco:components=32"].items():
            np.testing.assert_allclose(
                streamed.terms["x"]["disco:components=32"][name], value, rtol=1e-5
            )


def test_a_term_that_is_not_finite_is_nobody_elses():
    values = np.array([1.0, np.nan, 3.0, np.inf])
    found = scaled_sum(a=1, b=-1)({"a": values, "b": np.array([0.0, 0, 1, 1])})
    np.testing.assert_array_equal(found, [0, np.nan, 0, np.nan])


def test_a_score_undefined_on_a_resample_has_no_interval(monkeypatch):
    draw = tabulate._resampled
    monkeypatch.setattr(tabulate, "_resampled", lambda *a: draw(*a) * np.nan)
    found = disco_jax.score(HUB, labels=LABELS, metrics="knn:k=3", bootstrap=2)
    assert not found.intervals and found.ranking()
    assert "hub: knn:k=3: undefined on some resamples, so without intervals" in found.warnings


def test_arrays_in_memory_are_part_of_what_is_resumed(tmp_path):
    plan = plan_of(disco_jax.metrics.parse("knn", "classification"), "classification", 5)
    parts = Parts(tmp_path / "scores.json", plan, {})
    models = [FeatureSet(HUB[model], labels=LABELS) for model in ("even", "twin", "even")]
    first, other, again = (parts._key("m", features, ()) for features in models)
    assert first == again != other


def test_a_part_whose_folder_goes_while_it_is_written_is_no_error(tmp_path, monkeypatch):
    plan = plan_of(disco_jax.metrics.parse("knn", "classification"), "classification", 5)
    parts = Parts(tmp_path / "scores.json", plan, {})
    features, found = FeatureSet(HUB["even"], labels=LABELS), Scored({}, {}, ())
    with monkeypatch.context() as patch:
        patch.setattr("disco_jax.atomic.os.fsync", lambda file: shutil.rmtree(parts.folder))
        parts.put("even", features, (), found)
    assert parts.get("even", features, ()) is None
    parts.put("even", features, (), found)
    assert parts.get("even", features, ()) == found


def test_an_option_that_a_kernel_refuses():
    with pytest.raises(disco_jax.SpecError, match=r"^metrics: knn:k=0: k must be"):
        disco_jax.score(HUB, labels=LABELS, metrics="knn:k=0")


def test_ped_is_its_base_on_features_pushed_apart():
    source = features(np.arange(90) % 4, 70, 5)
    given = FeatureSet(HUB["odd"], labels=LABELS, source_features=source)
    metrics = "ped:base=gbc:q=2:pca=16,ped:base=knn:q=2,gbc:pca=16"
    found = disco_jax.score({"odd": given}, metrics=metrics).scores["odd"]
    moved = dk.ped(jnp.asarray(HUB["odd"]), Y, jnp.asarray(source), num_classes=5, q=2)
    seen = dk.spectrum(moved, components=16).coordinates
    expected = {
        "ped:base=gbc:q=2:pca=16": dk.gbc(seen, Y, num_classes=5).score,
        "ped:base=knn:q=2": dk.knn(moved, Y, num_classes=5),
    }
    close({spec: found[spec] for spec in expected}, expected)
    assert found["gbc:pca=16"] != found["ped:base=gbc:q=2:pca=16"]


def test_what_cannot_be_streamed_says_so(monkeypatch):
    monkeypatch.setattr(memory, "RUNTIME_BYTES", 10**9 - 1)
    with pytest.raises(InputError, match="knn reads them at once; give more --memory"):
        disco_jax.score(HUB, labels=LABELS, metrics="knn", memory=1)


def test_a_doubtful_score_comes_with_a_warning():
    """Samples that equal the others of their class have no distance for TMI to read."""
    equal, apart = np.eye(5)[LABELS], HUB["odd"]
    found = disco_jax.score({"equal": equal, "apart": apart}, labels=LABELS, metrics="tmi")
    told = [line for line in found.warnings if "tmi" in line]
    assert told == ["equal: tmi: every distance is at the floor, so it says nothing (floored 1)"]


def test_one_compilation_to_a_bucket():
    several = feature_sets(LABELS, {f"m{i}": 33 + i for i in range(20)})  # 40, 48 and 56 wide
    sizes = {buckets.rung(33 + i) for i in range(20)}
    with jax.log_compiles(False):
        programs.program.cache_clear()
        devices.over_models.cache_clear()
        disco_jax.score(several, metrics="disco")
        plan = plan_of(disco_jax.metrics.parse("disco", "classification"), "classification", 5)
        assert devices.over_models(plan)._cache_size() == len(sizes)


@pytest.fixture
def one_device(monkeypatch):
    devices.over_models.cache_clear()
    monkeypatch.setattr(devices, "devices", lambda: 1)
    monkeypatch.setattr(running, "devices", lambda: 1)
    yield
    devices.over_models.cache_clear()


def test_one_device(table, one_device):
    for model, row in disco_jax.score(HUB, labels=LABELS, metrics=METRICS).scores.items():
        close(row, table.scores[model])


def test_several_models_to_a_device(table, one_device, monkeypatch):
    monkeypatch.setattr(running, "per_call", lambda models, one, budget: 3)
    for model, row in disco_jax.score(HUB, labels=LABELS, metrics=METRICS).scores.items():
        close(row, table.scores[model])


def test_arrays_on_a_device_stay_there(table, monkeypatch):
    stacked = []
    place = running.spread_models
    monkeypatch.setattr(running, "spread_models", lambda each: place(stacked.append(each) or each))
    arrays = {model: jnp.asarray(x) for model, x in HUB.items()}
    for model, row in disco_jax.score(arrays, labels=LABELS, metrics=METRICS).scores.items():
        close(row, table.scores[model])
    assert stacked and all(isinstance(each["features"], jax.Array) for each in stacked)
    arrays["wide"] = arrays["wide"].at[7, 3].set(jnp.inf)
    with pytest.raises(InputError, match="first inf at row 7, column 3"):
        disco_jax.score(arrays, labels=LABELS, metrics="disco")
