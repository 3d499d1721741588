"""SDMX-CSV: the standard's own examples, Eurostat's, the OECD's and the ECB's layouts."""

from __future__ import annotations

import csv
import io
import random

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from message_fuzz import survives

from hansa.errors import HansaError
from hansa.sources.live.contract import Dimension, Structure
from hansa.sources.live.sdmxcsv import read_csv_message

# Layout of Eurostat's dissemination CSV; the numbers are constructed.
EUROSTAT = b"""DATAFLOW,LAST UPDATE,freq,nace_r2,indic_sb,geo,TIME_PERIOD,\
OBS_VALUE,OBS_FLAG,CONF_STATUS\r
ESTAT:SBS_R_NUTS06_R2(1.0),15/09/26 23:00:00,A,C10,V16110,DE1,2019,1200,,\r
ESTAT:SBS_R_NUTS06_R2(1.0),15/09/26 23:00:00,A,C10,V16110,DE1,2020,1250.5,bp,\r
ESTAT:SBS_R_NUTS06_R2(1.0),15/09/26 23:00:00,A,C11,V16110,DE1,2019,,,C\r
ESTAT:SBS_R_NUTS06_R2(1.0),15/09/26 23:00:00,A,C11,V16110,DE1,2020,,,\r
"""
SBS = Structure(
    "sbs_r_nuts06_r2",
    dimensions=(
        Dimension("freq"),
        Dimension("nace_r2"),
        Dimension("indic_sb"),
        Dimension("geo"),
        Dimension("TIME_PERIOD", time=True),
    ),
    attributes=("OBS_FLAG",),
)
# Layout of the OECD's `csvfilewithlabels`; the numbers are constructed.
OECD = b"""STRUCTURE,STRUCTURE_ID,STRUCTURE_NAME,ACTION,REF_AREA,Reference area,FREQ,\
Frequency of observation,TIME_PERIOD,Time period,OBS_VALUE,Observation value,OBS_STATUS,\
Observation status,UNIT_MULT,Unit multiplier\r
DATAFLOW,OECD.CFE.EDS:DSD_REG@DF_GDP(2.0),"Regions, GDP",I,\
DE1,"Baden-Wuerttemberg, Land",A,Annual,2020,,3.5,,E,Estimated value,6,Millions\r
DATAFLOW,OECD.CFE.EDS:DSD_REG@DF_GDP(2.0),"Regions, GDP",I,\
DE2,Bavaria,A,Annual,2020,,,,O,Missing value,6,Millions\r
"""
# Layout of the ECB's `csvdata`; the numbers are constructed.
ECB = b"""KEY,FREQ,CURRENCY,TIME_PERIOD,OBS_VALUE,OBS_STATUS,OBS_CONF,TITLE
EXR.D.USD,D,USD,2020-01-02,1.1193,A,F,"US dollar, spot"
EXR.D.USD,D,USD,2020-01-03,NaN,H,,"US dollar, spot"
"""


def cells(found):
    """Key -> (value, status) of every row."""
    rows = found.table.to_pylist()
    return {tuple(r[d] for d in found.dimensions): (r["value"], r["status"]) for r in rows}


def test_eurostat():
    found = read_csv_message(EUROSTAT, None, "here")
    assert found.dimensions == ("freq", "nace_r2", "indic_sb", "geo", "TIME_PERIOD")
    assert cells(found) == {
        ("A", "C10", "V16110", "DE1", "2019"): (1200.0, ""),
        ("A", "C10", "V16110", "DE1", "2020"): (1250.5, "b;p"),
        ("A", "C11", "V16110", "DE1", "2019"): (None, "c"),
        ("A", "C11", "V16110", "DE1", "2020"): (None, "m"),
    }
    assert (found.dataset, found.agency) == ("SBS_R_NUTS06_R2", "ESTAT")
    assert found.updated == "15/09/26 23:00:00"
    assert found.time == "TIME_PERIOD"
    assert found.table["OBS_FLAG"].to_pylist() == [None, "bp", None, None]
    assert found.table["CONF_STATUS"].to_pylist() == [None, None, "C", None]
    assert found.notes == ()


def test_text_columns_are_dictionaries_and_the_value_is_a_float():
    table = read_csv_message(EUROSTAT, None, "here").table
    kind = pa.dictionary(pa.int32(), pa.string())
    for field in table.schema:
        assert field.type == (pa.float64() if field.name == "value" else kind)


def test_a_structure_gives_the_order_and_the_spelling():
    told = Structure("x", dimensions=(*SBS.dimensions[::-1][:4], Dimension("FREQ")))
    found = read_csv_message(EUROSTAT, told, "here")
    assert found.dimensions == ("TIME_PERIOD", "geo", "indic_sb", "nace_r2", "FREQ")
    assert found.time == "TIME_PERIOD"
    assert cells(found)["2019", "DE1", "V16110", "C10", "A"] == (1200.0, "")


def test_the_time_dimension_may_have_another_name():
    told = Structure("x", dimensions=(*SBS.dimensions[:4], Dimension("time", time=True)))
    found = read_csv_message(EUROSTAT, told, "here")
    assert found.dimensions[-1] == found.time == "time"
    assert found.table["time"].to_pylist() == ["2019", "2020", "2019", "2020"]


def moved(body, order):
    """The same message with its columns in another order."""
    rows = list(csv.reader(io.StringIO(body.decode(), newline="")))
    out = io.StringIO()
    csv.writer(out).writerows([[row[i] for i in order] for row in rows])
    return out.getvalue().encode()


@settings(deadline=None, max_examples=40)
@given(st.randoms())
def test_moving_columns_moves_nothing(chance):
    order = list(range(1, 10))
    chance.shuffle(order)
    # The first name tells the format; the value must not come last behind a cut.
    found = read_csv_message(moved(EUROSTAT, [0, *order]), SBS, "here")
    whole = read_csv_message(EUROSTAT, SBS, "here")
    assert found.dimensions == whole.dimensions
    assert cells(found) == cells(whole)


def test_oecd_with_labels():
    found = read_csv_message(OECD, None, "here")
    assert found.dimensions == ("REF_AREA", "FREQ", "TIME_PERIOD")
    assert cells(found) == {("DE1", "A", "2020"): (3.5, "e"), ("DE2", "A", "2020"): (None, "m")}
    assert found.labels["REF_AREA"] == {"DE1": "Baden-Wuerttemberg, Land", "DE2": "Bavaria"}
    assert found.table.column_names[5:] == ["OBS_STATUS", "UNIT_MULT"]
    assert (found.dataset, found.agency) == ("DSD_REG@DF_GDP", "OECD.CFE.EDS")
    assert found.title == "Regions, GDP"


@pytest.mark.parametrize("attributes", [(), ("OBS_STATUS", "UNIT_MULT")])
def test_oecd_with_labels_and_a_structure(attributes):
    dimensions = [
        Dimension(name, time=name == "TIME_PERIOD") for name in ("TIME_PERIOD", "REF_AREA", "FREQ")
    ]
    found = read_csv_message(
        OECD, Structure("x", dimensions=tuple(dimensions), attributes=attributes), ""
    )
    assert cells(found) == {("2020", "DE1", "A"): (3.5, "e"), ("2020", "DE2", "A"): (None, "m")}
    assert found.labels["FREQ"] == {"A": "Annual"}


def test_of_several_labels_of_a_code_the_first_that_is_there_counts():
    lines = OECD.splitlines(keepends=True)
    unnamed = lines[2].replace(b"Bavaria", b"").replace(b",2020,", b",2018,")
    renamed = lines[2].replace(b"Bavaria", b"Free State").replace(b",2020,", b",2021,")
    found = read_csv_message(b"".join([lines[0], unnamed, *lines[1:], renamed]), None, "")
    assert found.labels["REF_AREA"] == {"DE1": "Baden-Wuerttemberg, Land", "DE2": "Bavaria"}
    assert found.table.num_rows == 4


def test_a_name_of_the_structure_without_columns_of_labels():
    body = b"STRUCTURE,STRUCTURE_ID,STRUCTURE_NAME,ACTION,REF_AREA,FREQ,MEASURE,"
    body += b"TIME_PERIOD,OBS_VALUE,OBS_STATUS\n"
    body += b"dataflow,A:B(1),Name,,DE,A,X,2020,1,A\ndataflow,A:B(1),Name,,DE,M,X,2020,2,A\n"
    found = read_csv_message(body, None, "")
    assert found.dimensions == ("REF_AREA", "FREQ", "MEASURE", "TIME_PERIOD")
    assert found.title == "Name"


def test_ecb():
    found = read_csv_message(ECB, None, "here")
    assert cells(found) == {
        ("D", "USD", "2020-01-02"): (1.1193, ""),
        ("D", "USD", "2020-01-03"): (None, "m"),
    }
    assert "KEY" not in found.table.column_names
    assert found.table["TITLE"].to_pylist() == ["US dollar, spot"] * 2
    assert "status H (missing: holiday or weekend) is kept as m" in found.notes[0]


def test_a_header_alone_is_an_empty_answer():
    found = read_csv_message(EUROSTAT.splitlines(keepends=True)[0], SBS, "here")
    assert found.table.num_rows == 0
    assert found.dimensions == tuple(own.id for own in SBS.dimensions)


def test_a_byte_order_mark_is_no_letter():
    found = read_csv_message(b"\xef\xbb\xbf" + EUROSTAT, None, "here")
    assert cells(found) == cells(read_csv_message(EUROSTAT, None, "here"))


def refused(body, structure=None):
    with pytest.raises(HansaError) as problem:
        read_csv_message(body, structure, "here")
    return str(problem.value)


def test_a_message_that_was_cut():
    lines = EUROSTAT.splitlines(keepends=True)
    assert "broken or cut" in refused(EUROSTAT[:-20])
    assert "a quote is open" in refused(OECD[: OECD.rindex(b'"') - 3])
    value_last = moved(EUROSTAT, [0, 1, 2, 3, 4, 5, 6, 8, 9, 7])
    with_number = value_last.splitlines(keepends=True)[:3]
    read_csv_message(b"".join(with_number), SBS, "here")
    # 1250.5 cut to 125 would be another number.
    assert "its last number has no line end behind it" in refused(b"".join(with_number)[:-5], SBS)
    kept = read_csv_message(b"".join(lines).rstrip(b"\r\n"), None, "here")
    assert kept.notes == ("the message does not end with a line end",)


def test_rows_of_another_length():
    assert "10 columns in every row: DATAFLOW" in refused(EUROSTAT + b"a,b\r\n")
    assert "10 columns in every row" in refused(EUROSTAT.replace(b"bp,", b"bp,,"))


def test_text_that_is_no_utf_8():
    assert "invalid UTF8" in refused(EUROSTAT.replace(b"C11", b"C\xff1"))


@pytest.mark.parametrize("body", [b"", b"<html>", b"geo,value\nDE,1\n", b"\n\n", b'{"error":1}'])
def test_other_answers(body):
    assert "no CSV message of statistical data" in refused(body)


def test_a_repeated_key():
    again = EUROSTAT + EUROSTAT.splitlines(keepends=True)[1]
    said = refused(again)
    assert "two observations of one key" in said
    assert "observations 1 and 5" in said
    assert "nace_r2=C10, indic_sb=V16110, geo=DE1, TIME_PERIOD=2019" in said


def test_a_missing_code():
    assert "no code of the dimension geo" in refused(EUROSTAT.replace(b",DE1,2020,,", b",,2020,,"))


def test_a_dimension_that_is_not_there():
    told = Structure("x", dimensions=(*SBS.dimensions, Dimension("unit")))
    said = refused(EUROSTAT, told)
    assert "the message has no column of the dimension unit" in said
    assert "ask for the structure again" in said


def test_a_column_that_nothing_explains():
    body = EUROSTAT.replace(b",geo,", b",unit,").replace(b"CONF_STATUS", b"geo")
    assert "does not explain the column unit" in refused(body, SBS)
    loose = Structure("x", dimensions=SBS.dimensions)
    assert "does not explain the column unit" in refused(body, loose)
    beside = EUROSTAT.replace(b"CONF_STATUS", b"REMARK")
    assert "does not explain the column REMARK" in refused(beside, SBS)
    assert "REMARK" in read_csv_message(beside, loose, "").table.column_names


def test_two_columns_of_one_name():
    assert "two columns have one name" in refused(EUROSTAT.replace(b"CONF_STATUS", b"geo"))


def test_infinity():
    assert "a value is infinite" in refused(EUROSTAT.replace(b"1250.5", b"INF"))


def test_texts_in_place_of_numbers():
    found = read_csv_message(EUROSTAT.replace(b"1250.5", b":c").replace(b"1200", b"KG"), None, "")
    assert found.table["value"].to_pylist() == [None] * 4
    assert found.table["status"].to_pylist() == ["x", "b;c;p", "c", "m"]
    assert "'KG' in 1 observations, first at freq=A, nace_r2=C10" in found.notes[0]


def test_points_and_commas_cannot_both_be_read():
    body = EUROSTAT.replace(b",", b";").replace(b"1200", b"1.200,5")
    assert "points and commas stand in numbers" in refused(body)
    comma = EUROSTAT.replace(b",", b";").replace(b"1250.5", b"1250,5")
    assert read_csv_message(comma, None, "").table["value"].to_pylist()[:2] == [1200.0, 1250.5]
    # Where the comma separates columns, a comma in quotes is no decimal point.
    quoted = EUROSTAT.replace(b"1250.5", b'"1250,5"')
    assert read_csv_message(quoted, None, "").table["value"].to_pylist()[1] is None


rows = st.dictionaries(
    st.tuples(
        st.sampled_from("AMQ"),
        st.text('ab,"\n ;:', min_size=1, max_size=4),
        st.integers(1990, 2030),
    ),
    st.tuples(
        st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False)),
        st.sampled_from(["", "b", "bp", "u"]),
    ),
    min_size=1,
    max_size=12,
)  # fmt: skip


@settings(deadline=None, max_examples=80)
@given(rows, st.sampled_from(",;\t"), st.randoms())
def test_a_table_written_and_read(told, separator, chance):
    names = ["freq", "geo", "TIME_PERIOD", "OBS_VALUE", "OBS_FLAG"]
    chance.shuffle(names)
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator="\n")
    writer.writerow(["STRUCTURE", "STRUCTURE_ID", "ACTION", *names])
    for (freq, geo, year), (value, flag) in told.items():
        row = dict(zip(("freq", "geo", "TIME_PERIOD"), (freq, geo, year), strict=True))
        row |= {"OBS_VALUE": "" if value is None else repr(value), "OBS_FLAG": flag}
        writer.writerow(["dataflow", "A:B(1.0)", "I", *(row[name] for name in names)])
    own = (Dimension("freq"), Dimension("geo"), Dimension("TIME_PERIOD", time=True))
    found = read_csv_message(
        out.getvalue().encode(), Structure("B", dimensions=own, attributes=("OBS_FLAG",)), ""
    )
    letters = {"": "", "b": "b", "bp": "b;p", "u": "u"}
    assert cells(found) == {
        (freq, geo, str(year)): (value, letters[flag] or ("m" if value is None else ""))
        for (freq, geo, year), (value, flag) in told.items()
    }


@pytest.mark.parametrize(("body", "name"), [(EUROSTAT, "e"), (OECD, "o"), (ECB, "c")])
def test_damaged_bodies(body, name):
    assert survives(lambda changed: read_csv_message(changed, None, name), body, 3, 250)
    assert survives(lambda changed: read_csv_message(changed, SBS, name), body, 4, 100)


EXAMPLES = {
    "01": (("DIM_1", "DIM_2", "DIM_3"), [12.4, 10.8]),
    "04": (("DIM_1", "DIM_2", "DIM_3"), [12.4, 10.8]),
    "05": (("DIM_1", "DIM_2", "DIM_3"), [12.4, 10.8]),
    "06": (("DIM_1", "DIM_2", "DIM_3"), [12.4, 10.8]),
    "07": (("DIM_1", "DIM_2", "DIM_3"), [12.4, 10.8]),
    "10": (("DIM_1", "DIM_2", "DIM_3"), [12.4, 10.8]),
    "11": (("DIM_1", "DIM_2", "DIM_3"), [12.4, 10.8]),
    "15": (("DIM_1", "DIM_2", "DIM_3"), [12.4, 10.8]),
}
NOT_READ = {
    "02": "OBS_VALUE1, OBS_VALUE2",
    "03": "OBS_VALUE1, OBS_VALUE2",
    "08": "several structures",
    "09A": "several structures",
    "09B": "no column OBS_VALUE",
    "12": "no column OBS_VALUE",
    "13": "no column OBS_VALUE",
    "14": "no column OBS_VALUE",
    "16": "holds deletions",
    "17": "holds deletions",
    "18": "no column OBS_VALUE",
    "19A": "no column OBS_VALUE",
    "19B": "no column OBS_VALUE",
}


def example(folder, number):
    return (folder / f"sdmx/sdmx_csv/v3_example-{number}.csv").read_bytes()


@pytest.mark.data
@pytest.mark.parametrize("number", EXAMPLES)
def test_examples_of_the_standard(hansa_data, number):
    dimensions, values = EXAMPLES[number]
    found = read_csv_message(example(hansa_data, number), None, number)
    assert found.dimensions == dimensions
    assert found.table["value"].to_pylist() == values
    assert found.table["DIM_1"].to_pylist() == ["A", "A"]
    time = ["2014-01-01", "2014-02-01"] if number == "05" else ["2014-01", "2014-02"]
    assert found.table["DIM_3"].to_pylist() == time
    assert found.table["status"].to_pylist() == ["", ""]
    if number in ("04", "05", "06"):
        assert found.labels["DIM_1"] == {"A": "Value A"}
        assert found.labels["DIM_2"] == {"B": "Value B"}
    if number == "04":
        assert found.title == "Principaux agrégats des comptes nationaux"
    if number == "07":
        assert found.table["ATTR_3"].to_pylist() == ["A;B;C", "A;C"]
    if number == "15":
        assert "line\nbreak" in found.table["ATTR_1"].to_pylist()[0]


@pytest.mark.data
@pytest.mark.parametrize("number", NOT_READ)
def test_examples_that_cannot_be_read_exactly(hansa_data, number):
    assert NOT_READ[number] in refused(example(hansa_data, number))


@pytest.mark.data
@pytest.mark.parametrize("name", ["v1_bis_sample", "v2_sample"])
def test_bis_against_the_standard_library(hansa_data, name):
    body = (hansa_data / f"sdmx/sdmx_csv/{name}.csv").read_bytes()
    found = read_csv_message(body, None, name)
    told = list(csv.DictReader(io.StringIO(body.decode())))
    assert found.table.num_rows == len(told) == (1000 if name[1] == "1" else 20)
    assert len(found.dimensions) == 15
    for row, one in zip(found.table.to_pylist(), told, strict=True):
        assert all(row[d] == one[d] for d in found.dimensions)
        assert row["value"] == (float(one["OBS_VALUE"]) if one["OBS_VALUE"] else None)
        assert row["status"] == {"A": "", "M": "z", "K": "k"}[one["OBS_STATUS"]]
    assert found.dataset == "BIS_DER"
    assert found.agency == "BIS"


def by_pysdmx(text):
    """Rows as pysdmx reads them."""
    from pysdmx.io import read_sdmx

    (data,) = read_sdmx(text, validate=False).data
    return data.data.to_dict("records")


@pytest.mark.data
@pytest.mark.parametrize("number", ["01", "06", "11", "15"])
def test_examples_against_pysdmx(hansa_data, number):
    # It refuses the other examples, among them those that the standard calls right.
    body = example(hansa_data, number)
    found = read_csv_message(body, None, number)
    rows = by_pysdmx(body.decode())
    for own, other in zip(found.table.to_pylist(), rows, strict=True):
        assert all(own[d] == other[d] for d in found.dimensions)
        assert own["value"] == float(other["OBS_VALUE"])
        if number != "06":
            # It moves the attributes of example 6 by a column; ours are asserted above.
            assert own["ATTR_1"] == other["ATTR_1"]


@pytest.mark.data
def test_bis_against_pysdmx(hansa_data):
    # It fails on empty values (a float is not iterable): they are left out of what it reads.
    text = (hansa_data / "sdmx/sdmx_csv/v1_bis_sample.csv").read_text()
    filled = "".join(line for line in text.splitlines(True) if not line.endswith(",\n"))
    rows = by_pysdmx(filled)
    found = read_csv_message(text.encode(), None, "").table.to_pylist()
    own = [row for row in found if row["value"] is not None]
    assert len(own) == len(rows) > 100
    for one, other in zip(own, rows, strict=True):
        assert one["value"] == float(other["OBS_VALUE"])
        names = ("FREQ", "DER_RISKs", "DER_CURR_LEG1", "TIME_PERIOD", "OBS_STATUS", "OBS_CONF")
        assert all(one[name] == other[name] for name in names)


def samples(folder):
    return sorted((folder / "sdmx/sdmx_csv").glob("*.csv"))


@pytest.mark.data
def test_damaged_samples(hansa_data):
    assert len(samples(hansa_data)) == 23
    for path in samples(hansa_data):
        body = path.read_bytes()[:6000]
        assert survives(lambda changed: read_csv_message(changed, None, "here"), body, 5, 25)


@pytest.mark.long
@pytest.mark.data
def test_damaged_samples_long(hansa_data):
    for path in samples(hansa_data):
        body = path.read_bytes()
        assert survives(lambda changed: read_csv_message(changed, None, "here"), body, 6, 1500)


@pytest.mark.long
def test_five_million_rows():
    chance = random.Random(1)
    head = "DATAFLOW,LAST UPDATE,freq,nace_r2,geo,TIME_PERIOD,OBS_VALUE,OBS_FLAG,CONF_STATUS\r\n"
    lines = [head]
    expected = 0.0
    for i in range(5_000_000):
        year, rest = divmod(i, 500_000)
        nace, geo = divmod(rest, 1500)
        value = chance.randrange(10**6) / 4
        expected += value
        lines.append(
            f"ESTAT:SBS(1.0),15/09/26 23:00:00,A,C{nace},DE{geo},{2010 + year},{value},,\r\n"
        )
    found = read_csv_message("".join(lines).encode(), None, "here")
    assert found.table.num_rows == 5_000_000
    assert sum(found.table["value"].to_pylist()) == expected
