"""Commands on studies: new, run, report, demo."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hansa.cli.options import Progress, say
from hansa.errors import HansaError, UsageError
from hansa.language import LANGUAGES, speaking
from hansa.study.overwriting import refuse_overwriting, refuse_results_among_sources

if TYPE_CHECKING:
    from hansa.report.drawing import Artist
    from hansa.study.run import StudyResult

EMPTY_STUDY = """\
format = 1
title = "My region and its clusters"

# Regions of the result: a named geography (`hansa geographies`) or a file of your own.
# Left out: every region of the table.
# geography = "bsr-nuts2-2024"

# What regions are compared with: "all" regions of the table, "complete", a code, a geography.
reference = "all"

# First and last year of growth. Left out: all years of the table.
# period = [2018, 2023]

definitions = ["hansa-divisions"]          # `hansa definitions`, or the path of your own

# Your table. Put it beside this file and say which column is which.
[facts.jobs]
file = "facts/jobs.csv"
classification = "nace:2"                  # left out: a list of the table's own codes
geography = "nuts:2024"                    # left out: a list of the table's own codes
absent_rows = "unknown"                    # what a row that is not there means: zero, unknown
source = "Who published the table, its name, its date"
# columns = { time = "year", activity = "nace", employment = "persons" }
# where = { nuts_level = 2 }
"""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("demo")(demo)
    app.command("new")(new)
    app.command("run")(run)
    app.command("report")(report)


def demo(
    folder: Path = typer.Argument(Path("hansa-demo"), help="Folder of the study."),
    no_serve: Annotated[
        bool, typer.Option("--no-serve", help="Compute and report; no workbench.")
    ] = False,
    offline: Annotated[
        bool, typer.Option("--offline", help="Ask no service: the model study only.")
    ] = False,
) -> None:
    """A complete study from nothing: live data first where there is a network."""
    from hansa.files import write_bytes
    from hansa.study.model import STUDY, model_facts

    _refuse_foreign(folder, STUDY)
    if not offline:
        _live(folder / "live")
    print(
        "REAL in this demo: the tables printed in the BSR InnoNet publication of May 2009, and "
        "what is computed from its two Monitor tables."
    )
    print(
        f"MODEL DATA: everything else in {folder / 'out'}. Numbers on regions are drawn at random, "
        "true of no region."
    )
    print("Your own statistics: put your table into a study of your own (hansa new my-study).")
    write_bytes(folder / "facts" / "model.parquet", model_facts())
    write_bytes(folder / "study.toml", STUDY.encode())
    findings = _run(folder, folder / "out")
    print()
    for sentence in findings:
        print(f"  {sentence}")
    print()
    out = folder / "out"
    print(f"Call:    {_model_call(folder / 'calls' / 'model', out / 'call')}")
    print(f"Report:  {out / 'report.html'} (also report.pdf, and report.xlsx with charts)")
    print(f"Brief:   {out / 'brief.pdf'}, two pages")
    print(f"Tables:  {out / 'tables'}")
    print(f"Replay:  hansa run {out / 'recipe.json'}")
    print(f"Browser: hansa serve {folder}")
    # Where nobody sits at the terminal nobody could end it.
    if not no_serve and sys.stdout.isatty():
        from hansa.cli.serve import serve

        serve(folder)


def _model_call(folder: Path, out: Path) -> Path:
    """The model call of the demo, decided; its sentences are printed. Where its report lies."""
    from hansa.files import write_bytes
    from hansa.programme.model_call import model_call
    from hansa.programme.verbs import call_solve
    from hansa.report.call_file import shown
    from hansa.report.call_report import call_document
    from hansa.report.html import render_html

    for name, content in model_call().items():
        write_bytes(folder / name, content)
    outcome = call_solve(folder)
    blocked = next((s.proposal for s in outcome.prices if s.proposal in outcome.reasons), "")
    document = call_document(outcome, shown(outcome, (), blocked))
    print("A call of twelve funders and sixty proposals, drawn at random as well:")
    said = {section.id: section.answer[0] for section in document.sections if section.answer}
    for name in ("ranking", "proposal", "price"):
        if name in said:
            print(f"  {said[name]}")
    print()
    write_bytes(out / "meeting.html", render_html(document).encode())
    return out / "meeting.html"


def _live(folder: Path) -> None:
    """The live Baltic study, or why it is not there; the demo goes on either way."""
    from hansa.cli.fetch import fetch_into
    from hansa.files import write_bytes
    from hansa.study.bsr import STUDY
    from hansa.study.config import read_study
    from hansa.study.fetch_study import unreachable

    try:
        write_bytes(folder / "study.toml", STUDY.encode())
        if reason := unreachable(read_study(folder)):
            raise HansaError(reason)
        print("LIVE: Eurostat's tables of the Baltic Sea regions are fetched; some minutes.")
        if not fetch_into(folder, [], refresh=False):
            print("Some live tables could not be had (above); the study goes on without them.")
        findings = _run(folder, folder / "out")
    except HansaError as problem:
        print(f"No live data in this demo: {problem.finding.rule}.")
        print("With a network: hansa new DIR --template bsr, then hansa fetch DIR.")
        _take_away(folder)
        return
    print(
        f"REAL in {folder}: Eurostat's tables; confidential cells are estimated within what the "
        "published sums allow, and marked."
    )
    for sentence in findings:
        print(f"  {sentence}")
    print(f"Report:  {folder / 'out' / 'report.html'}")
    print()


def _take_away(folder: Path) -> None:
    """Nothing of a live study that did not come about stays behind."""
    (folder / "study.toml").unlink(missing_ok=True)
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _refuse_foreign(folder: Path, own: str) -> None:
    if not folder.exists() or not any(folder.iterdir()):
        return
    path = folder / "study.toml"
    if path.is_file() and path.read_text(encoding="utf-8") == own:
        return
    raise HansaError(
        "the folder holds something else",
        place=str(folder),
        admissible="a new or empty folder, or an earlier demo",
        fix="name another folder: hansa demo DIR",
    )


def new(
    folder: Path = typer.Argument(help="Folder of the study."),
    template: Annotated[str, typer.Option("--template", help="empty, model or bsr.")] = "empty",
    table: Annotated[
        Path | None, typer.Option("--from", help="A table: what is in it is guessed and told.")
    ] = None,
) -> None:
    """A study folder to fill, or one made of a table."""
    from hansa.files import write_bytes

    if template not in ("empty", "model", "bsr"):
        raise UsageError(
            f"there is no template {template!r}",
            admissible="empty, model, bsr",
            fix="--template empty",
        )
    if folder.exists() and any(folder.iterdir()):
        raise HansaError(
            "the folder is not empty", place=str(folder), fix="name a folder that does not exist"
        )
    if table is not None:
        from hansa.cli.adopting import study_from_table

        study_from_table(folder, table)
        return
    following = "Next: describe your table there, then `hansa check` and `hansa run` the folder."
    if template == "model":
        from hansa.study.model import STUDY, model_facts

        write_bytes(folder / "facts" / "model.parquet", model_facts())
        write_bytes(folder / "study.toml", STUDY.encode())
    elif template == "bsr":
        from hansa.study.bsr import STUDY

        write_bytes(folder / "study.toml", STUDY.encode())
        following = (
            f"Next: `hansa fetch {folder}` asks Eurostat and GISCO for what the study needs, "
            f"then `hansa run {folder}`."
        )
    else:
        write_bytes(folder / "study.toml", EMPTY_STUDY.encode())
        (folder / "facts").mkdir(exist_ok=True)
    print(f"{folder / 'study.toml'} is ready.")
    print(following)


def run(
    path: Path = typer.Argument(help="A study folder, or a recipe.json to replay."),
    out: Annotated[Path | None, typer.Option("--out", help="Folder of the results.")] = None,
    study: Annotated[
        Path | None, typer.Option("--study", help="Study folder of a recipe that lies elsewhere.")
    ] = None,
) -> None:
    """Run a study: tables, figures, report, recipe."""
    if path.suffix == ".json":
        _replay(path, study or path.parent.parent, out)
        return
    if out is not None:
        refuse_results_among_sources(out, path)
    target = out or path / "out"
    for sentence in _run(path, target):
        print(sentence)
    print(f"{target}: report (html, pdf, xlsx), brief (html, pdf), tables, figures, recipe.json")


def _run(folder: Path, out: Path) -> tuple[str, ...]:
    """Run a study folder and write its results; returns the findings."""
    from hansa.report.drawing import second_process
    from hansa.study.config import read_study
    from hansa.study.recipe import recipe, write_results
    from hansa.study.run import run_study

    with second_process() as artist:
        result = run_study(read_study(folder), folder, Progress())
        outputs, findings = _outputs(result, artist)
    write_results(out, outputs, recipe(result, folder, outputs))
    return findings


def _outputs(
    result: StudyResult, artist: Artist | None
) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """Every file of the results, and the findings."""
    from hansa.report.brief import brief
    from hansa.report.content import document, figures
    from hansa.report.document import Pictures
    from hansa.report.html import render_html
    from hansa.report.pdf import render_pdf
    from hansa.report.xlsx import render_xlsx
    from hansa.study.outputs import tables

    made, drawn = document(result), Pictures(artist)
    drawn.prepare(made)
    short, workbook, written = brief(made), render_xlsx(result, made), tables(result)
    pictures = {f"figures/{n}.svg": drawn.svg(f).encode() for n, f in figures(made).items()}
    reports = {
        "report.html": render_html(made, drawn).encode(),
        "report.pdf": render_pdf(made, drawn, say),
        "report.xlsx": workbook,
        "brief.html": render_html(short, drawn).encode(),
        "brief.pdf": render_pdf(short, drawn),
    }
    return {**written, **pictures, **reports}, made.findings


def _replay(path: Path, folder: Path, out: Path | None) -> None:
    from hansa.report.drawing import second_process
    from hansa.study.recipe import differences, read_recipe, recipe, study_of, write_results
    from hansa.study.run import run_study

    data = read_recipe(path)
    if out is not None and (folder / "study.toml").is_file():
        refuse_results_among_sources(out, folder)
    with second_process() as artist:
        result = run_study(study_of(data, folder, path), folder, Progress())
        outputs, _ = _outputs(result, artist)
    if changed := differences(data, outputs):
        made = recipe(result, folder, outputs)["versions"]
        other = {k: v for k, v in made.items() if data.get("versions", {}).get(k) != v}
        raise HansaError(
            f"the replay differs from the recipe in {len(changed)} of {len(outputs)} files",
            place=", ".join(changed[:5]),
            printed=f"other versions now: {other}" if other else "the same versions",
            admissible="identical bytes",
            fix="install the versions of the recipe, or run the study folder for new results",
        )
    print(f"{len(outputs)} files, byte for byte those of {path.name}.")
    if out is not None:
        write_results(out, outputs, recipe(result, folder, outputs))
        print(f"written to {out}")


def report(
    folder: Path = typer.Argument(help="A study folder."),
    to: Annotated[str, typer.Option("--to", help="html, pdf or xlsx.")] = "html",
    brief: Annotated[bool, typer.Option("--brief", help="Two pages instead of all.")] = False,
    out: Annotated[Path | None, typer.Option("--out", help="File of the report.")] = None,
    language: Annotated[
        str, typer.Option("--language", help=f"Language of its texts: {', '.join(LANGUAGES)}.")
    ] = "en",
) -> None:
    """Write the report of a study."""
    from hansa.files import write_bytes
    from hansa.study.config import read_study
    from hansa.study.run import run_study

    admissible = ("html", "pdf") if brief else ("html", "pdf", "xlsx")
    if to not in admissible:
        what = "a brief" if brief else "a report"
        raise UsageError(
            f"{what} cannot be written as {to!r}",
            admissible=", ".join(admissible),
            fix=f"--to {admissible[0]}",
        )
    if language not in LANGUAGES:
        raise UsageError(
            f"no report is written in {language!r}",
            admissible=", ".join(LANGUAGES),
            fix="leave --language out for English",
        )
    # The report in English lies beside those in other languages.
    name = ("brief" if brief else "report") + (f"-{language}" if language != "en" else "")
    target = out or folder / "out" / f"{name}.{to}"
    refuse_overwriting([target], [folder])
    with speaking(language):
        result = run_study(read_study(folder), folder, Progress())
        write_bytes(target, _rendered(result, to, brief))
    print(target)


def _rendered(result: StudyResult, to: str, brief: bool) -> bytes:
    from hansa.report.brief import brief as shortened
    from hansa.report.content import document

    made = document(result)
    shown = shortened(made) if brief else made
    if to == "pdf":
        from hansa.report.pdf import render_pdf

        return render_pdf(shown, told=say)
    if to == "xlsx":
        from hansa.report.xlsx import render_xlsx

        return render_xlsx(result, made)
    from hansa.report.html import render_html

    return render_html(shown).encode()
