"""Reading scores back: JSON of a result, CSV, and each way in which a file is none."""

import json

import pytest

from disco_jax.results import read_result, read_scores

TABLE = {"scores": {"a": {"disco": 1, "knn": 0.5}, "b@x": {"disco": 3, "knn": None}}}


@pytest.fixture
def file(tmp_path):
    def written(content, name="pets.json"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return path

    return written


def test_json_is_of_the_dataset_named_or_of_its_file(file):
    scores, warnings = read_scores(file(TABLE), None)
    assert scores == {"disco": {"pets": {"a": 1, "b@x": 3}}, "knn": {"pets": {"a": 0.5}}}
    assert [line.partition(": ")[2] for line in warnings] == [
        "b@x: knn: no score, left out of the comparison"
    ]
    assert set(read_scores(file(TABLE), "cars")[0]["disco"]) == {"cars"}


@pytest.mark.parametrize("asked", [True, False])
def test_layers_are_grouped_where_asked_here_or_when_scored(file, asked):
    result = TABLE if asked else {**TABLE, "grouped": True}
    assert read_scores(file(result), None, group_layers=asked)[0]["disco"]["pets"] == {
        "a": 1,
        "b": 3,
    }


def test_csv_with_and_without_datasets(file):
    plain = file(b"\xef\xbb\xbfKNN,Model\n1.5,a\n,b\n", "pets.csv")
    scores, warnings = read_scores(plain, None)
    assert scores == {"KNN": {"pets": {"a": 1.5}}} and len(warnings) == 1
    several = file(b"dataset,model,knn\nx,a,1\ny,a,2\n", "scores.csv")
    assert read_scores(several, "unused")[0] == {"knn": {"x": {"a": 1.0}, "y": {"a": 2.0}}}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"{", "scores: not JSON; give the output of disco-jax score"),
        (b"[" * 100_000, "scores: not JSON"),
        ([1], "scores: missing or empty"),
        ({"scores": {}}, "scores: missing or empty"),
        ({"scores": {"a": 1}}, "scores of 'a': not numbers by metric"),
        ({"scores": {"a": {"knn": "1"}}}, "scores of 'a': not numbers by metric"),
        ({"scores": {"a": {"knn": True}}}, "scores of 'a': not numbers by metric"),
        ({"scores": {"a": {"knn": None}}}, "scores: none in it; score the models first"),
    ],
)
def test_json_that_is_no_result(file, content, told):
    path = file(content)
    with pytest.raises(ValueError) as why:
        read_scores(path, None)
    assert str(why.value).startswith(f"{path}: {told}")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "no column 'model'; start with model,<metric>"),
        (b"name,knn\na,1\n", "no column 'model'"),
        (b"model,knn\na,1,2\n", "row 2 has 3 fields, the header 2"),
        (b"model,knn\na,x\n", "row 2, knn: 'x' is no number"),
        (b"model,knn\na,nan\n", "row 2, knn: 'nan' is no number"),
        (b"model,knn\na,1\na,2\n", "'a' has two scores by knn; delete one"),
        (b"model,knn\n\xff,1\n", "not CSV in UTF-8"),
        (b'model,knn\n"a,1\n', "not CSV in UTF-8"),
    ],
)
def test_csv_that_is_no_table_of_scores(file, content, told):
    with pytest.raises(ValueError) as why:
        read_scores(file(content, "scores.csv"), None)
    assert told in str(why.value) and "\n" not in str(why.value)


@pytest.mark.parametrize("name", ["none.json", "none.csv"])
def test_a_file_that_is_not_there(tmp_path, name):
    with pytest.raises(ValueError, match="scores: cannot be read"):
        read_scores(tmp_path / name, None)


def test_a_result_comes_back_whole(file):
    whole = {**TABLE, "warnings": ["x"], "task": "classification"}
    assert read_result(file(whole)) == whole
