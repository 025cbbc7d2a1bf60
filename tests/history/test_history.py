"""Histories: what is read, the static order, and twins, against their definitions."""

import json

import numpy as np
import pytest

from disco_jax.comparison import Accuracies, weighted_tau
from disco_jax.errors import InputError
from disco_jax.history import about, effects, history_of, read_history, static, twins

MODELS, TASKS = 9, 6


def table(*, holes=0, seed=0):
    """Models and tasks of many sizes of effect, with some cells gone."""
    rng = np.random.default_rng(seed)
    values = 60 + rng.normal(size=(MODELS, 1)) * 8 + rng.normal(size=(1, TASKS)) * 10
    values = values + rng.normal(size=(MODELS, TASKS))
    for place in rng.permutation(MODELS * TASKS)[:holes]:
        values.flat[place] = np.nan
    return values


def history(values):
    return history_of(
        Accuracies(
            {
                f"t{t}": {f"m{m}": float(v) for m, v in enumerate(column) if not np.isnan(v)}
                for t, column in enumerate(values.T)
            }
        )
    )


def fitted(values):
    """(a_t, e_m) by one least-squares problem of all known cells."""
    rows, wanted = [], []
    for m, t in zip(*np.nonzero(~np.isnan(values)), strict=True):
        row = np.zeros(MODELS + TASKS)
        row[m], row[MODELS + t] = 1, 1
        rows.append(row)
        wanted.append(values[m, t])
    found = np.linalg.lstsq(np.array(rows), np.array(wanted), rcond=None)[0]
    effect, level = found[:MODELS], found[MODELS:]
    return level + effect.mean(), effect - effect.mean()


@pytest.mark.parametrize("holes", [0, 5, 15])
def test_effects_are_the_least_squares_fit(holes):
    values = table(holes=holes)
    for found, expected in zip(effects(values), fitted(values), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-6)


def test_without_holes_the_static_order_is_that_of_the_means():
    values = table()
    promised = static(history(values), "t2")
    means = np.delete(values, 2, 1).mean(1)
    np.testing.assert_allclose(list(promised.values()), means)


def test_about_leaves_each_task_out():
    values = table(holes=6)
    found = about(history(values))
    assert (found.models, found.tasks, found.missing) == (MODELS, TASKS, 6)
    for t in range(TASKS):
        level, effect = fitted_without(values, t)
        there = ~np.isnan(values[:, t])
        tau = weighted_tau((level.mean() + effect)[there], values[there, t])
        assert found.static[f"t{t}"] == pytest.approx(tau)
    assert found.static_tau_w == pytest.approx(np.mean(list(found.static.values())))


def fitted_without(values, t):
    masked = values.copy()
    masked[:, t] = np.nan
    return fitted(masked)


def test_twins_are_near_on_every_task():
    values = table()
    values[7] = values[3] + 0.1
    values[8] = values[3] + np.array([0, 0, 0, 0, 0, 30.0])
    assert twins(history(values)) == [("m3", "m7")]
    values[7, :5] = np.nan  # only one task is left that both were tried on
    assert twins(history(values)) == []


def test_what_people_have(tmp_path):
    transfergraph = ",model,finetuned_dataset,epochs,test_accuracy\n0,a/x,dtd,30,0.5\n"
    transfergraph += "1,b,dtd,30,0.75\n2,a/x,pets,30,0.25\n"
    parc = "Architecture,Source Dataset,Target Dataset,Oracle\nr50,cub,pets,91\nr50,cub,dtd,-1\n"
    parc += "r18,cub,pets,88\nr18,cub,dtd,60\n"
    wide = "model,pets,dtd\na,91,\nb,88,60\n"
    expected = {
        "records.csv": (transfergraph, ("a/x", "b"), ("dtd", "pets"), [[0.5, 0.25], [0.75, None]]),
        "parc.csv": (parc, ("r50 cub", "r18 cub"), ("pets", "dtd"), [[91, None], [88, 60]]),
        "wide.csv": (wide, ("a", "b"), ("pets", "dtd"), [[91, None], [88, 60]]),
        "seeds.csv": (
            "model,dataset,accuracy,seed\na,p,1,0\na,p,3,1\nb,p,5,0\n",
            *(("a", "b"), ("p",), [[2], [5]]),
        ),
        "compared.json": (
            json.dumps({"accuracies": {"p": {"a": 2, "b": 5}, "q": {"a": None, "b": 7}}}),
            *(("a", "b"), ("p", "q"), [[2, None], [5, 7]]),
        ),
    }
    for name, (text, models, tasks, values) in expected.items():
        path = tmp_path / name
        path.write_text(text)
        found = read_history(path)
        assert (found.models, found.tasks) == (models, tasks), name
        np.testing.assert_array_equal(found.values, np.array(values, float))
    parquet = tmp_path / "wide.parquet"
    pandas = pytest.importorskip("pandas")
    pandas.read_csv(tmp_path / "wide.csv").to_parquet(parquet)
    np.testing.assert_array_equal(read_history(parquet).values, [[91, np.nan], [88, 60]])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "file: empty"),
        ("model,a\nx,1\n", "models: only 'x' has accuracies; give two"),
        ("model,a\nx,\ny,\n", "header but no line of data"),
        ("model,a\nx,good\ny,1\n", "line 2: has 'good' as 'a'"),
        ("model,a,b\nx,80,0.8\ny,70,0.6\n", "'b' has fractions and 'a' percentages"),
        ("model,a\nx,80\ny,0.7\nz,75\n", "model 'y': 0.7 on 'a' among percentages"),
        ("model,dataset,accuracy\nx,a,1\nx,a,2\n", "line 3: gives model 'x' a second accuracy"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_line(tmp_path, text, said):
    path = tmp_path / "history.csv"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_history(path)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(str(path))


def test_a_damaged_parquet_file(tmp_path):
    pytest.importorskip("pyarrow")
    path = tmp_path / "history.parquet"
    path.write_bytes(b"PAR1 and nothing of it PAR1")
    with pytest.raises(InputError, match="file: not Parquet"):
        read_history(path)


def test_an_unknown_task_is_told_what_is_near():
    with pytest.raises(InputError, match="there is no 'tt1'; did you mean"):
        history(table()).on("tt1")
