"""The shapes of what the interface answers, as JSON Schema: nothing beside what stands here."""

from __future__ import annotations

from typing import Any

Shape = dict[str, Any]

TEXT: Shape = {"type": "string"}
TEXTS: Shape = {"type": "array", "items": TEXT}
YES_NO: Shape = {"type": "boolean"}


def record(**fields: Shape) -> Shape:
    """An object that has these fields, and no others."""
    return {
        "type": "object",
        "required": list(fields),
        "properties": fields,
        "additionalProperties": False,
    }


def several(shape: Shape) -> Shape:
    """A list of what has one shape."""
    return {"type": "array", "items": shape}


def _of(name: str) -> Shape:
    return {"$ref": f"#/components/schemas/{name}"}


def _said(shape: Shape, text: str) -> Shape:
    return {**shape, "description": text}


_SEVERITY = {"type": "string", "enum": ["error", "warning", "note"]}
_ITEM = record(text=TEXT, details=TEXTS)
_ITEM["properties"]["severity"] = _SEVERITY

SHAPES: dict[str, Shape] = {
    "Finding": record(
        severity=_SEVERITY,
        place=_said(TEXT, "Where it was found; empty where the address is meant."),
        rule=_said({"type": "string", "minLength": 1}, "What is wrong."),
        printed=_said(TEXT, "What stands there."),
        admissible=_said(TEXT, "What would do."),
        fix=_said(TEXT, "What to do."),
    ),
    "Studies": record(
        studies=several(
            record(
                id=TEXT,
                title=TEXT,
                summary=TEXT,
                model_data=_said(YES_NO, "The numbers are made up to show the method."),
                broken=_said(YES_NO, "Its study.toml cannot be read; its pages say why."),
                kind=_said(TEXT, "study, or index or call: a folder of one without a study."),
                address=_said(TEXT, "Where its pages are listed."),
            )
        )
    ),
    "Pages": record(
        study=TEXT,
        pages=several(
            record(
                id=TEXT,
                label=TEXT,
                help=TEXT,
                address=_said(TEXT, "Of the page for people."),
                forms={"type": "object", "additionalProperties": TEXT},
                parameters=several(record(name=TEXT, description=TEXT, example=TEXT)),
            )
        ),
    ),
    "Page": record(
        question=TEXT,
        answer=TEXTS,
        origin=_said(TEXT, "Whether the numbers are real, and whose."),
        model_data=YES_NO,
        lists=several(record(heading=TEXT, items=several(_ITEM))),
        sections=several(_of("Section")),
    ),
    "Section": record(
        id=TEXT,
        question=TEXT,
        answer=TEXTS,
        certainty=_said(TEXTS, "How sure the answer is."),
        line=_said(TEXT, "Source, period, definition, base, reference, version."),
        python=_said(TEXT, "Lines of Python that give the same numbers."),
        command=_said(TEXT, "The command that does."),
        figures=several(_of("Figure")),
        tables=several(_of("Table")),
    ),
    "Figure": record(
        id=TEXT,
        title=_said(TEXT, "The finding."),
        subtitle=TEXT,
        alt=_said(TEXT, "What the figure shows, in words."),
        notes=TEXTS,
        source=TEXT,
        table=_of("Table"),
        specification=_said({"type": "object"}, "Vega-Lite, with the data."),
    ),
    "Table": record(
        caption=TEXT,
        columns=TEXTS,
        rows=_said(several(TEXTS), "Cells as they are printed, rounded."),
        note=TEXT,
        exact=several(_of("Column")),
    ),
    "Column": record(
        head=TEXT,
        unit=_said(TEXT, "persons, share (1 is all of it), ratio …; empty where none is told."),
        values=_said(
            several({"type": ["number", "string", "null"]}),
            "A value for each row: unrounded numbers, null where there is none, or texts.",
        ),
    ),
}
