"""Reading accuracies: both forms, and one line of help for everything that is wrong."""

import csv
import json
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from disco_jax.comparison.accuracies import read_accuracies
from disco_jax.errors import InputError

TIDY = "model,dataset,accuracy\nr18,pets,88.5\nr50,pets,91\nr18,dtd,70.25\nr50,dtd,74\n"
WIDE = "model,pets,dtd\nr18,88.5,70.25\nr50,91,74\n"
TABLE = {"pets": {"r18": 88.5, "r50": 91.0}, "dtd": {"r18": 70.25, "r50": 74.0}}


@pytest.fixture
def file(tmp_path):
    def write(content):
        path = tmp_path / "true.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.mark.parametrize(
    "content",
    [
        TIDY,
        WIDE,
        WIDE.replace("\n", "\r\n"),
        WIDE.rstrip("\n"),
        b"\xef\xbb\xbf" + WIDE.encode(),  # the mark that spreadsheets put in front
        "\n" + WIDE.replace("\n", "\n\n"),
        WIDE.replace(",", " , ").replace("model", "Model"),
        WIDE.replace("r18", '"r18"'),
        # Other columns, another order, the index that pandas writes.
        ",Accuracy,seed,Dataset,Model\n0,88.5,1,pets,r18\n1,91,,pets,r50\n"
        "2,70.25,x,dtd,r18\n3,7.4e1,1,dtd,r50\n",
    ],
)
def test_both_forms_are_read(file, content):
    found = read_accuracies(file(content))
    assert found == (TABLE, None, None, {})
    assert list(found.datasets) == ["pets", "dtd"]
    assert list(found.datasets["pets"]) == ["r18", "r50"]


@pytest.mark.parametrize(
    "content",
    [
        "model,pets,Params,dtd,source_accuracy\nr18,88.5,11.7e6,70.25,69.8\nr50,91,25.6e6,74,76.1\n",
        "model,dataset,accuracy,source_accuracy,params\nr18,pets,88.5,69.8,11.7e6\n"
        "r50,pets,91,76.1,25.6e6\nr18,dtd,70.25,69.8,11700000\nr50,dtd,74,76.1,25.6e6\n",
    ],
)
def test_columns_of_the_controls(file, content):
    found = read_accuracies(str(file(content)))
    assert found.datasets == TABLE
    assert found.params == {"r18": 11.7e6, "r50": 25.6e6}
    assert found.source_accuracy == {"r18": 69.8, "r50": 76.1}


def test_the_mean_of_several_seeds(file):
    rows = ["r18,pets,70,0", "r18,pets,74,1", "r50,pets,80,0"]
    found = read_accuracies(file("\n".join(["model,dataset,accuracy,seed", *rows])))
    assert found.datasets == {"pets": {"r18": 72.0, "r50": 80.0}}
    with pytest.raises(InputError, match=r"line 4: .* second accuracy .* with seed 0"):
        read_accuracies(file("\n".join(["model,dataset,accuracy,seed", *rows[:2], rows[0]])))


def test_one_dataset_without_a_name_of_its_own(file):
    found = read_accuracies(file("model,accuracy\nr18,70\nr50,74\n"))
    assert found.datasets == {"accuracy": {"r18": 70.0, "r50": 74.0}}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", ["empty", "start with a header line"]),
        ("\n\n", ["empty"]),
        ("model,pets\n", ["no line of data", "add a line per model"]),
        ("r18,88.5\nr50,91\n", ["line 1", "'r18'", "model,dataset,accuracy"]),
        (WIDE.replace(",", ";"), ["line 1", "model;pets;dtd", "commas"]),
        ("pets,model\n88,r18\n", ["line 1", "'pets'", "before the column 'model'"]),
        ("model,dataset,acc\nr18,pets,1\n", ["line 1", "'dataset'", "none 'accuracy'"]),
        ("model,params\nr18,5\n", ["line 1", "names no dataset"]),
        ("model,pets,\nr18,5,6\n", ["line 1", "column 3 without a name"]),
        ("model,pets,Pets\nr18,5,6\n", ["line 1", "'pets' twice", "rename"]),
        ("model\nr18\n", ["line 1", "no header"]),
        (TIDY.replace("91", "91%"), ["line 3", "'91%'", "'accuracy'", "percent sign"]),
        (TIDY.replace("91", "nan"), ["line 3", "'nan'", "finite number"]),
        (TIDY.replace("91", "1_0"), ["line 3", "'1_0'"]),
        (WIDE.replace("74", "inf"), ["line 3", "'inf'", "'dtd'"]),
        (WIDE.replace("74", ""), ["line 3", "nothing as 'dtd'"]),
        (WIDE.replace("74", "74,5"), ["line 3", "4 fields where the header has 3", "point"]),
        (WIDE.replace(",74", ""), ["line 3", "2 fields"]),
        ("model,pets\n\nr18,\n", ["line 3"]),
        (TIDY + "r18,dtd,70\n", ["line 6", "'r18'", "second accuracy", "'dtd'", "delete"]),
        (WIDE + "r50,1,1\n", ["line 4", "'r50'", "second accuracy", "'pets'"]),
        (TIDY.replace("r50,dtd,74\n", ""), ["model 'r50': none on dataset 'dtd'", "add it"]),
        (TIDY + "r9,a,1\n", ["model 'r9': none on dataset 'pets' (and 3 more)"]),
        (WIDE.replace("r50", ""), ["line 3", "no model", "fill in"]),
        (TIDY.replace("r50,pets", "r50,"), ["line 3", "no dataset"]),
        ("model,pets,params\nr18,5,25.6M\n", ["line 2", "'25.6M'", "'params'"]),
        (
            "model,dataset,accuracy,params\nr18,a,1,5\nr18,b,1,6\n",
            ["line 3", "'r18' 6 as 'params' where it was 5", "the same"],
        ),
        ('model,pets\n"r18,5\n', ["not CSV", "quote"]),
        (b"model,pets\nr\xff18,5\n", ["not UTF-8 text (byte 12)", "save it"]),
        (WIDE.encode("utf-16"), ["not UTF-8 text"]),
        ("x" * 200_000, ["line 1: not CSV"]),
        ("x," * 10_000, ["line 1: no header"]),
        (WIDE.replace("74", "7" + "x" * 10_000), ["line 3", "'dtd'"]),
    ],
)
def test_what_is_wrong_is_said_in_one_line(file, content, says):
    path = file(content)
    with pytest.raises(ValueError) as caught:
        read_accuracies(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    assert len(message) < len(str(path)) + 250
    assert "; " in message  # the remedy comes after it
    for part in says:
        assert part in message


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(
        ValueError, match=r"none\.csv: file: cannot be read \(No such file.*give a CSV"
    ):
        read_accuracies(tmp_path / "none.csv")
    with pytest.raises(ValueError, match="cannot be read"):
        read_accuracies(tmp_path)


def test_models_are_matched_with_the_scores(file):
    path = file("model,pets,params\nr18,88.5,1\nr50,91,2\n")
    assert read_accuracies(path, models=["r50", "r18"]).datasets == {"pets": TABLE["pets"]}
    with pytest.raises(
        ValueError, match=r"model 'r-50': not there \(it has 'r50'\) \(and 1 more\); add its"
    ):
        read_accuracies(path, models=["r18", "r-50", "vit"])
    with pytest.raises(ValueError, match="model 'convnext': not there; add its"):
        read_accuracies(path, models=["r18", "r50", "convnext"])
    with pytest.raises(ValueError, match="model 'r18': accuracies but no score; score it"):
        read_accuracies(path, models=["r50"])
    found = read_accuracies(path, models=["r50"], drop_unscored=True)
    assert found == ({"pets": {"r50": 91.0}}, {"r50": 2.0}, None, {})


@given(seed=st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=300)
def test_no_mutation_ends_in_anything_but_a_line(tmp_path_factory, seed):
    generator = random.Random(seed)
    content = bytearray(generator.choice([TIDY, WIDE]).encode())
    for _ in range(generator.randint(1, 4)):
        at = generator.randrange(len(content) + 1)
        piece = generator.choice([b'"', b",", b"\n", b"\r", b"\0", b"nan", b"\xff", b"-", b"9"])
        content[at : at + generator.choice([0, 1, 5])] = piece
    path = tmp_path_factory.getbasetemp() / "mutated.csv"
    path.write_bytes(content)
    try:
        found = read_accuracies(path)
    except ValueError as error:
        assert type(error) is InputError
        assert str(error).startswith(f"{path}: ")
        assert "\n" not in str(error)
        return
    models = [list(row) for row in found.datasets.values()]
    assert all(set(row) == set(models[0]) for row in models)


@given(
    names=st.lists(st.text(min_size=1, max_size=5).map(str.strip), min_size=1, unique=True),
    seed=st.integers(0, 99),
)
@settings(deadline=None, max_examples=50)
def test_what_csv_writes_is_read_back(tmp_path_factory, names, seed):
    generator = random.Random(seed)
    names = [name for name in names if name and name.isprintable()] or ["m"]
    table = {d: {name: generator.uniform(-1, 100) for name in names} for d in ("a", "b")}
    path = tmp_path_factory.getbasetemp() / "written.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["model", "dataset", "accuracy"])
        writer.writerows([name, d, table[d][name]] for name in names for d in table)
    assert read_accuracies(path).datasets == table


REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "reference"


@pytest.mark.skipif(not REFERENCE.is_dir(), reason=f"no {REFERENCE}")
def test_a_published_hub_survives_the_trip(file):
    table = json.loads((REFERENCE / "benchmark_supervised.json").read_text())["accuracy"]
    lines = [f"{m},{d},{value}" for d, row in table.items() for m, value in row.items()]
    path = file("\n".join(["model,dataset,accuracy", *lines]))
    assert read_accuracies(path, models=list(table["pets"])).datasets == table


@pytest.mark.parametrize(
    "text",
    [
        "model,dataset,accuracy,source_data\na,x,1,birds\na,y,2,birds\nb,x,3,\nb,y,4,\n",
        "model,x,y,source_data\na,1,2,birds\nb,3,4,\n",
    ],
)
def test_source_data_are_text_of_the_model(tmp_path, text):
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")
    found = read_accuracies(path)
    assert found.source_data == {"a": "birds"}
    assert found.datasets == {"x": {"a": 1, "b": 3}, "y": {"a": 2, "b": 4}}
    assert read_accuracies(path, models=["b"], drop_unscored=True).source_data == {}
    path.write_text(text.replace("y,2,birds", "y,2,fish"), encoding="utf-8")
    if "dataset" in text:
        with pytest.raises(InputError, match="'a' 'fish' as 'source_data' where it was 'birds'"):
            read_accuracies(path)
