"""Refusals of pages in the language spoken."""

from __future__ import annotations

from hansa.errors import Finding, HansaError
from hansa.language import N_, _
from hansa.study.told import Texts
from hansa.study.told import told as told_of_studies

PAGES = Texts(
    rules=(
        N_("this page knows no parameter {name}"),
        N_("the parameter {name} stands twice in the address"),
        N_("the value of {name} cannot be meant"),
        N_("the workbench does not speak {name}"),
        N_("the study has no region {name}"),
        N_("the study has no cluster {name}"),
        N_("the study has no definition {name}"),
        N_("the study has no base {name}"),
        N_("the study has no index {name}"),
        N_("the study has no call {name}"),
        N_("{name} in an address is no file"),
        N_("min_cell cannot be read"),
        N_("the period cannot be read"),
        N_("the facts have no year of this period"),
        N_("nothing can be sent to this page"),
        N_("this page could not be made: a fault of Hansa, not of your data"),
        N_("the process that computes this study has ended"),
        N_("this page has no figure {name}"),
        N_("this page has no figure"),
        N_("this page has no table"),
        N_("the parameter 'figure' stands twice in the address"),
        N_("there is no such file"),
        N_("more than {number} members"),
        N_("a weight is a share of the activity's jobs"),
        N_("the table has no code {code}"),
        N_("{list} has no code {code}"),
        N_("the code {code} stands twice among the members"),
        N_("{code} is a part of {above}: its jobs would count twice"),
        N_("these are too many peers"),
        N_("nobody has a profile to compare with"),
        N_("a change cannot be read"),
        N_("these are too many changes"),
        N_("{code} is no indicator"),
        N_("{code} is changed twice"),
        N_("{number} regions are too many to stand side by side"),
        N_("the printed tables have no country {name}"),
        N_("the call has no proposal {name}"),
        N_("beside in the address cannot be meant"),
        N_("the table has no region {name}"),
        N_("a definition needs a short name"),
        N_("this index has no table {name}"),
        N_("the table of claims has other columns"),
        N_("a claim has more or fewer cells than the table has columns"),
        N_("a claim cannot be read"),
        N_("the table of claims cannot be read"),
        N_("a claim stands twice in the table"),
        N_("the table could not be taken in: a fault of Hansa, not of your data"),
        N_("the process that looked at the table has ended"),
        N_("the table could not be looked at within {number} seconds"),
    ),
    found=(N_("{number} codes"),),
    needed=(
        N_("no parameter at all"),
        N_("at most {n} letters, none of them invisible"),
        N_("none: it has no index folder"),
        N_("none: it has no call folder"),
        N_("a name that the page offers, or {own}"),
        N_("a name that the page offers"),
        N_("a number of persons: 0 or more"),
        N_("two years: 2015-2018"),
        N_("all, complete, a code of the table, or a named geography"),
        N_("above 0, at most 1: 31*0.5"),
        N_("codes of the table"),
        N_("at most {number}"),
        N_("a named geography, or codes of the table joined by commas: {names}"),
        N_("small letters, digits and single hyphens between them: boats-and-yards"),
        N_("one cell for each column"),
        N_("a country, an area, and yes, no, or nothing where it is not known"),
        N_("CSV in UTF-8, with commas"),
        N_("one line for each country, area, source and date"),
    ),
    fixes=(
        N_("leave it out of the address"),
        N_("leave lang out of the address"),
        N_("leave the index out of the address"),
        N_("leave the call out of the address"),
        N_("a file of your own stands in study.toml"),
        N_("correct it in the address, or take it out"),
        N_("name two of these years in the address, or take the period out"),
        N_("choose one on the page Method"),
        N_("the terminal of `hansa serve` shows the details; other pages go on working"),
        N_(
            "load the page again: it is started anew. If it ends again, the machine may be short "
            "of memory for this study"
        ),
        N_("ask for its .json"),
        N_("figure=ID in the address, or leave it out for the first one"),
        N_("the page Downloads lists them all"),
        N_("name groups in place of their classes"),
        N_("search for it by a word of its name, or by how its code begins"),
        N_("leave one of the two out, or split {above} into its parts"),
        N_("shorten compare in the address"),
        N_("change what an aggregate is made of"),
        N_("name it once"),
        N_("leave some of them out"),
        N_("name regions by their codes, joined by commas"),
        N_("leave unit out of the address"),
        N_("pick one of the list, or take regions in and out below"),
        N_("leave one of them out"),
        N_("the other tables are there"),
        N_("rename the columns, or leave the others out"),
        N_(
            "the terminal of `hansa serve` shows the details; the table can still be described "
            "by hand (hansa new)"
        ),
        N_("drop it again. If it ends again, the machine may be short of memory for this table"),
        N_("add its rows up first (hansa reduce), or describe it in a study by hand (hansa new)"),
    ),
)


def told(finding: Finding) -> Finding:
    """The finding in the language spoken, also one that only the workbench makes."""
    return told_of_studies(finding, PAGES)


def unsaid(name: str, problem: HansaError) -> str:
    """That nothing is said about something, and why."""
    f = told(problem.finding)
    why = {"rule": f.rule, "place": f.place or f.printed}
    return _("Nothing is said about {name}: {rule} ({place}).", name=name, **why)
