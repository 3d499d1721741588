"""The figures in one place: what a page, a report or a notebook asks for."""

from hansa.views.bars import size_bars
from hansa.views.figure import Figure
from hansa.views.leaguechart import interval_chart
from hansa.views.quotients import specialisation_bars
from hansa.views.reading import At, Words
from hansa.views.tilemap import tile_map

__all__ = [
    "At",
    "Figure",
    "Words",
    "interval_chart",
    "size_bars",
    "specialisation_bars",
    "tile_map",
]
