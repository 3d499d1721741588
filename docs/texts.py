"""Collect the texts of the program for translation and compile what is translated.

`docs/texts.py` brings the catalogues in `src/hansa/locale` up to date and prints what is missing;
`--check` only compares and fails on a difference.
"""

from __future__ import annotations

import ast
import csv
import io
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from hansa.index.audit_heads import HEADS
from hansa.index.audit_parts import standard
from hansa.language import LANGUAGES, LOCALE
from hansa.measures.catalogue import measures
from hansa.measures.rules import rule_sets
from hansa.study import bsr, model

PACKAGE = LOCALE.parent
TRANSLATED = [language for language in LANGUAGES if language != "en"]
KEYWORDS = {
    "_": None,
    "N_": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pN_": ((1, "c"), 2),
}
AUDIT = "audit table"
PRINTED = {
    "strongholds": ("stronghold", "note"),
    "pilots": ("focus_type", "area"),
    "pilot-partners": ("note",),
    "pilot-timeline": ("step", "period", "note"),
}
"""Tables of the publication of 2009 and their columns of names."""
MOST = 20
"""Texts without a translation that are printed."""
SAID = re.compile(r"""\{%-?\s*say\s+(?:"([^"]*)"|'([^']*)')""")
WORDS = re.compile(r"\b[a-z]{3,}\b")
"""What a formula or a source with words of a language holds, beside symbols and names."""
COUNTED = re.compile(r"""\{%-?\s*say_n\s+"([^"]*)"\s+"([^"]*)\"""")


def templates(file, keywords, comment_tags, options):
    """Extract the texts of `{% say "…" %}` (a method of babel)."""
    for number, line in enumerate(io.TextIOWrapper(file, "utf-8"), 1):
        for match in SAID.finditer(line):
            yield number, "_", match.group(1) or match.group(2), []
        for match in COUNTED.finditer(line):
            yield number, "ngettext", match.groups(), []


def sources(file, keywords, comment_tags, options):
    """Extract the texts of a module, also inside f-strings and other texts (a method of babel)."""
    source = file.read()
    tree = ast.parse(source if b"hansa.language" in source else b"")
    for call in ast.walk(tree):
        name = getattr(call.func, "id", "") if isinstance(call, ast.Call) else ""
        if name in keywords:
            given = [getattr(argument, "value", None) for argument in call.args]
            said = [text if isinstance(text, str) else None for text in given]
            if said and any(said):
                yield call.lineno, name, said, []


def texts() -> Catalog:
    catalogue = empty()
    methods = [("**.py", sources), ("web/templates/**.html", templates)]
    found = extract_from_dir(str(PACKAGE), methods, keywords=KEYWORDS)
    for file, _line, message, _comments, context in found:
        catalogue.add(message, locations=[(file, None)], context=context)
    for file, message in _described():
        catalogue.add(message, locations=[(file, None)])
    for head in HEADS:
        catalogue.add(head, locations=[("index/audit_heads.py", None)], context=AUDIT)
    return catalogue


def _described() -> Iterator[tuple[str, str]]:
    """What measures and rule sets say of themselves, with the file that says it."""
    for one in measures().values():
        module = one.function.__module__.partition(".")[2].replace(".", "/")
        for text in (one.definition, one.unit, *filter(WORDS.search, (one.formula, one.source))):
            yield f"{module}.py", text
    for rules in rule_sets().values():
        for text in (rules.label, rules.to_confirm, *filter(WORDS.search, (rules.source,))):
            if text:
                yield f"measures/rulesets/{rules.id}.toml", text
    for line in standard():
        for text in (line.reason, line.source):
            yield "index/audit-thresholds.toml", text


def names() -> Catalog:
    catalogue = empty()
    for kind, name in dict.fromkeys(_names()):
        catalogue.add(name, context=kind)
    return catalogue


def _names() -> Iterator[tuple[str, str]]:
    for row in _rows(PACKAGE / "codes/data/nace-2.csv"):
        yield "activity", row["label"]
    for row in _rows(PACKAGE / "codes/data/nuts.csv"):
        if row["level"] == "country":
            yield "place", row["label"]
    for path in sorted((PACKAGE / "codes/data/geographies").glob("*.toml")):
        yield "place", tomllib.loads(path.read_text(encoding="utf-8"))["title"]
    for row in _rows(PACKAGE / "study/published2009/monitor-framework.csv"):
        yield "place", row["country"]
    for text in (model.STUDY, bsr.STUDY):
        study = tomllib.loads(text)
        yield from (("place", study[key]) for key in ("area_name", "reference_name"))
    printed = PACKAGE / "study/published2009"
    for file, columns in PRINTED.items():
        for row in _rows(printed / f"{file}.csv"):
            yield from (("claim", row[column]) for column in columns if row[column])
    for row in _rows(printed / "claims-to-clusters.csv"):
        if not row["cluster"]:
            yield "claim", row["reason"]
    for path in sorted((PACKAGE / "codes/data").glob("*.toml")):
        if title := tomllib.loads(path.read_text(encoding="utf-8")).get("title"):
            yield "classification", title
    for path in sorted((PACKAGE / "clusters/definitions").glob("*/definition.toml")):
        definition = tomllib.loads(path.read_text(encoding="utf-8"))
        yield from (("definition", definition[key]) for key in ("label", "source"))
        yield "note", " ".join(definition["note"].split())
        for row in _rows(path.with_name("members.csv")):
            for column in ("cluster_label", "subcluster"):
                if row.get(column):
                    yield "cluster", row[column]
            if row["reason"]:
                yield "reason", row["reason"]


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _forms(string: str | tuple[str, ...]) -> tuple[str, ...]:
    return string if isinstance(string, tuple) else (string,)


def empty(language: str | None = None) -> Catalog:
    return Catalog(
        locale=language, project="Hansa", header_comment="# Texts of Hansa.", fuzzy=False
    )


def brought_up_to_date(path: Path, language: str, template: Catalog) -> Catalog:
    catalogue = empty(language)
    if path.exists():
        catalogue = read_po(io.BytesIO(path.read_bytes()), locale=language)
    catalogue.update(template, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    # A date would change with every run.
    catalogue.creation_date = catalogue.revision_date = datetime(2026, 1, 1, tzinfo=UTC)
    return catalogue


@dataclass(frozen=True)
class Kept:
    """A catalogue brought up to date: `own`, and what its two files have to hold."""

    own: Catalog
    files: dict[Path, bytes]

    @property
    def stale(self) -> list[Path]:
        """The files that hold anything else."""
        found = [(p, p.read_bytes() if p.exists() else b"") for p in self.files]
        return [path for path, content in found if content != self.files[path]]


def kept(language: str, domain: str) -> Kept:
    """The catalogue of a language with every text there is; `domain`: hansa or names."""
    path = LOCALE / language / "LC_MESSAGES" / f"{domain}.po"
    own = brought_up_to_date(path, language, {"hansa": texts, "names": names}[domain]())
    po, mo = io.BytesIO(), io.BytesIO()
    write_po(po, own, width=100, sort_output=True, omit_header=False)
    write_mo(mo, own)
    return Kept(own, {path: po.getvalue(), path.with_suffix(".mo"): mo.getvalue()})


def main(check: bool) -> int:
    stale = []
    for language in TRANSLATED:
        for domain in ("hansa", "names"):
            made = kept(language, domain)
            missing = [m.id for m in made.own if m.id and not any(_forms(m.string))]
            print(f"{language} {domain}: {len(made.own)} texts, {len(missing)} not translated")
            for text in missing[:MOST]:
                print(f"  {text!r}")
            stale += made.stale
            for path in [] if check else made.stale:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(made.files[path])
    for path in stale:
        print("differs:" if check else "written:", path.relative_to(PACKAGE.parent))
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv))
