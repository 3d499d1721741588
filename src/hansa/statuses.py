"""What the statuses of values mean, in words; without arithmetic, for those who only show them."""

from __future__ import annotations

from hansa.language import N_

MEANING = {
    "p": N_("provisional"),
    "e": N_("estimated"),
    "f": N_("forecast"),
    "s": N_("estimated by Eurostat"),
    "b": N_("break in series"),
    "c": N_("confidential"),
    "u": N_("low reliability"),
    "d": N_("definition differs, or part of it is outside the source"),
    "z": N_("not applicable"),
    "n": N_("not significant"),
    "r": N_("revised"),
    "m": N_("missing"),
    "entry": N_("no jobs in the first year"),
    "exit": N_("no jobs in the last year"),
    "tiny": N_("below the smallest cell that carries a rate"),
    "boundary": N_("on the line between two classes"),
    "converted": N_("moved from another version of the codes"),
    "imputed": N_("filled by a named step"),
    "interval": N_("known only between two bounds"),
}
