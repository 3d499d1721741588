"""What users write in TOML: descriptions, studies, rule sets, geographies, definitions."""

from __future__ import annotations

import csv
import io
import json
import math
import tomllib

from fuzz_cases import BYTES, NUMBERS, Choice, damaged, folder, fuzzed, outcome
from fuzz_tables import spellings
from hypothesis import strategies as st

from hansa.clusters.definition import find_definition
from hansa.codes.geography import read_geography
from hansa.measures.rules import find_rules
from hansa.sources.spec import FactsSpec, beside
from hansa.study.config import folder_name, read_study

TEXTS = st.sampled_from(
    ["a", "Jobs", "Malmö", 'a "b"', "", "ß\u2028", "x" * 300, "\u0001", "=2015"]
)
ODD = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**63), 2**63 - 1),
        st.sampled_from([0, 1, 2, -1, 0.5, 1e300, math.inf, math.nan, 2015]),
        TEXTS,
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=5,
)
"""Any value that TOML can hold; None stands for a key that is taken away."""


def toml(data):
    """TOML of anything nested, in one line a key: tables stand inline."""
    return "".join(f"{json.dumps(k)} = {inline(v)}\n" for k, v in data.items())


def inline(value):
    """A value of TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {inline(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(inline(v) for v in value if v is not None) + "]"
    if isinstance(value, str):
        return json.dumps(value).replace("\x7f", "\\u007f")
    if value is None:
        return '""'
    return repr(value)


def changed(draw, data):
    """The tree with one key, somewhere in it, removed, renamed or given another value."""
    own = dict(data)
    if not own:
        return own
    key = draw(st.sampled_from(sorted(own)))
    way = draw(st.sampled_from(["value", "value", "inside", "name", "gone", "more"]))
    if way == "inside" and isinstance(own[key], dict):
        own[key] = changed(draw, own[key])
    elif way == "inside" and isinstance(own[key], list) and own[key]:
        inner = own[key][0]
        first = changed(draw, inner) if isinstance(inner, dict) else draw(ODD)
        own[key] = [first, *own[key][1:]]
    elif way == "name":
        own[draw(TEXTS)] = own.pop(key)
    elif way == "gone":
        del own[key]
    elif way == "more":
        own[draw(TEXTS)] = draw(ODD)
    else:
        own[key] = draw(ODD)
    return own


@st.composite
def documents(draw, valid):
    """A tree, whether it is as it should be, and its bytes."""
    tree = draw(valid)
    way = draw(st.sampled_from(["whole", "tree", "tree", "bytes"]))
    if way == "tree":
        tree = changed(draw, tree)
    data = toml(tree).encode()
    if way == "bytes":
        data = damaged(data, draw(BYTES))
    return tree, way == "whole", data


def parsed(data):
    """The tree that is in the bytes; only for bytes that a reader has taken."""
    return tomllib.loads(data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n"))


def plain(value):
    """Tuples as lists, so that what was read compares with what TOML says."""
    if isinstance(value, tuple | list):
        return [plain(v) for v in value]
    return {k: plain(v) for k, v in value.items()} if isinstance(value, dict) else value


def equal(found, wanted):
    """Equal as they are meant: 1 is 1.0 and "1", and a single text is a list of one."""
    if isinstance(found, list) and not isinstance(wanted, list):
        wanted = [wanted]
    if isinstance(found, list):
        return len(found) == len(wanted) and all(map(equal, found, wanted))
    if isinstance(found, dict) and isinstance(wanted, dict):
        return found.keys() == wanted.keys() and all(equal(found[k], wanted[k]) for k in found)
    if isinstance(found, float) and isinstance(wanted, float) and math.isnan(found):
        return math.isnan(wanted)
    if isinstance(found, int | float) and isinstance(wanted, str):
        return str(found).lower() == wanted.lower() or float(wanted) == found
    return found == wanted


# --- NAME.meta.toml -----------------------------------------------------------------------------

DESCRIPTIONS = st.fixed_dictionaries(
    {"format": st.just(1)},
    optional={
        "columns": st.dictionaries(st.sampled_from(["geo", "time"]), TEXTS, max_size=2),
        "where": st.dictionaries(
            TEXTS, st.one_of(TEXTS, st.integers(0, 9), st.booleans(), st.lists(TEXTS)), max_size=2
        ),
        "classification": st.sampled_from(["nace:2", "local", "NACE Rev. 2"]),
        "geography": st.sampled_from(["nuts:2013", "local"]),
        "unit": st.dictionaries(st.just("employment"), TEXTS),
        "source": TEXTS,
        "zeros": st.sampled_from(["printed", "hidden"]),
        "absent_rows": st.sampled_from(["zero", "unknown"]),
        "missing": st.lists(TEXTS, max_size=3),
        "total": st.lists(TEXTS, max_size=2),
        "wide": st.sampled_from([["2015"], ["2015", "2016"], []]),
        "unknown_codes": st.sampled_from(["refuse", "set_aside"]),
        "rounding": st.lists(st.lists(st.integers(0, 9), min_size=2, max_size=2), max_size=2),
        "classes": st.one_of(
            st.just("us-cbp"),
            st.dictionaries(TEXTS, st.sampled_from([[0, 19], [5], [1.5, 1.5]]), min_size=1),
        ),
        "delimiter": st.sampled_from([";", "|", ","]),
        "encoding": st.sampled_from(["utf-8", "latin-1"]),
        "decimal": st.sampled_from([".", ","]),
        "thousands": st.sampled_from(["", " ", "'"]),
        "level": st.dictionaries(st.sampled_from(["geo", "activity"]), TEXTS),
        "areas": st.lists(TEXTS, max_size=2),
    },
)


@fuzzed(documents(DESCRIPTIONS), few=60)
def test_fuzz_descriptions(case):
    _, valid, data = case
    with folder() as place:
        meta = place / "t.meta.toml"
        meta.write_bytes(data)
        found, refused = outcome(lambda: beside(place / "t.csv", FactsSpec()), str(place))
    if valid:
        assert refused is None, refused
    if refused is None:
        wanted = parsed(data)
        wanted.pop("file", None)
        if "panel" not in wanted:
            said = plain(found.model_dump(exclude_unset=True))
            assert equal(said, wanted) or "vintage" in wanted, (said, wanted)


# --- study.toml ---------------------------------------------------------------------------------

STUDIES = st.fixed_dictionaries(
    {
        "title": TEXTS,
        "facts": st.dictionaries(
            st.sampled_from(["jobs", "wages"]),
            DESCRIPTIONS.map(lambda d: {"file": "t.csv", **d}),
            min_size=1,
        ),
    },
    optional={
        "format": st.just(1),
        "summary": TEXTS,
        "geography": TEXTS,
        "period": st.sampled_from([[2010, 2015], [], [2010, 2011]]),
        "min_cell": st.sampled_from([0, 50, 10.5]),
        "hidden": st.sampled_from(["absent", "bounds"]),
        "benchmark": st.sampled_from(["plain", "totals"]),
        "definitions": st.lists(TEXTS, min_size=1, max_size=2, unique=True),
        "measures": st.lists(TEXTS, min_size=1, max_size=2, unique=True),
        "base": st.lists(
            st.fixed_dictionaries({"name": TEXTS}),
            min_size=1,
            max_size=2,
            unique_by=lambda base: folder_name(base["name"]),
        ),
        "outputs": st.fixed_dictionaries({"region": TEXTS, "published": st.booleans()}),
    },
)


@fuzzed(documents(STUDIES), few=60)
def test_fuzz_studies(case):
    _, valid, data = case
    with folder() as place:
        (place / "study.toml").write_bytes(data)
        found, refused = outcome(lambda: read_study(place), str(place))
    if valid:
        assert refused is None, refused
    if refused is None:
        said = plain(found.model_dump(exclude_unset=True))
        assert "vintage" in str(said) or equal(said, parsed(data)), (said, parsed(data))


# --- rule sets ----------------------------------------------------------------------------------

CONDITIONS = st.fixed_dictionaries(
    {
        "measure": st.sampled_from(["location_quotient_total", "employment", "cluster_share"]),
        "threshold": st.sampled_from([0, 0.5, 1, 1.25]),
    },
    optional={
        "compare": st.sampled_from(["absolute", "absolute", "quantile"]),
        "side": st.sampled_from(["at least", "above"]),
        "group_by": st.sampled_from(["cluster", "all"]),
    },
).filter(lambda c: c.get("compare") != "quantile" or c["threshold"] <= 1)
RULES = st.fixed_dictionaries(
    {
        "id": st.sampled_from(["mine", "ours-2"]),
        "version": TEXTS,
        "label": TEXTS,
        "source": TEXTS,
        "award": st.lists(
            st.fixed_dictionaries(
                {"name": TEXTS, "condition": st.lists(CONDITIONS, min_size=1, max_size=2)}
            ),
            min_size=1,
            max_size=2,
        ),
    },
    optional={
        "format": st.just(1),
        "certainty": st.sampled_from(["confirmed", "draft", "own"]),
        "count": st.sampled_from(["sum", "highest"]),
        "minimum": st.sampled_from([0, 1.5]),
        "floor": st.sampled_from([0, 100]),
        "smallest": st.integers(1, 9),
    },
)


@fuzzed(documents(RULES), few=60)
def test_fuzz_rule_sets(case):
    _, valid, data = case
    with folder() as place:
        path = place / "mine.toml"
        path.write_bytes(data)
        found, refused = outcome(lambda: find_rules(str(path)), str(path))
    if valid:
        assert refused is None, refused
    if refused is None:
        wanted = parsed(data)
        said = plain(found.model_dump(exclude_unset=True))
        for award in said["award"]:
            award["condition"] = award.pop("conditions")
        assert equal(said, wanted), (said, wanted)
        assert found.stamp


# --- geographies --------------------------------------------------------------------------------

GEOGRAPHIES = st.fixed_dictionaries(
    {
        "id": TEXTS,
        "title": TEXTS,
        "geography": st.sampled_from(["nuts:2013", "country"]),
        "members": st.lists(
            st.sampled_from(["DE", "SE", "PL", "dk", "FI"]),
            min_size=1,
            max_size=4,
            unique_by=str.upper,
        ),
        "status": st.sampled_from(["as printed", "official", "ours"]),
        "source": TEXTS,
    },
    optional={
        "valid_from": st.sampled_from(["2009", "2010-05-01"]),
        "note": TEXTS,
        "left_out": st.lists(TEXTS, max_size=2),
        "membership": st.lists(
            st.fixed_dictionaries(
                {"name": TEXTS, "from": st.sampled_from(["2004", 2004])},
                optional={"code": st.sampled_from(["DE", ""]), "to": st.just("2020")},
            ),
            max_size=2,
        ),
    },
)


@fuzzed(documents(GEOGRAPHIES), few=60)
def test_fuzz_geographies(case):
    _, valid, data = case
    with folder() as place:
        path = place / "mine.toml"
        path.write_bytes(data)
        found, refused = outcome(lambda: read_geography(path), str(path))
    if valid:
        assert refused is None, refused
    if refused is None:
        wanted = parsed(data)
        assert found.id == str(wanted["id"])
        assert found.title == str(wanted["title"])
        same = [m.strip().upper() for m in wanted["members"]]
        kept = wanted["members"] if wanted["geography"] in ("local", "") else same
        assert list(found.members) == kept
        for kept_text in (found.note, found.valid_from, *found.left_out):
            assert isinstance(kept_text, str)
        days = found.members_on("2015-01-01")
        assert all(isinstance(code, str) for code in days)


# --- cluster definitions ------------------------------------------------------------------------

OURS = ("cluster", "activity", "weight", "cluster_label", "subcluster", "kind", "reason")
ACTIVITIES = {
    "local": {"a": ["a"], "b": ["b", " b "], "0161": ["0161"], "Wood, paper": ["Wood, paper"]},
    "nace:2": {
        "01.61": ["01.61", "0161", "A0161"],
        "10.11": ["10.11", "1011"],
        "62": ["62", "J62"],
        "F": ["F", "f"],
    },
}
WEIGHTS = st.sampled_from(["1", "0.5", "0.25", "", "1e-1", " 0.5 "])
MEMBERS = st.lists(
    st.tuples(st.sampled_from(["k", "l", "Küste", 'q "r"']), st.integers(0, 3), WEIGHTS, NUMBERS),
    min_size=1,
    max_size=6,
    unique_by=lambda m: m[:2],
)
CELLS = st.sampled_from(
    [
        "",
        " ",
        "2",
        "-1",
        "nan",
        "inf",
        "0,5",
        "1e400",
        "x" * 200,
        "ZZ",
        "C",
        '"',
        "a,b",
        "0_1",
        "٠",
        "c" * 200_000,
        "traded",
        "٣",
        "k",
        "\x00",
        "1.0000001",
        "01.6",
        "TOTAL",
        "\ufeff",
        "TRUE",
        "0x1",
    ]
)


def kind_of(cluster):
    """The kind of a whole cluster."""
    return {"k": "traded", "l": "local"}.get(cluster, "")


def members_of(header, rows, code_list, layout):
    """The members by a second reader; an error where it would not swear to them."""
    ours = layout or {name: name for name in header}
    found = []
    for row in rows:
        if any(cell.strip() for cell in row[len(header) :]):
            raise ValueError(row)
        own = dict(zip(header, row[: len(header)], strict=True))
        said = {name: own[theirs].strip() for name, theirs in ours.items()}
        weight = float(said.get("weight") or "1")
        if not (said.get("weight") or "1").isascii() or "_" in said.get("weight", ""):
            raise ValueError(said)
        if not said["cluster"]:
            continue
        activity = said["activity"]
        if code_list == "nace:2":
            activity = spellings(code_list)[activity.upper()]
        found.append((said["cluster"], activity, weight, said.get("kind", "")))
    return found


@fuzzed(
    st.tuples(
        MEMBERS,
        st.sampled_from(["local", "nace:2"]),
        NUMBERS,
        st.lists(st.tuples(NUMBERS, CELLS), max_size=1),
        st.one_of(st.just([]), st.just([]), BYTES),
        st.booleans(),
    ),
    few=100,
)
def test_fuzz_definitions(case):
    members, code_list, style, cells, damage, as_folder = case
    choice = Choice(style)
    own = list(ACTIVITIES[code_list])
    columns = ["cluster", "activity", "weight", *choice.some(("kind", "cluster_label", "reason"))]
    columns = columns[::-1] if choice.of((False, True)) else columns
    layout = {"activity": "NACE code"} if choice.of((False, True)) else {}
    layout = {name: layout.get(name, name) for name in columns} if layout else {}
    header = [layout.get(name, name) for name in columns] + (["extra"] if layout else [])
    rows = []
    for cluster, at, weight, spelling in members:
        spelt = Choice(spelling).of(ACTIVITIES[code_list][own[at]])
        parts = {"cluster": cluster, "activity": spelt, "weight": weight}
        parts |= {"kind": kind_of(cluster), "cluster_label": cluster * 2, "reason": 'so, "so"'}
        rows.append([parts[name] for name in columns] + ([""] if layout else []))
    for place, text in cells:
        spot = Choice(place)
        spot.of(rows)[spot.of(range(len(header)))] = text
    buffer = io.StringIO()
    ends = choice.of(("\n", "\r\n"))
    csv.writer(buffer, lineterminator=ends).writerows([header, *rows])
    mark = choice.of((b"", b"\xef\xbb\xbf"))
    data = damaged(mark + buffer.getvalue().encode(), damage)
    with folder() as place:
        path = place / "mine.csv"
        path.write_bytes(data)
        name = str(path)
        if as_folder:
            (place / "members.csv").write_bytes(data)
            more = {"columns": layout} if layout else {}
            meta = {"id": "mine", "label": "Mine", "classification": code_list, "overlapping": True}
            (place / "definition.toml").write_text(toml(meta | more), encoding="utf-8")
            name = str(place)
        found, refused = outcome(lambda: find_definition(name, code_list, layout), str(place))
    if not cells and not damage:
        assert refused is None, refused
        weights = {(c, own[a]): float(w.strip() or "1") for c, a, w, _ in members}
        assert {(m.cluster, m.activity): m.weight for m in found.members} == weights
        assert all(
            m.kind == (kind_of(m.cluster) if "kind" in columns else "") for m in found.members
        )
    if refused is None:
        text = data.decode("utf-8").removeprefix("\ufeff")
        names, *body = (r for r in csv.reader(io.StringIO(text, newline="")) if r)
        seen = members_of(names, body, code_list, layout)
        assert [(m.cluster, m.activity, m.weight, m.kind) for m in found.members] == seen, text


DEFINITIONS = st.fixed_dictionaries(
    {"id": TEXTS, "label": TEXTS, "classification": st.sampled_from(["nace:2", "local"])},
    optional={
        "source": TEXTS,
        "licence": TEXTS,
        "version": TEXTS,
        "note": TEXTS,
        "overlapping": st.booleans(),
        "kinds": st.dictionaries(st.just("exporting"), st.just("traded")),
    },
)


@fuzzed(documents(DEFINITIONS), few=60)
def test_fuzz_headers_of_definitions(case):
    _, valid, data = case
    with folder() as place:
        (place / "definition.toml").write_bytes(data)
        (place / "members.csv").write_text("cluster,activity\nk,62\nl,63\n")
        found, refused = outcome(lambda: find_definition(str(place)), str(place))
    if valid:
        assert refused is None, refused
    if refused is None:
        wanted = parsed(data)
        assert [(m.cluster, m.activity) for m in found.members] == [("k", "62"), ("l", "63")]
        assert found.overlapping == wanted.get("overlapping", False)
        for key in ("id", "label", "source", "licence", "version", "note"):
            said = getattr(found, key)
            assert isinstance(said, str), (key, said)
            assert said == str(wanted.get(key, "")), (key, said)
