"""Ways out of a finding, told to those who have a page and not a command line before them."""

from __future__ import annotations

import re

from hansa.language import N_, _

LABELS = {
    "time": N_("Year"),
    "status": N_("Status of the jobs (confidential, estimated, …)"),
    "columns": N_("Which column is which"),
    "encoding": N_("Encoding"),
    "delimiter": N_("Between columns"),
    "decimal": N_("Decimal mark"),
    "thousands": N_("Between thousands"),
    "missing": N_("Signs for a gap, parted by spaces"),
    "sheet": N_("Sheet"),
    "header": N_("Row of the column names"),
    "where": N_("Keep only some rows: the column"),
    "total": N_("Words for the total, parted by ;"),
    "absent_rows": N_("A row that is not there"),
    "unknown_codes": N_("A code that does not exist"),
    "classification": N_("Classification"),
    "geography": N_("Version of the regions"),
    "geo": N_("Region"),
    "activity": N_("Industry or other activity"),
    "employment": N_("Jobs"),
    "payroll": N_("Wages paid"),
    "establishments": N_("Local units"),
    "value_added": N_("Value added"),
}
"""What the fields of the page are called, by the option that does the same."""
_OPEN = ("", "NAME", "OTHER", "VALUE", "COLUMN=VALUE", "column=value", "OURS=NAME")
"""Values of an option that stand for one that the reader knows."""
_OPTION = re.compile(r"(?:by )?--([a-z]+(?:-[a-z]+)*)(?:[ =]([^\s,;()]*'[^']*'|[^\s,;()]+))?")
_OR = r" (?:or|eller) (?=--)"
"""What joins a line of a study and the option that does the same, in the languages spoken."""
_OF_A_STUDY = re.compile(
    rf"(?:columns|where) = \{{.*?\}}{_OR}|\w+ = \S+{_OR}"
    rf"|\w+ = [^;:()]+ in study\.toml or NAME\.meta\.toml,{_OR}"
    r"|(?<=--columns )(\S+), or in the study.*$"
)


def in_the_browser(fix: str) -> str:
    """The way out with a field of the page in place of an option of the command line.

    `name its encoding: --encoding latin-1` → `name its encoding: below, at “Encoding”: latin-1`.
    An option that no field stands for stays.
    """
    return _OPTION.sub(_field, _OF_A_STUDY.sub(lambda m: m[1] or "", fix))


def _field(found: re.Match[str]) -> str:
    name, value = found[1].replace("-", "_"), (found[2] or "").strip("'")
    if "!=" in value:
        # The page keeps rows where something stands, and leaves none out.
        return _("in the file")
    if name in ("columns", "table") and "=" in value:
        key, _sign, value = value.partition("=")
        name = key if key in LABELS else name
    if name not in LABELS:
        return found[0]
    label = _(LABELS[name])
    if value.strip("=") in _OPEN:
        return _("below, at “{field}”", field=label)
    return _("below, at “{field}”: {value}", field=label, value=value)
