"""The file of a workbook: made in memory, packed lightly, the same bytes every time."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from xlsxwriter.packager import Packager
from xlsxwriter.workbook import Workbook

from hansa.report.xlsxcells import clean

# Twice as fast as the usual level, and an eighth larger.
_LEVEL = 3
_LONG_AGO = (1980, 1, 1, 0, 0, 0)


class _Packed(Packager):  # type: ignore[misc]  # xlsxwriter publishes no types
    """Keeps the parts of a workbook instead of handing them on."""

    parts: list[Any]

    def _create_package(self) -> list[Any]:
        self.parts = super()._create_package()
        return []


class Book(Workbook):  # type: ignore[misc]  # xlsxwriter publishes no types
    """A workbook in memory, in which no text turns into a formula, a link or a number."""

    def __init__(self, title: str) -> None:
        plain = {f"strings_to_{kind}": False for kind in ("formulas", "urls", "numbers")}
        super().__init__(io.BytesIO(), {"in_memory": True, **plain})
        self.set_properties({"title": clean(title), "created": datetime(2000, 1, 1)})
        self._packed = _Packed()

    def _get_packager(self) -> Packager:
        return self._packed

    def content(self) -> bytes:
        """The bytes of the file; the workbook is closed by it."""
        self.close()
        target = io.BytesIO()
        with ZipFile(target, "w", ZIP_DEFLATED, compresslevel=_LEVEL) as file:
            for part, name, _ in self._packed.parts:
                data = part.getvalue()
                raw = data.encode() if isinstance(data, str) else data
                info = ZipInfo(name, _LONG_AGO)
                info.external_attr = 0o600 << 16
                file.writestr(info, raw, ZIP_DEFLATED, _LEVEL)
        return target.getvalue()
