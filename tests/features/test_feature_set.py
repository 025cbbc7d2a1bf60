"""What a FeatureSet takes, what it refuses and how it says so, and what it finds in the values."""

import dataclasses
import pickle

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from disco_jax.errors import InputError, one_line
from disco_jax.features.feature_set import FeatureSet
from disco_jax.features.fields import FIELDS, TASKS
from disco_jax.features.values import BLOCK_BYTES, encode_labels, scan

from ..fresh import LOADED, fresh
from ..refusal import refusal

rng = np.random.default_rng(3)
X = rng.normal(size=(12, 5)).astype(np.float32)
Y = np.arange(12) % 3


class Elsewhere:
    """Rows that are somewhere else, counting what is fetched."""

    def __init__(self, array, rows=5):
        self.array, self.rows, self.fetched = array, rows, 0
        self.shape, self.dtype = array.shape, array.dtype

    def __getitem__(self, rows):
        self.fetched += len(self.array[rows])
        return self.array[rows]

    def __array__(self, dtype=None, copy=None):
        return self[:]

    def blocks(self):
        for start in range(0, len(self.array), self.rows):
            yield self[start : start + self.rows]


PLACES = {"memory": np.asarray, "device": jnp.asarray, "elsewhere": Elsewhere}


def build(features=X, **fields):
    return FeatureSet(features, **{"file": "hub/a.npz", **fields})


@pytest.mark.parametrize("module", ["features", "results", "comparison", "reporting"])
def test_loads_without_jax(module):
    assert fresh(f"import disco_jax.{module};" + LOADED, "numpy", "jax") == ["numpy"]


def test_arrays_stay_where_they_are():
    on_device, far = jnp.asarray(X), Elsewhere(X)
    assert build(X).features is X
    assert build(on_device).features is on_device
    assert build(far).features is far
    assert build(X.tolist(), labels=["b", "a"] * 6).labels.dtype.kind == "U"
    held = build(far, labels=jnp.asarray(Y), targets=far)
    assert held.shape == (12, 5)
    assert far.fetched == 0
    assert isinstance(build(labels=Elsewhere(Y)).labels, np.ndarray)  # small: read at once
    near = held.in_memory()
    assert isinstance(near.features, np.ndarray) and isinstance(near.targets, np.ndarray)
    assert near.labels is held.labels


@pytest.mark.parametrize("place", PLACES)
def test_read_rows(place):
    features = build(PLACES[place](X))
    np.testing.assert_array_equal(features.read_rows(3, 7), X[3:7])
    if place == "elsewhere":
        assert features.features.fetched == 4


def test_a_feature_set_is_a_value():
    features = build(labels=Y, name="a", provenance={"backbone": "a"})
    with pytest.raises(dataclasses.FrozenInstanceError):
        features.labels = None
    other = dataclasses.replace(features, labels=1 - Y)
    assert other.labels is not features.labels and other.features is X
    again = pickle.loads(pickle.dumps(features))
    np.testing.assert_array_equal(again.features, X)
    assert again.provenance == {"backbone": "a"}
    assert repr(features) == "FeatureSet('a': features float32[12, 5], labels int64[12])"


def test_an_error_survives_a_process_boundary():
    error = InputError("a.npz", "labels", "missing", "add them")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
    assert isinstance(error, ValueError)


def test_hostile_names_stay_on_one_line():
    error = InputError("a\nb\x1b[31m\udcff.npz", "labels", "x\r\ny\u2028", "z")
    assert str(error) == "a\\nb\\x1b[31m\\udcff.npz: labels: x\\r\\ny\\u2028; z"
    assert one_line("Größe 1×2") == "Größe 1×2"


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"features": None}, "features", ["missing"]),
        ({"features": X.astype(complex)}, "features", ["complex128", "real"]),
        ({"features": X.astype(object)}, "features", ["object", "astype"]),
        ({"features": X.astype(np.longdouble)}, "features", ["float128", "64 bit"]),
        ({"features": X.astype("M8[s]")}, "features", ["datetime64"]),
        ({"features": X.astype(str)}, "features", ["real numbers"]),
        ({"features": X.astype(ml_dtypes.float8_e5m2)}, "features", ["float8_e5m2"]),
        ({"features": jnp.asarray(X, complex)}, "features", ["complex"]),
        ({"features": jax.random.split(jax.random.key(0), (12, 5))}, "features", ["key<"]),
        ({"features": [[1, 2], [3]]}, "features", ["no array"]),
        ({"features": np.ma.masked_less(X, 0)}, "features", ["masked"]),
        ({"features": X[0]}, "features", ["(5,)", "(n, d)"]),
        ({"features": X[None]}, "features", ["(1, 12, 5)", "(n, d)"]),
        ({"features": X[:0]}, "features", ["(0, 5)", "empty"]),
        ({"features": X[:, :0]}, "features", ["(12, 0)", "empty"]),
        ({"labels": Y[:-1]}, "labels", ["11 rows", "12"]),
        ({"labels": Y.astype(object)}, "labels", ["object", "integers or strings"]),
        ({"labels": Y.astype(complex)}, "labels", ["complex"]),
        ({"labels": np.array([["a", "b"]] * 12)}, "labels", ["(12, 2)", "(n,)"]),
        ({"labels": [b"\xff"] * 12}, "labels", ["utf-8"]),
        ({"targets": X[:3]}, "targets", ["3 rows", "12"]),
        ({"targets": np.array(["1"] * 12)}, "targets", ["real numbers"]),
        ({"boxes": X}, "boxes", ["(12, 5)", "(n, 4)"]),
        ({"boxes": X[:5, :4]}, "boxes", ["5 rows"]),
        ({"logits": X[:, 0]}, "logits", ["(12,)", "(n, z)"]),
        ({"logits": X[1:]}, "logits", ["11 rows"]),
        ({"source_features": X[:, 1:]}, "source_features", ["4 columns", "5"]),
        ({"source_labels": Y}, "source_features", ["missing", "source_labels"]),
        ({"source_features": X, "source_labels": Y[1:]}, "source_labels", ["11 rows"]),
        ({"ids": np.arange(12.0)}, "ids", ["float64", "integers or strings"]),
        ({"ids": ["a"]}, "ids", ["1 rows"]),
        ({"provenance": {"epochs": 3}}, "provenance", ["str"]),
    ],
)
def test_refused_at_once(fields, field, words):
    refusal(lambda: build(**fields), field, *words)


def test_who_is_to_blame_without_a_file():
    refusal(lambda: FeatureSet(X[0], name="resnet50"), "features", file="resnet50")
    refusal(lambda: FeatureSet(X[0]), "features", file="the features given")


@pytest.mark.parametrize(
    ("fields", "task"),
    [
        ({"labels": Y}, "classification"),
        ({"targets": X[:, 0]}, "regression"),
        ({"labels": Y, "boxes": X[:, :4]}, "detection"),
    ],
)
def test_the_task_is_inferred(fields, task):
    assert build(**fields).task() == task
    assert build(**fields).check().task == task


def test_the_task_is_asked_for():
    both = build(labels=Y, targets=X)
    refusal(both.task, "task", "labels and targets", *TASKS)
    assert both.check("regression").labels is None
    assert both.check("classification").labels.names == (0, 1, 2)
    refusal(build(boxes=X[:, :4], targets=X).check, "task", "boxes and targets")
    refusal(build().task, "labels", "missing", "targets", "boxes")
    refusal(lambda: both.check("segmentation"), "task", "'segmentation'", *TASKS)


@pytest.mark.parametrize(
    ("task", "fields", "field"),
    [
        ("regression", {"labels": Y}, "targets"),
        ("classification", {"targets": X}, "labels"),
        ("detection", {"labels": Y}, "boxes"),
        (None, {"boxes": X[:, :4]}, "labels"),
    ],
)
def test_what_a_task_needs(task, fields, field):
    refusal(lambda: build(**fields).check(task), field, "missing", FIELDS[field].shapes)


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (np.zeros(12, int), ["one class, 0", "two"]),
        (["cat"] * 12, ["one class, 'cat'"]),
        (["a\n" * 50] * 12, ["one class, 'a\\"]),
        (Y.astype(np.float32), ["real-valued (float32)", "targets"]),
        (Y.astype(ml_dtypes.bfloat16), ["real-valued (bfloat16)"]),
        (np.stack([Y, Y], axis=1), ["0 and 1"]),
        (-np.stack([Y, Y], axis=1), ["0 and 1"]),
        (np.ones((12, 3), bool), ["constant"]),
    ],
)
@pytest.mark.parametrize("place", ["memory", "device"])
def test_labels_that_are_no_classes(labels, words, place):
    if place == "device" and not isinstance(labels, list):
        labels = jnp.asarray(labels)
    refusal(build(labels=labels).check, "labels", *words)


def test_source_labels_that_are_no_classes():
    odd = build(labels=Y, source_features=X, source_labels=Y * 0.5)
    refusal(odd.check, "source_labels", "real-valued")
    assert odd.check(also=["logits"]).source_labels is None
    single = build(labels=Y, source_features=X, source_labels=["web"] * 12)
    assert single.check().source_labels.names == ("web",)
    refusal(build(labels=np.eye(12, dtype=int), boxes=X[:, :4]).check, "labels", "(12, 12)")


label_sets = st.one_of(
    hnp.arrays(
        st.sampled_from([np.int8, np.uint16, np.int64, np.uint64, np.dtype(bool)]),
        st.integers(1, 20),
    ),
    st.lists(st.text(st.characters(exclude_characters="\0"), max_size=3), min_size=1).map(np.array),
    st.lists(st.sampled_from([-(2**60), -1, 7, 2**62]), min_size=1).map(np.array),
)


@given(label_sets, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_labels_of_any_set(labels, random):
    codes, names, counts = encode_labels(labels)
    assert [names[code] for code in codes] == labels.tolist()
    assert sorted(set(codes.tolist())) == list(range(len(names)))
    assert codes.dtype == np.int32
    assert counts.tolist() == [labels.tolist().count(name) for name in names]
    assert all(type(name) in (int, bool, str) for name in names)
    order = list(range(len(labels)))
    random.shuffle(order)
    assert encode_labels(labels[order]).names == names
    np.testing.assert_array_equal(encode_labels(labels[order]).codes, codes[order])


def test_many_labels_at_once():
    several = rng.integers(0, 2, (12, 3))
    several[:2] = [[0, 0, 1], [1, 1, 1]]
    several[:, 2] = 1
    for labels in (several, several.astype(bool), jnp.asarray(several)):
        done = build(labels=labels).check()
        np.testing.assert_array_equal(done.labels.codes, several)
        assert done.labels.names == (0, 1, 2)
        assert done.labels.counts.tolist() == several.sum(axis=0).tolist()
        assert done.warnings[0] == "hub/a.npz: labels: 1 of 3 are constant"
    for column in (Y[:, None], jnp.asarray(Y)[:, None], np.array(list("abc" * 4))[:, None]):
        assert build(labels=column).labels.shape == (12,)


DTYPES = [np.float16, ml_dtypes.bfloat16, np.float32, np.float64]


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: np.dtype(dtype).name)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("field", ["features", "targets", "boxes", "logits", "source_features"])
def test_values_that_are_not_finite(field, place, dtype):
    values = rng.normal(size=(12, 4)).astype(dtype)
    values[7, 2], values[8, 0], values[11, 3] = np.nan, np.inf, -np.inf
    given = {"features": X[:, :4], field: PLACES[place](values)}
    task = "detection" if field == "boxes" else "regression" if field == "targets" else None
    features = build(**given, labels=Y)
    refusal(lambda: features.check(task), field, "3 of 48", "nan at row 7, column 2", "drop")


def test_vectors_that_are_not_finite():
    for place in PLACES.values():
        targets = place(np.where(Y == 2, -np.inf, 1.0))
        refusal(build(targets=targets).check, "targets", "4 of 12", "-inf at row 2 (from 0)")


def test_only_what_is_used_is_looked_at():
    odd = {key: np.full((12, 5), np.nan) for key in ("targets", "logits", "source_features")}
    features = build(labels=Y, **odd)
    assert features.check("classification", also=()).task == "classification"
    refusal(lambda: features.check("classification", also=["logits"]), "logits")
    refusal(lambda: features.check("classification"), "logits")
    refusal(lambda: features.check("regression", also=()), "targets")


@given(
    hnp.arrays(
        st.sampled_from([np.float16, np.float32, np.float64, np.int8, np.uint64, np.dtype(bool)]),
        hnp.array_shapes(min_dims=1, max_dims=2, max_side=9),
    )
)
@settings(deadline=None, max_examples=60)
def test_a_scan_is_the_plain_definition(values):
    found = scan(Elsewhere(values, rows=2))
    wide = values.reshape(len(values), -1).astype(np.float64)
    bad = ~np.isfinite(wide)
    assert found.bad == bad.sum()
    if found.bad:
        row, column = np.argwhere(bad)[0]
        assert found.first[:2] == (row, column)
        np.testing.assert_equal(found.first[2], wide[row, column])
    else:
        np.testing.assert_array_equal(found.lowest, wide.min(axis=0))
        np.testing.assert_array_equal(found.highest, wide.max(axis=0))


@pytest.mark.parametrize("dtype", [*DTYPES, np.int16, np.uint8, bool])
def test_scans_agree_between_places(dtype):
    values = (10 * rng.normal(size=(12, 4)) > 0).astype(dtype) * np.ones((), dtype)
    here, there = scan(values), scan(jnp.asarray(values))
    np.testing.assert_array_equal(here.lowest, there.lowest)
    np.testing.assert_array_equal(here.highest, there.highest)
    assert here[2:] == there[2:]


def test_a_scan_goes_by_in_slices():
    tall = np.zeros((3 * BLOCK_BYTES // 8, 2), np.float32)
    tall[-1, 1] = np.nan
    assert scan(tall).first[:2] == (len(tall) - 1, 1)


def test_a_device_array_is_reduced_where_it_is(monkeypatch):
    spread = jax.device_put(X, jax.sharding.SingleDeviceSharding(jax.devices()[3]))
    copied = []
    scan(spread)  # compiled: from here on only what comes back is converted
    convert = np.asarray
    monkeypatch.setattr(np, "asarray", lambda x, *a: copied.append(x.shape) or convert(x, *a))
    assert scan(spread).bad == 0
    assert copied == [(12,), (5,), (5,)]


def test_warnings():
    y = np.array(["a", "b", "c", "d", "e", "f"] + ["g"] * 6)
    x = X.copy() * 1e9
    x[:, 1] = 4
    found = build(x, labels=y, ids=[1, 2, 3] * 4, name="a").check().warnings
    assert found == (
        "hub/a.npz: labels: 6 of 7 classes have one sample ('a', 'b', 'c', ...)",
        "hub/a.npz: ids: 9 of 12 repeat an earlier one",
        "hub/a.npz: features: 1 of 5 columns are constant",
        f"hub/a.npz: features: extreme scale, largest magnitude {np.abs(x).max():.3g}; "
        "scored as if it were 1e+06",
    )
    assert build(X[:4], labels=[0, 0, 1, 1]).check().warnings == (
        "hub/a.npz: features: 4 samples for 5 columns: some metrics saturate",
    )
    assert build(targets=np.ones((12, 2))).check().warnings == (
        "hub/a.npz: targets: 2 of 2 are constant",
    )
    one_class = build(boxes=X[:, :4], labels=["cat"] * 12).check()
    assert one_class.warnings == ("hub/a.npz: labels: all are 'cat'",)
    assert build(labels=Y).check().warnings == ()
    zeros = build(np.zeros((12, 5)), labels=Y).check()
    assert zeros.warnings == ("hub/a.npz: features: 5 of 5 columns are constant",)
    assert zeros.scale == 0
    assert "extreme scale" in build(X * 1e-8, labels=Y).check().warnings[0]


def test_the_scale_is_the_largest_magnitude():
    assert build(labels=Y).check().scale == np.abs(X).max()
    assert build(np.full((12, 5), 1e300), labels=Y).check().scale == 1e300
    assert build(np.full((12, 5), -(2**63)), labels=Y).check().scale == 2.0**63
