"""Frames in and out: any table that Python has, and the caller's own type back.

pandas, polars and pyarrow are never imported for their own sake: they are looked at only when the caller's object comes from them.
"""

from __future__ import annotations

import datetime as dt
import decimal
import os
import sys
from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from . import _moments
from ._checks import refuse_twins
from ._errors import ConfigError, DataError
from ._leadscore import Table

Column = tuple[str, str, Any, Any]
"""Name, kind (``f64``, ``i64``, ``bool``, ``micros``, ``date``, ``str``), data (bytes, or a list of words), and a byte a row that is 1 where missing (or ``None``)."""


def read(frame: Any, table: str, needed: Sequence[str] | None = None, exclude: Sequence[str] = ()) -> Table:
    """Any frame as a table that Rust holds; without a copy where Arrow allows it.

    :param frame: an object with ``__arrow_c_stream__`` (pandas, polars, pyarrow, DuckDB ...), a mapping of columns, a list of records, or the path of a CSV,
        Parquet or Arrow IPC file.
    :param table: its name in messages.
    :param needed: the columns that will be read, all when ``None``; others may be of any type.
    :param exclude: columns that will not be read.
    :raises DataError: for a column that cannot be read, by name.
    """
    if isinstance(frame, Table):
        return frame
    if _is_pandas(frame):
        return _read_pandas(frame, table, needed, exclude)
    if isinstance(frame, (str, os.PathLike)):
        return Table.from_file(os.fspath(frame), needed, exclude)
    if hasattr(frame, "__arrow_c_stream__"):
        return Table.from_stream(frame, table, needed, exclude)
    if isinstance(frame, Mapping):
        return _from_columns(frame.items(), table, needed, exclude)
    if isinstance(frame, Sequence) and not isinstance(frame, (str, bytes)) and all(isinstance(row, Mapping) for row in frame):
        names = list(dict.fromkeys(name for row in frame for name in row))
        return _from_columns(((name, [row.get(name) for row in frame]) for name in names), table, needed, exclude)
    hint = "; call .collect() on a lazy frame" if hasattr(frame, "collect") else ""
    raise DataError(
        f"{table} must be a frame (pandas, polars, pyarrow, anything with __arrow_c_stream__), a mapping of columns, a list of records or the path of a file. "
        f"Got {type(frame).__module__}.{type(frame).__qualname__}{hint}"
    )


def like(frame: Any, table: Table, keep_index: bool = True) -> Any:
    """``table`` as the type of the caller's ``frame``; a pandas index is kept when there is a row for each of the caller's."""
    if _is_pandas(frame):
        result = _to_pandas(table)
        if keep_index and len(result) == len(frame):
            result.index = frame.index
        return result
    module = type(frame).__module__.split(".")[0]
    return to(table, module) if module in ("polars", "pyarrow") else table


def to(table: Table, library: str | None) -> Any:
    """``table`` as a frame of ``library``: ``"pandas"``, ``"polars"``, ``"pyarrow"``, or ``None`` for the table itself."""
    if library is None:
        return table
    if library == "pandas":
        return _to_pandas(table)
    if library == "polars":
        import polars

        return polars.DataFrame(table)
    if library == "pyarrow":
        import pyarrow

        return pyarrow.table(table)
    raise ConfigError(f'frame must be "pandas", "polars", "pyarrow" or None. Got {library!r}')


def _is_pandas(frame: Any) -> bool:
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(frame, getattr(pandas, "DataFrame", ()))


def _read_pandas(frame: Any, table: str, needed: Sequence[str] | None, exclude: Sequence[str]) -> Table:
    refuse_twins(table, frame.columns)
    frame = _index_as_columns(frame)
    if hasattr(frame, "__arrow_c_stream__") and not _has_mixed_moments(frame, needed, exclude):
        try:
            stream = frame.__arrow_c_stream__()
        except ImportError:
            # pandas goes through pyarrow, which is not installed.
            pass
        except Exception as error:
            if type(error).__module__.split(".")[0] != "pyarrow":
                raise
            # A column of mixed objects. Reading column by column finds out which, and whether it is needed at all.
        else:
            return Table.from_stream(_Capsule(stream), table, needed, exclude)
    return _from_columns([(str(name), frame[name]) for name in frame.columns], table, needed, exclude)


def _has_mixed_moments(frame: Any, needed: Sequence[str] | None, exclude: Sequence[str]) -> bool:
    """Whether a column of objects holds moments with and without a zone, to which Arrow gives the zone of the first: some would be hours off."""
    import pandas

    for name in frame.columns[frame.dtypes == object]:
        if (needed is None or name in needed) and name not in exclude and pandas.api.types.infer_dtype(frame[name], skipna=True) in ("datetime", "mixed"):
            zoned = {value.tzinfo is not None for value in frame[name] if isinstance(value, dt.datetime) and value is not pandas.NaT}
            if len(zoned) > 1:
                return True
    return False


def _index_as_columns(frame: Any) -> Any:
    """The frame without its index; levels that have a name become columns.

    A nameless index says how rows were filtered or sorted, not what is known of a lead: Arrow would carry it along as a column, and it would become a feature.
    """
    levels = {name: frame.index.get_level_values(name) for name in frame.index.names if name is not None and name not in frame.columns}
    plain = frame.reset_index(drop=True)
    for name, level in levels.items():
        plain[name] = level.array
    return plain


class _Capsule:
    """A stream already asked for."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self._stream


def _from_columns(columns: Iterable[tuple[Any, Any]], table: str, needed: Sequence[str] | None, exclude: Sequence[str]) -> Table:
    read_columns: list[Column] = []
    for name, values in columns:
        try:
            read_columns.append((str(name), *_column(values)))
        except _Unreadable as error:
            if name in exclude or (needed is not None and name not in needed):
                continue
            raise DataError(f"{table}.{name}{error}") from None
    lengths = {name: _rows(kind, data) for name, kind, data, _ in read_columns}
    if len(set(lengths.values())) > 1:
        raise DataError(f"the columns of {table} are of different lengths: {', '.join(f'{name} {n}' for name, n in lengths.items())}")
    return Table.from_columns(read_columns)


_WIDTH = {"f64": 8, "i64": 8, "u64": 8, "micros": 8, "micros_utc": 8, "date": 8, "bool": 1}


def _rows(kind: str, data: Any) -> int:
    return len(data) if kind == "str" else len(data) // _WIDTH[kind]


class _Unreadable(Exception):
    """What is wrong with a column: the end of a sentence that begins with its name."""


def _column(values: Any) -> tuple[str, Any, Any]:
    """Kind, data and mask of one column."""
    numpy = sys.modules.get("numpy")
    if _is_series(values):
        return _pandas_column(values)
    if numpy is not None and isinstance(values, numpy.ndarray):
        if values.ndim != 1:
            raise _Unreadable(f" is an array of {values.ndim} dimensions; give one column a dimension")
        if values.dtype.kind != "O":
            return _numpy_column(values, None)
        return _objects(values.tolist())
    for method in ("to_pylist", "to_list"):
        if hasattr(values, method):
            return _objects(getattr(values, method)())
    if isinstance(values, (str, bytes)) or not hasattr(values, "__iter__"):
        raise _Unreadable(f" is {type(values).__name__}, which is no column; give a list or an array")
    return _objects(list(values))


def _is_series(values: Any) -> bool:
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(values, getattr(pandas, "Series", ()))


def _pandas_column(series: Any) -> tuple[str, Any, Any]:
    dtype = series.dtype
    kind = getattr(dtype, "kind", "O")
    name = type(dtype).__name__
    missing = series.isna().to_numpy()
    mask = missing.astype("uint8").tobytes() if missing.any() else None
    if name == "CategoricalDtype":
        return "str", [None if word is None or word != word else str(word) for word in series.astype(object).tolist()], None
    if name == "DatetimeTZDtype" or kind == "M":
        return "micros" + ("_utc" if name == "DatetimeTZDtype" else ""), series.to_numpy(dtype="datetime64[us]").astype("int64").tobytes(), mask
    if name in ("PeriodDtype", "IntervalDtype"):
        raise _Unreadable(f" is {dtype}, which leadscore does not read; convert it to a timestamp or a number")
    if kind in "iufb":
        if mask is None:
            return _numpy_column(series.to_numpy(dtype=dtype if not hasattr(dtype, "numpy_dtype") else dtype.numpy_dtype), None)
        fill = series.to_numpy(dtype="float64", na_value=float("nan")) if kind == "f" else series.fillna(False if kind == "b" else 0).to_numpy(dtype={"i": "int64", "u": "uint64", "b": "bool"}[kind])
        return _numpy_column(fill, mask)
    return _objects(series.tolist())


def _numpy_column(values: Any, mask: bytes | None) -> tuple[str, Any, Any]:
    kind = values.dtype.kind
    if kind == "f":
        return "f64", values.astype("float64").tobytes(), mask
    if kind == "i":
        return "i64", values.astype("int64").tobytes(), mask
    if kind == "u":
        return "u64", values.astype("uint64").tobytes(), mask
    if kind == "b":
        return "bool", values.astype("uint8").tobytes(), mask
    if kind == "M":
        import numpy

        far = _moments.too_far(values)
        if far.any():
            row = int(numpy.flatnonzero(far)[0])
            raise _Unreadable(f", row {row}, holds {values[row]}, which is outside 1970 to 2261 by far; leave it empty where it stands for none")
        missing = numpy.isnat(values)
        mask = missing.astype("uint8").tobytes() if missing.any() else mask
        return "micros", values.astype("datetime64[us]").astype("int64").tobytes(), mask
    if kind in "UT":
        return _objects(values.tolist())
    raise _Unreadable(f" is a numpy array of {values.dtype}, which leadscore does not read; convert it to numbers, words or timestamps")


def _objects(values: list[Any]) -> tuple[str, Any, Any]:
    """A column of Python objects: all of one kind, or an error that names the first row that differs."""
    kinds = {bool: "bool", int: "int", float: "float", decimal.Decimal: "float", str: "str", dt.datetime: "micros", dt.date: "date"}
    cells: list[Any] = []
    found: str | None = None
    aware = False
    for row, value in enumerate(values):
        plain = _moments._plain(value)
        if plain is None or (isinstance(plain, (float, decimal.Decimal)) and plain != plain):
            cells.append(None)
            continue
        kind = next((kind for type_, kind in kinds.items() if isinstance(plain, type_)), None)
        if kind is None:
            raise _Unreadable(f", row {row}, holds {_shown(plain)} ({type(plain).__name__}), which leadscore does not read; convert it to numbers, words or timestamps")
        if kind == "micros":
            zoned = plain.tzinfo is not None
            if found == "micros" and zoned != aware:
                raise _Unreadable(f", row {row}, holds {_shown(plain)}: some moments have a zone and some have none; give all one")
            aware = zoned
        if found in (None, kind):
            found = kind
        elif {found, kind} == {"int", "float"}:
            found = "float"
        elif {found, kind} == {"micros", "date"}:
            found = "micros"
        else:
            raise _Unreadable(f", row {row}, holds {_shown(plain)} where the rows before hold {found}; make the column all of one type")
        cells.append(plain)
    mask = bytes(cell is None for cell in cells) if None in cells else None
    if found is None:
        return "f64", array("d", [float("nan")] * len(cells)).tobytes(), mask
    if found == "str":
        return "str", cells, None
    if found == "bool":
        return "bool", bytes(bool(cell) for cell in cells), mask
    if found == "int":
        try:
            return "i64", array("q", [cell or 0 for cell in cells]).tobytes(), mask
        except OverflowError:
            found = "float"
    if found == "float":
        return "f64", array("d", [float("nan") if cell is None else float(cell) for cell in cells]).tobytes(), mask
    if found == "date":
        return "date", array("q", [0 if cell is None else (cell - dt.date(1970, 1, 1)).days for cell in cells]).tobytes(), mask
    return "micros" + ("_utc" if aware else ""), array("q", [0 if cell is None else _moments.micros(cell) for cell in cells]).tobytes(), mask


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _to_pandas(table: Table) -> Any:
    import numpy
    import pandas

    columns = {}
    for name in table.columns:
        kind, data, mask = table.column_data(name)
        if kind == "str":
            columns[name] = pandas.Series(data)
        elif kind in ("micros", "micros_utc"):
            moments = numpy.frombuffer(data, dtype="int64").copy()
            if mask is not None:
                moments[numpy.frombuffer(mask, dtype="uint8") == 1] = numpy.iinfo("int64").min
            series = pandas.Series(moments.view("datetime64[us]"))
            columns[name] = series.dt.tz_localize("UTC") if kind == "micros_utc" else series
        elif kind == "objects":
            columns[name] = pandas.Series(data, dtype=object)
        else:
            values = numpy.frombuffer(data, dtype={"f64": "float64", "f32": "float32", "i64": "int64", "u64": "uint64", "bool": "bool"}[kind]).copy()
            series = pandas.Series(values)
            if mask is not None and kind not in ("f64", "f32"):
                series = series.astype({"i64": "Int64", "u64": "UInt64", "bool": "boolean"}[kind]).mask(numpy.frombuffer(mask, dtype="uint8") == 1)
            columns[name] = series
    return pandas.DataFrame(columns)
