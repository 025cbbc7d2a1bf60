"""`score(race=True)`: the race of features that are there, against scores of the rows it took."""

import numpy as np
import pytest

import disco_jax
from disco_jax.errors import InputError
from disco_jax.features import FeatureSet, write_features
from disco_jax.features.stored import StoredArray
from disco_jax.results import Json
from disco_jax.scoring import memory, run
from disco_jax.scoring.rounds import shuffled

from .test_rounds import noisy_hub

LABELS = np.arange(240) % 4
HUB = noisy_hub(LABELS, [1.2, 0.8, 3, 4, 5, 6])
METRIC = "disco:mode=tuned"
IDS = np.random.default_rng(7).permutation(1000)[:240]


@pytest.fixture
def folder(tmp_path):
    for name, x in HUB.items():
        features = FeatureSet(x, labels=LABELS)
        write_features(features, tmp_path / "hub" / f"{name}.safetensors")
    return tmp_path / "hub"


def raced(hub=HUB, **how):
    how = {"labels": LABELS} | how if hub is HUB else how
    return disco_jax.score(hub, **{"metrics": METRIC, "race": True} | how)


def told(race: Json):
    return [(each["samples"], each["models"], each["dropped"]) for each in race["rounds"]]


def test_the_table_is_of_the_rows_that_the_last_round_saw():
    table = raced(seed=3)
    last = table.race["rounds"][-1]
    assert table.race["ended"] == "one model was left" and last["leader"] == "m1"
    assert table.race["all_passes"] == 6 * 240 > 2 * table.race["passes"]
    assert table.race["counted"] == "rows of features"
    some = shuffled(LABELS, 3)[: last["samples"]]
    rest = {m: HUB[m][some] for m in last["models"]}
    assert table.scores == disco_jax.score(rest, labels=LABELS[some], metrics=METRIC).scores
    assert told(raced(seed=3).race) == told(table.race)


def test_of_files_only_the_rows_that_are_needed_are_read(folder, monkeypatch):
    monkeypatch.setattr("disco_jax.features.taken.NEAR_BYTES", 0)
    read, bytes_of = [], StoredArray._bytes

    def spy(self, start, stop):
        if self.field == "features":
            read.append(stop - start)
        return bytes_of(self, start, stop)

    monkeypatch.setattr(StoredArray, "_bytes", spy)
    table = raced(folder, budget=1e-9)
    assert (table.race["ended"], len(table.race["rounds"])) == ("the time was over", 1)
    assert sum(read) == 2 * 6 * 50  # in the round and for the table
    monkeypatch.undo()
    assert raced(folder).scores == raced().scores


def test_samples_are_known_by_their_ids():
    hub = {m: FeatureSet(x, labels=LABELS, ids=IDS) for m, x in HUB.items()}
    moved = np.random.default_rng(2).permutation(240)
    hub["m1"] = FeatureSet(HUB["m1"][moved], labels=LABELS[moved], ids=IDS[moved])
    table = raced(hub)
    assert told(table.race) == told(raced().race)
    assert table.scores == raced().scores
    assert table.warnings == ()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"labels": LABELS, "ids": IDS + 1}, "ids: not the samples of m0"),
        ({"labels": np.roll(LABELS, 1), "ids": IDS}, "labels: not those of m0 for the same"),
        ({"labels": LABELS}, "ids: not the samples of m0"),
    ],
)
def test_other_samples_are_refused_and_kept_out(wrong, says):
    hub = {m: FeatureSet(HUB[m], labels=LABELS, ids=IDS) for m in ("m0", "m1")}
    hub["odd"] = FeatureSet(HUB["m2"], **wrong)
    with pytest.raises(InputError, match=f"odd: {says}"):
        raced(hub)
    table = raced(hub, keep_going=True)
    assert [each["model"] for each in table.failures] == ["odd"]
    assert set(table.scores) <= {"m0", "m1"}


def test_what_cannot_be_raced_is_refused():
    moments = FeatureSet(moments=np.zeros((21, 16), np.float32), labels=LABELS)
    with pytest.raises(InputError, match="moments: a race takes some samples"):
        raced({"m": moments})
    with pytest.raises(InputError, match="score: race: boxes are not raced"):
        raced(boxes=np.random.default_rng(0).random((240, 4)))
    with pytest.raises(InputError, match="budget: there is no race to end; add race"):
        disco_jax.score(HUB, labels=LABELS, budget=3)


def test_a_row_that_is_not_finite_is_named_as_in_the_file(folder):
    bad = HUB["m2"].copy()
    row = int(shuffled(LABELS, 0)[10])
    bad[row] = np.inf
    write_features(FeatureSet(bad, labels=LABELS), folder / "m2.safetensors")
    with pytest.raises(InputError, match=rf"m2.safetensors: features: .* row {row}, column 0"):
        raced(folder)
    (failure,) = raced(folder, keep_going=True).failures
    assert failure["model"] == "m2"


def test_a_race_that_was_stopped_goes_on_where_it_was(folder, tmp_path, monkeypatch):
    out, whole = tmp_path / "scores.json", raced(folder)

    def stop(model, done, total):
        if total < 6:  # in the second round
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        raced(folder, resume=out, progress=stop)
    loaded, load = [], run._load

    def spy(job, bucket, model, features):
        loaded.append(features.shape[0])
        return load(job, bucket, model, features)

    monkeypatch.setattr(run, "_load", spy)
    assert raced(folder, resume=out) == whole
    assert 50 not in loaded and 100 in loaded
    loaded.clear()
    other = raced(folder, resume=out, seed=1)
    rows = sum(len(each["models"]) for each in other.race["rounds"])
    assert len(loaded) == rows + len(other.scores)  # other samples, so nothing is known of them


def test_a_race_ends_where_more_does_not_fit_into_memory(monkeypatch):
    fits = 3 * 4 * 50 * 32 + 6 * 8 * 32**2
    monkeypatch.setattr(memory, "RUNTIME_BYTES", 10**9 - fits)
    table = raced(memory=1)
    assert table.race["ended"] == "more samples did not fit into memory"
    assert [each["samples"] for each in table.race["rounds"]] == [50]
    monkeypatch.setattr(memory, "RUNTIME_BYTES", 10**9 - fits + 1)
    with pytest.raises(InputError, match="a race scores them at once; give more --memory"):
        raced(memory=1)


def test_targets_are_raced_and_resampled():
    targets = np.random.default_rng(4).normal(size=(4, 2))[LABELS]
    table = disco_jax.score(HUB, targets=targets, metrics="ridge_loo", race=True, bootstrap=5)
    assert table.race["rounds"][-1]["leader"] in ("m0", "m1")
    assert set(table.intervals["ridge_loo"]["models"]) == set(table.scores)


def test_layers_race_by_themselves_and_are_grouped_after():
    hub = {"a": FeatureSet(HUB["m5"], labels=LABELS, layers={"mid": HUB["m1"]})}
    hub["b"] = FeatureSet(HUB["m0"], labels=LABELS)
    table = raced(hub, group_layers=True)
    assert table.race["rounds"][0]["models"] == ["a", "a@mid", "b"]
    assert table.ranking()[0] == "a@mid" and "a" not in table.ranking()
