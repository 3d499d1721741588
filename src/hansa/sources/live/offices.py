"""The offices that speak PxWeb: addresses, limits, calls, licences."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Office:
    """One address of one office.

    id       name before the colon
    home     base address through language and database; table names follow it
    example  a table, as it is named after the colon
    cells    cells the office gives in one answer (`maxCells`, `maxDataCells`)
    values   codes it takes in one question, where that is another limit (`maxValues`); 0: none
    calls    questions it takes within `seconds`
    """

    id: str
    title: str
    home: str
    example: str
    cells: int
    values: int
    calls: int
    seconds: int
    licence: str

    @property
    def gap(self) -> float:
        """Seconds to leave between two questions, so that many keep within the limit."""
        return self.seconds / self.calls

    def pace(self) -> str:
        """How often the office may be asked, in words."""
        return f"{self.calls} calls in {self.seconds} seconds"


# Limits are those the addresses themselves report under `?config` (version 1) and `/config`
# (version 2), as read in August and September 2026; where an office documents fewer calls, these.
_CC_BY = "Creative Commons Attribution 4.0 (CC BY 4.0). Source: "
_NAMED = "Free to use where the source is named; see the terms of the office. Source: "
_SCB = "CC0; the source may be named. Source: Statistics Sweden"
_SSB = _CC_BY + "Statistics Norway"
_CSP = _NAMED + "Official Statistics Portal of Latvia, Central Statistical Bureau"

VERSION_1 = (
    Office(
        "scb", "Statistics Sweden", "https://api.scb.se/OV0104/v1/doris/en/ssd",
        "BE/BE0101/BE0101A/BefolkningNy", 150_000, 110_000, 10, 10, _SCB,
    ),
    Office(
        "ssb", "Statistics Norway", "https://data.ssb.no/api/v0/en/table",
        "07459", 800_000, 50_000, 30, 60, _SSB,
    ),
    Office(
        "statfin", "Statistics Finland", "https://pxdata.stat.fi/PXWeb/api/v1/en",
        "StatFin/vaerak/11ra.px", 120_000, 120_000, 40, 60, _CC_BY + "Statistics Finland",
    ),
    Office(
        "hagstofa", "Statistics Iceland", "https://px.hagstofa.is/pxen/api/v1/en",
        "Ibuar/mannfjoldi/1_yfirlit/yfirlit_mannfjolda/MAN00000.px", 100_000, 5_000, 100, 10,
        _NAMED + "Statistics Iceland",
    ),
    Office(
        "statee", "Statistics Estonia", "https://andmed.stat.ee/api/v1/en/stat",
        "RV022U", 25_000_000, 25_000_000, 1000, 10,
        "Creative Commons Attribution-ShareAlike 4.0 (CC BY-SA 4.0). Source: Statistics Estonia",
    ),
    Office(
        "csp", "Official statistics of Latvia", "https://data.stat.gov.lv/api/v1/en/OSP_PUB",
        "VEK/IS/ISI/ISI010c", 100_000, 3_800, 100, 10, _CSP,
    ),
    Office(
        "asub", "Statistics Åland", "https://pxweb.asub.ax/PXWeb/api/v1/en",
        "Statistik/KO/KO007.px", 100_000, 1_000, 10, 10,
        _NAMED + "Statistics and Research Åland (ÅSUB)",
    ),
    Office(
        "hagstova", "Statistics Faroe Islands", "https://statbank.hagstova.fo/api/v1/en/H2",
        "UH/UH01/uh_innbec_t.px", 8_000_000, 8_000_000, 1000, 10,
        _NAMED + "Statistics Faroe Islands",
    ),
    Office(
        "statgl", "Statistics Greenland", "https://bank.stat.gl/api/v1/en/Greenland",
        "BE/BE01/BE0125/BEXST8.px", 2_000_000, 1_000_000, 1000, 10,
        _NAMED + "Statistics Greenland",
    ),
)  # fmt: skip

VERSION_2 = (
    Office(
        "scb-v2", "Statistics Sweden (PxWebApi 2)", "https://statistikdatabasen.scb.se/api/v2",
        "TAB6471", 150_000, 0, 30, 10, _SCB,
    ),
    Office(
        "ssb-v2", "Statistics Norway (PxWebApi 2)", "https://data.ssb.no/api/pxwebapi/v2",
        "07459", 800_000, 0, 30, 60, _SSB,
    ),
    Office(
        "csp-v2", "Official statistics of Latvia (PxWebApi 2)", "https://api.stat.gov.lv/api/v2",
        "IRS010m", 10_000, 0, 30, 10, _CSP,
    ),
)  # fmt: skip
