"""What random inputs found in the readers of definitions, rule sets, geographies and studies."""

from __future__ import annotations

import pytest

from hansa.clusters import find_definition
from hansa.codes.geography import read_geography
from hansa.errors import HansaError
from hansa.language import speaking
from hansa.measures.rules import find_rules
from hansa.study.config import read_study
from hansa.study.told import told

META = 'id = "mine"\nlabel = "Mine"\nclassification = "local"\n'
GEOGRAPHY = (
    'id = "mine"\ntitle = "Mine"\ngeography = "nuts:2013"\nmembers = ["SE"]\n'
    'status = "ours"\nsource = "us"\n'
)


def refusal(read, *arguments):
    """The text of the refusal."""
    with pytest.raises(HansaError) as refused:
        read(*arguments)
    return str(refused.value)


def csv(folder, content):
    """A plain CSV; its path."""
    path = folder / "mine.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def definition(folder, meta, members=b"cluster,activity\nk,x\n"):
    """A definition folder; its path."""
    (folder / "definition.toml").write_text(meta)
    (folder / "members.csv").write_bytes(members)
    return str(folder)


def test_a_row_that_is_cut_off_does_not_get_the_weight_1(tmp_path):
    path = csv(tmp_path, "cluster,activity,weight\nk,x,0.5\n\nk,y\n")
    assert refusal(find_definition, path) == (
        "a row has another number of columns than the header\n"
        f"  where:  {path}, row 4\n"
        "  found:  2 columns\n"
        "  needed: 3: cluster, activity, weight\n"
        "  do:     complete the row (empty cells count), or put quotes around values with commas"
    )


def test_a_row_with_more_than_the_header(tmp_path):
    path = csv(tmp_path, "cluster,activity,weight\nWood, paper,x,0.5\n")
    text = refusal(find_definition, path)
    assert text.startswith("a row has another number of columns than the header\n")
    assert "  found:  4 columns\n" in text


def test_separators_at_the_end_of_every_row_add_nothing(tmp_path):
    found = find_definition(csv(tmp_path, "cluster,activity,weight,,\nk,x,0.5,,\n"))
    assert [(m.cluster, m.activity, m.weight) for m in found.members] == [("k", "x", 0.5)]


@pytest.mark.parametrize(
    ("content", "row", "found"),
    [
        ('cluster,activity\nk,"x\n', 2, "unexpected end of data"),
        ('cluster,activity\nk,"x"y\n', 2, "',' expected after '\"'"),
        ("cluster,activity\nk," + "x" * 200_000, 2, "field larger than field limit (131072)"),
    ],
)
def test_rows_that_cannot_be_taken_apart(content, row, found, tmp_path):
    path = csv(tmp_path, content)
    text = refusal(find_definition, path)
    assert text.startswith(
        "a row of the definition cannot be taken apart\n"
        f"  where:  {path}, row {row}\n"
        f"  found:  {found}\n"
    )


def test_line_ends_inside_quotes_stay_as_they_are(tmp_path):
    found = find_definition(csv(tmp_path, b'cluster,activity\r\nk,"x\ry"\r\n'))
    assert [m.activity for m in found.members] == ["x\ry"]


def test_names_that_repeat(tmp_path):
    path = csv(tmp_path, "cluster,activity,weight,weight\nk,x,0.5,1\n")
    assert refusal(find_definition, path) == (
        "column names repeat\n"
        f"  where:  {path}, header row\n"
        "  found:  weight\n"
        "  needed: one name for each column\n"
        "  do:     rename or remove the columns"
    )


@pytest.mark.parametrize("weight", ["0_1", "٠", "infinity"])
def test_a_weight_is_written_in_plain_digits(weight, tmp_path):
    path = csv(tmp_path, f"cluster,activity,weight\nk,x,{weight}\n")
    text = refusal(find_definition, path)
    assert text.startswith(f"the weight of x is no share\n  where:  {path}, row 2\n")
    assert f"  found:  {weight}\n" in text


def test_bytes_that_are_no_text(tmp_path):
    path = csv(tmp_path, "cluster,activity\nk,Malmö\n".encode("latin-1"))
    assert refusal(find_definition, path) == (
        "the definition is not UTF-8 text\n"
        f"  where:  {path}\n"
        "  found:  '\\xf6\\n'\n"
        "  needed: UTF-8\n"
        "  do:     save it as UTF-8"
    )
    text = refusal(find_definition, definition(tmp_path, META, b"cluster,activity\nk,\xf6\n"))
    assert text.startswith(
        f"members.csv of the definition is not UTF-8 text\n  where:  {tmp_path}/members.csv\n"
    )


KEYS = (
    "one of id, label, classification, source, licence, version, overlapping, note, columns, "
    "kinds, format, level"
)


@pytest.mark.parametrize(
    ("meta", "key", "found", "needed"),
    [
        (META + "overlaping = true\n", "'overlaping'; did you mean overlapping?", "True", KEYS),
        (META + '[colums]\nactivity = "x"\n', "'colums'; did you mean columns?", "a table with "
         "activity", KEYS),
        (META + 'author = "us"\n', "'author'", "'us'", KEYS),
        (META.replace("label", "# label"), "'label'", "", "this key, which has no default"),
        (META.replace('"local"', "9"), "'classification'", "9", "a text in quotes"),
        (META + 'overlapping = "false"\n', "'overlapping'", "'false'", "true or false"),
        (META + "source = []\n", "'source'", "[]", "a text in quotes"),
        (META + "[kinds]\nexporting = 1\n", "'kinds.exporting'", "1", "a text in quotes"),
    ],
)  # fmt: skip
def test_keys_that_are_wrong(meta, key, found, needed, tmp_path):
    shown = f"  found:  {found}\n" if found else ""
    assert refusal(find_definition, definition(tmp_path, meta)) == (
        f"the definition is wrong at {key}\n  where:  {tmp_path}/definition.toml\n{shown}"
        f"  needed: {needed}\n  do:     correct the key in definition.toml"
    )


def test_a_wrong_key_is_told_in_swedish(tmp_path):
    with pytest.raises(HansaError) as problem:
        find_definition(definition(tmp_path, META + "overlaping = true\n"))
    with speaking("sv"):
        said = told(problem.value.finding)
    assert said.rule == "definitionen är fel vid 'overlaping'; menade du overlapping?"


def test_an_unknown_key_of_a_rule_set_is_told_with_the_key_it_looks_like(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('id = "mine"\nlable = "Mine"\n')
    text = refusal(find_rules, str(path))
    assert text.startswith("the rule set is wrong at 'lable'; did you mean label?\n")


def test_an_unknown_classification_is_refused_with_its_definition(tmp_path):
    path = definition(tmp_path, META.replace("local", "nace:9"))
    text = refusal(find_definition, path)
    assert text.startswith(
        f"unknown classification 'nace:9'\n  where:  {path}/members.csv\n  needed: country, "
    )


# --- TOML ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [b"a = " + b"[" * 20_000, b"a = " + b"9" * 5_000, b"# \xf6\n"],
    ids=["nested", "a long number", "Latin-1"],
)
def test_toml_that_no_reader_takes(content, tmp_path):
    for name in ("study.toml", "definition.toml", "mine.toml"):
        (tmp_path / name).write_bytes(content)
    (tmp_path / "members.csv").write_text("cluster,activity\nk,x\n")
    texts = {
        "study.toml cannot be read": refusal(read_study, tmp_path),
        "a rule set cannot be read": refusal(find_rules, str(tmp_path / "mine.toml")),
        "definition.toml ": refusal(find_definition, str(tmp_path)),
        (
            "the geography is not UTF-8" if b"\xf6" in content else "a geography file cannot"
        ): refusal(read_geography, tmp_path / "mine.toml"),
    }
    for rule, text in texts.items():
        assert text.startswith(rule), text
        assert f"  where:  {tmp_path}" in text


@pytest.mark.parametrize("award", ["5", '"a"', "{}"])
def test_awards_that_are_no_list(award, tmp_path):
    path = tmp_path / "mine.toml"
    head = 'id = "mine"\nversion = "1"\nlabel = "Mine"\nsource = "us"\n'
    path.write_text(f"{head}award = {award}\n")
    text = refusal(find_rules, str(path))
    assert text.startswith(f"the rule set is wrong at 'award'\n  where:  {path}\n")


@pytest.mark.parametrize(
    ("content", "rule", "found"),
    [
        (
            GEOGRAPHY.replace('"nuts:2013"', "[]"),
            "geography of a geography is of another kind",
            "geography = []",
        ),
        (
            GEOGRAPHY + "membership = 5\n",
            "membership of a geography is of another kind",
            "membership = 5",
        ),
        (
            GEOGRAPHY + 'membership = ["SE"]\n',
            "membership of a geography is of another kind",
            "membership = ['SE']",
        ),
        (
            GEOGRAPHY + "[[membership]]\nname = 7\nfrom = 2004\n",
            "membership.name of a geography is of another kind",
            "membership.name = 7",
        ),
        (GEOGRAPHY + "note = 7\n", "note of a geography is of another kind", "note = 7"),
    ],
)
def test_keys_of_a_geography_of_another_kind(content, rule, found, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(content)
    assert refusal(read_geography, path) == (
        f"{rule}\n  where:  {path}\n  found:  {found}\n"
        "  needed: a text in quotes; [[membership]] tables with name, code, from, to\n"
        "  do:     correct the key in the file"
    )


def test_an_unknown_version_is_refused_with_its_geography(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(GEOGRAPHY.replace("nuts:2013", "nuts:1066"))
    text = refusal(read_geography, path)
    assert text.startswith(f"unknown geography version 'nuts:1066'\n  where:  {path}\n  needed: ")


@pytest.mark.parametrize(
    ("codes", "row", "found", "needed", "meant"),
    [
        (("161", "162", "1013", "1011"), 2, "161", "0161 (Support activities for crop", "16.1"),
        (("1013", "0111", "111"), 4, "111", "0111 (Growing of cereals", ""),
        (("161", "11"), 3, "11", "011 (Growing of non-perennial crops", "C11"),
        (("1", "62"), 2, "1", "01 (Crop and animal production", ""),
        (("1", "1011"), 2, "1", "01 (Crop and animal production", ""),
    ],
)
def test_codes_that_lost_their_leading_zero(codes, row, found, needed, meant, tmp_path):
    path = csv(tmp_path, "cluster,activity\n" + "".join(f"{c}k,{c}\n" for c in codes))
    text = refusal(find_definition, path, "nace:2")
    assert text.startswith(
        "a code has lost its leading zero\n"
        f"  where:  {path}, row {row}\n"
        f"  found:  {found}\n"
        f"  needed: {needed}"
    )
    assert text.endswith(
        "  do:     store the column as text before the zero is lost"
        + (f"; where {meant} is meant, write it so" if meant else "")
    )


@pytest.mark.parametrize("codes", [("16.1", "1011"), ("161", "241", "1011"), ("C11", "161")])
def test_codes_of_two_levels_that_can_only_be_meant_so(codes, tmp_path):
    path = csv(tmp_path, "cluster,activity\n" + "".join(f"{c}k,{c}\n" for c in codes))
    assert len(find_definition(path, "nace:2").members) == len(codes)


@pytest.mark.parametrize(("sign", "name"), [(";", "semicolon"), ("\t", "tab"), ("|", "bar")])
def test_a_definition_with_another_separator(sign, name, tmp_path):
    path = csv(tmp_path, f"cluster{sign}activity\nk{sign}x\n")
    assert refusal(find_definition, path) == (
        "the columns are separated by another sign\n"
        f"  where:  {path}, header row\n"
        f"  found:  {name} in {f'cluster{sign}activity'!r}\n"
        "  needed: comma\n"
        "  do:     save the definition with commas between its columns"
    )
