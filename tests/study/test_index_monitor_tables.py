"""The two tables of the Nordic Innovation Monitor: as shipped, checked, and as a study.

Numbers are held to scipy and to sums done by hand from the print; tolerance 1e-9.
"""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import hansa
from hansa.errors import HansaError
from hansa.study import monitor as study
from hansa.study import published

SHIPPED = Path(published.__file__).parent / "published2009"
PAIRS = [
    ("monitor-performance", "nim_table1_performance"),
    ("monitor-framework", "nim_table2_framework"),
]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture(scope="module")
def found() -> study.Monitor:
    return study.published_monitor()


@pytest.fixture(scope="module")
def printed() -> dict[str, dict[str, np.ndarray]]:
    """side -> column -> numbers by alphabetical code, read here and not by the library."""
    read = {}
    for side in ("performance", "framework"):
        own = sorted(rows(SHIPPED / f"monitor-{side}.csv"), key=lambda r: r["iso2"])
        read[side] = {c: np.array([float(r[c]) for r in own]) for c in list(own[0])[2:]}
    return read


@pytest.mark.data
@pytest.mark.parametrize(("shipped", "transcribed"), PAIRS)
def test_every_cell_is_that_of_the_transcription(shipped, transcribed, hansa_data) -> None:
    ours = rows(SHIPPED / f"{shipped}.csv")
    theirs = rows(hansa_data / "bsr2009" / f"{transcribed}.csv")
    assert len(ours) == len(theirs) == 25
    assert list(ours[0]) == [
        "iso2", "country", "rank_2008", "index_2008", "index_2003", "rank_change"
    ]  # fmt: skip
    for one, other in zip(ours, theirs, strict=True):
        own = {k: v for k, v in other.items() if k not in ("bsr_country", "rank_change_2003_2008")}
        assert one == own | {"rank_change": other["rank_change_2003_2008"]}
    assert set(study.BALTIC) == {r["iso2"] for r in theirs if r["bsr_country"] == "yes"}


@pytest.mark.data
def test_what_the_text_says_of_the_indices_is_that_of_the_transcription(hansa_data) -> None:
    facts = {r["fact"]: r["value"] for r in rows(hansa_data / "bsr2009" / "facts.csv")}
    about = published.source()["monitor"]
    for key, fact in (
        ("indicators", "NIM indicators total"),
        ("performance_indicators", "NIM performance indicators"),
        ("framework_indicators", "NIM framework indicators"),
        ("countries", "NIM countries"),
    ):
        assert str(about[key]) == facts[fact]
    assert about["baltic_countries"] == len(study.BALTIC)
    assert about["performance_indicators"] + about["framework_indicators"] == about["indicators"]
    assert about["countries"] == len(published.monitor_performance().codes)


def test_what_the_tables_contradict_is_found_by_check(found) -> None:
    """By hand: 7 - 2 = 8 - 3 = 5 for GB, AU and 6 + 4 = 4 + 6 = 10 for CH, DK: none is 4 or 11."""
    errors = [f for f in found.findings if f.severity == "error"]
    assert [f.rule for f in errors] == [
        "ranks and changes of rank give ranks in 2003 that are no permutation",
        "a change of rank contradicts the values in 2003",
        "a change of rank contradicts the values in 2003",
    ]
    assert all(f.place.startswith("framework, ") for f in errors)
    assert errors[0].printed == "rank and change give 5 for GB, AU; 10 for DK, CH; nobody has 4, 11"
    assert "rank_change +5 for CH and -3 for GB" in errors[0].fix
    # The same by the study's own arrays: rank + change outside what the index of 2003 allows.
    side = found.framework
    ranks, earlier = side.ranks[2003], side.moves.earlier
    out = [
        (c, e, b, w)
        for c, e, b, w in zip(found.codes, earlier, ranks.best, ranks.worst, strict=True)
        if not b <= e <= w
    ]
    assert out == [("CH", 10, 11, 11), ("GB", 5, 4, 4)]
    assert side.moves.rank.sum() == 0
    # The checks read the files to the same end.
    by_file = [f for f in hansa.check(SHIPPED) if f.severity != "note"]
    assert [f.printed for f in by_file] == [f.printed for f in errors]
    assert {f.place.partition(",")[0] for f in by_file} == {"monitor-framework.csv"}


def _copy(folder: Path, change) -> list:
    for name in ("monitor-performance", "monitor-framework"):
        own = {r["iso2"]: r for r in rows(SHIPPED / f"{name}.csv")}
        if name == "monitor-framework":
            # The proposal of the checks, so that a planted error is the only one.
            own["CH"]["rank_change"], own["GB"]["rank_change"] = "5", "-3"
        own = change(name, own) or own
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, list(next(iter(own.values()))))
            writer.writeheader()
            writer.writerows(own.values())
    return [f for f in hansa.check(folder) if f.severity != "note"]


def _set(column: str, **cells: str):
    def change(name, own):
        if name == "monitor-performance":
            for code, text in cells.items():
                own[code][column] = text

    return change


def test_with_the_proposal_nothing_contradicts_itself(tmp_path) -> None:
    assert _copy(tmp_path, lambda name, own: None) == []


@pytest.mark.parametrize(
    ("change", "rule", "said"),
    [
        # Rank permutation; rank follows index; implied earlier rank; against the earlier index.
        (_set("rank_2008", MX="26"), "printed ranks are no ranks from 1", "MX"),
        (_set("rank_2008", DK="5", SE="4"), "a printed rank contradicts the printed values", "DK"),
        (_set("rank_change", AT="3"), "that are no permutation", "AT"),
        (_set("rank_change", US="5", FI="-6"), "a change of rank contradicts the values", "FI"),
        # Same countries in both tables.
        (
            lambda n, own: {k: r for k, r in own.items() if k != "MX" or "work" not in n},
            "two lists share most of their names",
            "MX",
        ),
    ],
)
def test_every_rule_on_ranked_tables_finds_its_planted_error(tmp_path, change, rule, said) -> None:
    problems = _copy(tmp_path, change)
    assert problems
    assert any(rule in f.rule and said in f.printed + f.place for f in problems)


def test_a_single_planted_change_is_repaired_to_what_was_printed(tmp_path) -> None:
    problems = _copy(tmp_path, _set("rank_change", NO="4"))
    assert any("rank_change +2 for NO" in f.fix + f.admissible for f in problems)


def test_claims_of_a_text_are_held_against_the_tables(tmp_path) -> None:
    _copy(tmp_path, lambda name, own: None)
    (tmp_path / "account.toml").write_text(
        "".join(
            f'[[claim]]\ntext = "{text}"\nsays = "{says}"\nof = "value"\n'
            f'at = {{ table = "monitor-performance", column = "rank_change", '
            f'where = {{ iso2 = "{code}" }} }}\n'
            for text, says, code in (
                ("Denmark improved", "more than 0", "DK"),
                ("Finland improved", "more than 0", "FI"),
            )
        ),
        encoding="utf-8",
    )
    problems = [f for f in hansa.check(tmp_path) if f.severity == "error"]
    assert len(problems) == 1
    assert "Finland improved" in problems[0].printed
    assert "-4" in problems[0].admissible


def test_all_links_equal_scipy(found, printed) -> None:
    f, p = printed["framework"], printed["performance"]
    change = [t["index_2008"] - t["index_2003"] for t in (f, p)]
    pairs = {
        "index 2008": (f["index_2008"], p["index_2008"]),
        "index 2003": (f["index_2003"], p["index_2003"]),
        "change of index": tuple(change),
        "rank 2008": (f["rank_2008"], p["rank_2008"]),
        "change of rank": (f["rank_change"], p["rank_change"]),
    }
    assert set(found.links) == set(pairs)
    for name, (x, y) in pairs.items():
        own, theirs = found.links[name], stats.pearsonr(x, y)
        assert own.n == 25
        assert own.pearson == pytest.approx(theirs.statistic, abs=1e-9)
        assert own.fisher == pytest.approx(tuple(theirs.confidence_interval()), abs=1e-9)
        assert own.spearman == pytest.approx(stats.spearmanr(x, y).statistic, abs=1e-9)
        assert own.kendall == pytest.approx(stats.kendalltau(x, y).statistic, abs=1e-9)
        assert own.p < 0.001
        without = [np.delete(np.arange(25), i) for i in range(25)]
        each = [stats.pearsonr(x[k], y[k]).statistic for k in without]
        assert (own.leave_one_out.low, own.leave_one_out.high) == pytest.approx(
            (min(each), max(each))
        )
        if name in found.rounding:
            inside = found.rounding[name]["pearson"]
            assert inside.least < inside.low < own.pearson < inside.high < inside.greatest
            assert inside.printed == pytest.approx(own.pearson)
    lowest = {found.codes[i] for i in found.links["index 2008"].lowest.left_out}
    assert lowest == {"MX", "GR", "IT", "TR", "PT"}
    # Ranks are turned: the lowest on the outcome are the last.
    assert {found.codes[i] for i in found.links["rank 2008"].lowest.left_out} == lowest


def test_residuals_carry_their_names(found, printed) -> None:
    x, y = printed["framework"]["index_2008"], printed["performance"]["index_2008"]
    slope, intercept = np.polyfit(x, y, 1)
    expected = dict(zip(found.codes, y - intercept - slope * x, strict=True))
    assert {r.code: pytest.approx(r.points) for r in found.residuals} == expected
    assert [r.name for r in found.residuals[:2]] == ["Japan", "Korea"]
    assert [r.code for r in found.residuals if abs(r.studentised) > 2.5] == ["JP", "KR"]


def test_the_lag_test_and_the_curve(found, printed) -> None:
    f, p = printed["framework"], printed["performance"]
    moved = p["index_2008"] - p["index_2003"]
    assert found.lag.lagged.r == pytest.approx(stats.pearsonr(f["index_2003"], moved).statistic)
    assert found.lag.causal == ()
    assert found.curve.r[0] == pytest.approx(found.links["index 2003"].pearson)
    assert len(found.curve.r) == 4 * 26
    assert found.curve.nominal == found.links["index 2008"].pearson


def test_profiles_of_groups_by_hand(found) -> None:
    nordic, baltic = found.groups
    at = {(p.side, p.year): p for p in nordic.profiles}
    # DK FI IS NO SE: 77 75 79 62 69 and 71 66 66 56 68; the best three are KR, US, JP.
    assert at["framework", 2008].mean == pytest.approx((77 + 75 + 79 + 62 + 69) / 5)
    assert at["performance", 2008].mean == pytest.approx((71 + 66 + 66 + 56 + 68) / 5)
    assert at["framework", 2008].best == pytest.approx((60 + 87 + 51) / 3)
    assert at["performance", 2008].best == pytest.approx((73 + 73 + 72) / 3)
    # In 2003 the best performers are NZ, US, FI.
    assert at["performance", 2003].best == pytest.approx((73 + 71 + 66) / 3)
    assert at["framework", 2003].best == pytest.approx((66 + 93 + 80) / 3)
    assert at["framework", 2008].median == 61
    assert (at["framework", 2008].lowest, at["framework", 2008].highest) == (5, 87)
    assert nordic.gap["framework"] == pytest.approx(66 - 72.4)
    assert set(baltic.codes) - set(nordic.codes) == {"DE"}
    mean = {(p.side, p.year): p.mean for p in baltic.profiles}
    assert mean["performance", 2008] == pytest.approx((327 + 60) / 6)
    # Korea is measured against US, JP and DK: (73 + 72 + 71) / 3 - 73.
    gap = dict(zip(found.codes, found.gaps["performance"].gap, strict=True))
    assert gap["KR"] == pytest.approx(-1)
    assert gap["MX"] == pytest.approx(218 / 3 - 8)


def test_sentences_hold_their_numbers(found) -> None:
    said = "\n".join(found.says)
    for part in (
        "In 2008 framework conditions and performance of 25 countries go together: r = 0.91 "
        "(95 % interval 0.81 to 0.96",
        "Without the five lowest (Greece, Italy, Mexico, Portugal and Turkey) r is 0.57, less by",
        "between 0.89 (without Mexico) and 0.95 (without Japan)",
        "Japan (+25 points, t = 3.84); Korea (+19 points, t = 2.51)",
        "Framework conditions of 2003 say nothing certain on the change of performance to 2008: "
        "r = 0.00 (−0.39 to 0.40",
        "The two changes go together: r = 0.72 (0.45 to 0.87",
        "three of the printed orders cannot be seen in the printed index (Korea before United "
        "States, Iceland before Finland and Germany before Switzerland); by it alone each is right "
        "with probability 0.5.",
        "framework 72.4 (in 2003 66.6), against 66.0 of the best three performers",
        "Australia (rank −8, index +1)",
    ):
        assert part in said
    not_ = "\n".join(found.unsupported)
    assert (
        "cannot be rebuilt: neither the values of 165 indicators nor the scores of the four" in not_
    )
    assert "no sensitivity run is possible" in not_
    assert (
        "that of Switzerland (framework) and that of United Kingdom (framework) cannot be" in not_
    )
    assert "Estonia, Latvia, Lithuania and Poland are not in the tables" in not_
    wrong = "\n".join(found.inconsistent)
    assert "5 for GB, AU; 10 for DK, CH; nobody has 4, 11." in wrong
    assert wrong.count("A proposal, not applied") == 1
    assert "add up to 0 all the same" in wrong


def _mixed(table, order):
    return replace(
        table,
        codes=tuple(table.codes[i] for i in order),
        names=tuple(table.names[i] for i in order),
        **{c: getattr(table, c)[order] for c in ("rank", "index", "before", "change")},
    )


def test_the_order_of_rows_changes_nothing_and_the_seed_is_kept(found) -> None:
    g = np.random.default_rng(1)
    tables = [
        _mixed(t, g.permutation(25))
        for t in (published.monitor_framework(), published.monitor_performance())
    ]
    other = study.monitor(*tables, published.source()["monitor"])
    assert other.says == found.says
    assert other.unsupported == found.unsupported
    for name, link in found.links.items():
        assert other.links[name].bootstrap == link.bootstrap
        assert other.links[name].p == link.p
    assert found.seed == study.SEED


def test_any_two_printed_tables_will_do_and_unequal_ones_are_refused() -> None:
    f, p = published.monitor_framework(), published.monitor_performance()
    some = ["US", "GB", "JP", "KR", "AU", "CA", "NZ", "MX", "TR", "FR"]
    ten = [_mixed(t, np.flatnonzero(np.isin(t.codes, some))) for t in (f, p)]
    small = study.monitor(*ten, draws=200)
    assert small.links["index 2008"].n == 10
    assert small.groups == ()
    with pytest.raises(HansaError) as caught:
        study.monitor(_mixed(f, np.arange(24)), p)
    assert "only in one of them: MX" in str(caught.value)
    four = [_mixed(t, np.flatnonzero(np.isin(t.codes, ["DK", "SE", "FI", "NO"]))) for t in (f, p)]
    tiny = study.monitor(*four, draws=200)
    assert np.isnan(tiny.links["index 2008"].p)
    assert "no p-value" in tiny.says[0]
