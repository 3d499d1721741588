"""Words: classifications, regions and named geographies, each with version, date and source."""

from hansa.codes.codelist import Codelist, classification, geography_codes, normal_id
from hansa.codes.geography import Geography, geographies, geography

__all__ = [
    "Codelist",
    "Geography",
    "classification",
    "geographies",
    "geography",
    "geography_codes",
    "normal_id",
]
