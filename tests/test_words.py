"""Words that readers must not meet, or only in their right place (the style guide's list).

What is read: the text pieces (string literals, the fixed parts of f-strings too) in the code of
`views` and `report`, without docstrings, and what stands between the tags of the templates.
Names of columns and keys are among them. Not read: attributes of tags, texts that come from
data and studies, and the other rooms (the definitions of measures are among those).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "hansa"
ROOMS = ("views", "report")
PLACE = re.compile(r"\{\w+\}")

# pattern -> why; a text with the pattern is refused unless the exception is in the same text
RULES = (
    (r"\bsignifican(t|ce|tly)\b", r"\btest(ed)?\b", "never significant without the test"),
    (r"\beffects?\b", "", "no effect without a design"),
    (r"\bbest\b", r"\bintervals?\b|\bworst\b|\bpossible rank\b", "never best without interval"),
    (r"(?<!regional )\bagglomerations?\b", "", "regional agglomeration for a statistical result"),
    (r"\bcluster (organi[sz]ation|initiative)s?\b", r"\bactors?\b", "cluster organisations act"),
    (r"\baverage wages?\b(?! \(proxy for productivity\))", "", "a wage is a proxy only"),
    (r"(?<!proxy for )\bproductivity\b", "", "wages do not measure productivity itself"),
    (r"\bproves?\b|\bproven\b", "", "figures show, they do not prove"),
)


def offences(text: str) -> list[str]:
    """What is wrong with one text, in the words of the rules; names of places are not met."""
    text = PLACE.sub("…", text)
    return [
        why
        for pattern, unless, why in RULES
        if re.search(pattern, text, re.IGNORECASE)
        and not (unless and re.search(unless, text, re.IGNORECASE))
    ]


def texts_of(code: str) -> Iterator[tuple[int, str]]:
    """Line and text of every string in Python code that is no docstring."""
    tree = ast.parse(code)
    quiet: set[int] = set()
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            quiet.add(id(body[0].value))
        if isinstance(node, ast.JoinedStr):
            pieces = [p.value if isinstance(p, ast.Constant) else "…" for p in node.values]
            quiet.update(id(p) for p in node.values)
            yield node.lineno, "".join(str(p) for p in pieces)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in quiet:
            yield node.lineno, node.value


def texts_of_template(template: str) -> Iterator[tuple[int, str]]:
    """Line and text between the tags of a template, without its own commands and comments."""
    plain = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<[^>]*>", " ", template, flags=re.DOTALL)
    yield from enumerate(plain.splitlines(), 1)


def texts_of_layout(template: str) -> Iterator[tuple[int, str]]:
    """Line and text of a template of the printed report; its comments are left out."""
    for number, line in enumerate(template.splitlines(), 1):
        yield number, line.partition("//")[0]


def shown() -> Iterator[tuple[str, str]]:
    for room in ROOMS:
        for path in sorted((PACKAGE / room).rglob("*.py")):
            for line, text in texts_of(path.read_text(encoding="utf-8")):
                yield f"{path.name}:{line}", text
        for ending, reader in (("html", texts_of_template), ("typ", texts_of_layout)):
            for path in sorted((PACKAGE / room).rglob(f"*.{ending}")):
                for line, text in reader(path.read_text(encoding="utf-8")):
                    yield f"{path.name}:{line}", text


def test_readers_meet_no_forbidden_word() -> None:
    found = [f"{place}: {text!r}: {why}" for place, text in shown() for why in offences(text)]
    assert not found, "\n".join(found)


def test_the_scan_reads_something() -> None:
    texts = [text for _, text in shown()]
    assert len(texts) > 500
    assert any("How sure are we?" in text for text in texts), "templates are read"
    assert any("carried by" in text for text in texts), "f-strings are read"


@pytest.mark.parametrize(
    "text",
    [
        "a significant share",
        "the effect of the programme",
        "the best region",
        "an agglomeration of jobs",
        "a cluster organisation in Wales",
        "the average wage grows",
        "productivity grows",
        "which proves it",
    ],
)
def test_each_rule_can_fail(text: str) -> None:
    assert len(offences(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "significant in the permutation test",
        "a regional agglomeration of jobs",
        "the average wage (proxy for productivity) grows",
        "an actor: the cluster organisation",
        "bestowed, effective, wages",
        "rank with its best and worst possible rank",
    ],
)
def test_the_right_words_pass(text: str) -> None:
    assert not offences(text)


def test_docstrings_are_not_read_and_f_strings_are() -> None:
    code = (
        '"""The best."""\ndef f(x):\n    """Best."""\n    return f"best of {x} regions" + "fine"\n'
    )
    assert [text for _, text in texts_of(code)] == ["best of … regions", "fine"]


def test_commands_of_a_template_are_not_read() -> None:
    lines = list(texts_of_template("{% if best %}<p class='effect'>fine {{ best }}</p>{% endif %}"))
    assert [text.split() for _, text in lines] == [["fine"]]
