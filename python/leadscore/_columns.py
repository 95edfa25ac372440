"""Columns of any table as the models read them: numbers as they are, categories as codes.

A column is an array of floats, or a :class:`Dictionary`. numpy is needed; pandas, polars and pyarrow are looked at only when the caller's object comes from them.
"""

from __future__ import annotations

import sys
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Union

import numpy

from . import _frames
from ._checks import refuse_twins
from ._errors import DataError

__all__ = ["Categories", "Column", "Dictionary", "dictionary", "frame_columns", "matrix_columns", "native_frame"]


class Dictionary(NamedTuple):
    """A column of categories: for each row the position of its word among ``words``, -1 where it is missing."""

    codes: Any
    words: Any
    """A list, or an index of pandas."""


Column = Union[Any, Dictionary]
"""An array of float32 or float64, or a dictionary."""


class Categories:
    """The categories that a column had in training. Their order gives the codes; it does not depend on the order of rows.

    >>> import numpy
    >>> categories = Categories(Dictionary(numpy.array([1, 0, -1]), ["web", "mail", "fax"]))
    >>> categories.words
    ['mail', 'web']
    >>> categories.codes(Dictionary(numpy.array([0, -1, 1]), ["web", "call"]), "channel")
    array([ 1., nan,  2.], dtype=float32)
    """

    def __init__(self, column: Dictionary) -> None:
        seen = numpy.unique(column.codes)
        known = _all(column.words)
        words = {_plain(known[position]) for position in seen[seen >= 0].tolist()}
        self.words: list[Hashable] = sorted(words, key=lambda word: (type(word).__name__, str(word)))
        self._code = {word: float(code) for code, word in enumerate(self.words)}
        # A number that was given in double precision may come back in single, or the other way round.
        self._single = {_single(word): float(code) for code, word in enumerate(self.words) if isinstance(word, float)}

    def narrowed(self, codes: Any) -> tuple[Categories, Any]:
        """The categories that some row of ``codes`` has, and the codes by these."""
        seen = numpy.unique(codes[~numpy.isnan(codes)]).astype(int)
        if len(seen) == len(self.words):
            return self, codes
        words = [self.words[code] for code in seen]
        # The last is that of missing values.
        place = numpy.full(len(self.words) + 1, numpy.nan, numpy.float32)
        place[seen] = numpy.arange(len(seen))
        return Categories(Dictionary(numpy.arange(len(words)), words)), place[numpy.where(numpy.isnan(codes), len(self.words), codes).astype(int)]

    def _same_type(self, values: Iterable[Any], name: str) -> None:
        """Refuses words where training had other values, or the other way round: all of them would count as unseen."""
        value = next(iter(values), None)
        if value is not None and self.words and isinstance(value, str) != isinstance(self.words[0], str):
            raise DataError(f'column "{name}" held categories such as {self.words[0]!r} in fit, and now holds {_plain(value)!r}; make it of the same type')

    def _of(self, word: Hashable) -> float:
        code = self._code.get(word)
        if code is None and isinstance(word, float):
            code = self._single.get(_single(word))
        return float(len(self.words)) if code is None else code

    def codes(self, column: Column, name: str) -> Any:
        """The codes of ``column``: ``len(words)`` for a category that training did not see, NaN where it is missing."""
        code = self._of
        if not isinstance(column, Dictionary):
            if len(column) <= 16:
                self._same_type((value for value in column.tolist() if value == value), name)
                return numpy.array([numpy.nan if value != value else code(value) for value in column.tolist()], numpy.float32)
            column = dictionary(column)
        self._same_type((column.words[position] for position in column.codes if position >= 0), name)
        if len(column.codes) < len(column.words):
            cells = (numpy.nan if position < 0 else code(_plain(column.words[position])) for position in column.codes.tolist())
            return numpy.fromiter(cells, numpy.float32, len(column.codes))
        # One place more: position -1, of missing values, is the last.
        table = numpy.full(len(column.words) + 1, numpy.nan, numpy.float32)
        for position, word in enumerate(_all(column.words)):
            table[position] = code(_plain(word))
        return table[column.codes]


def _single(number: float) -> float:
    with numpy.errstate(over="ignore"):
        return float(numpy.float32(number))


def _all(words: Any) -> Sequence[Hashable]:
    """All at once: one by one takes ten times as long where they are an index of pandas."""
    return words if isinstance(words, list) else words.tolist()


def _plain(word: Any) -> Any:
    return word.item() if isinstance(word, numpy.generic) else word


def dictionary(values: Any) -> Dictionary:
    """Numbers as categories."""
    missing = numpy.isnan(values)
    words, codes = numpy.unique(numpy.where(missing, 0, values), return_inverse=True)
    codes = codes.astype(numpy.int64)
    codes[missing] = -1
    return Dictionary(codes, words.tolist())


def native_frame(table: Any) -> Any:
    """``table`` as a frame of pandas, polars or pyarrow; ``None`` when it is no frame but an array or nested lists."""
    library, kind = type(table).__module__.split(".")[0], type(table).__name__
    if library in ("pandas", "polars", "pyarrow") and kind in ("DataFrame", "Table"):
        refuse_twins("X", table.column_names if library == "pyarrow" else table.columns)
        return table
    if kind == "LazyFrame":
        raise DataError(f"X must be a table. Got {library}.{kind}; call .collect() first")
    # scipy's dictionaries of keys are mappings too, and no tables of columns.
    mapping = isinstance(table, Mapping) and not hasattr(table, "tocsr")
    if not mapping and (library in ("numpy", "pandas", "polars") or not hasattr(table, "__arrow_c_stream__")):
        return None
    read = _frames.read(table, "X")
    for library in ("polars", "pyarrow", "pandas"):
        try:
            return _frames.to(read, library)
        except ImportError:
            continue
    raise ImportError("reading X needs pandas, polars or pyarrow: pip install pandas")


def frame_columns(frame: Any) -> tuple[list[str], list[Column]]:
    """Names and columns of a frame that :func:`native_frame` gave.

    :raises DataError: for a column that is neither of numbers nor of categories, by name.
    """
    library = type(frame).__module__.split(".")[0]
    if library == "polars":
        return list(frame.columns), [_polars_column(series) for series in frame.get_columns()]
    if library == "pyarrow":
        return list(frame.column_names), [_arrow_column(frame.column(i), name) for i, name in enumerate(frame.column_names)]
    return [str(name) for name in frame.columns], [_pandas_column(series, str(name)) for name, series in frame.items()]


def matrix_columns(matrix: Any) -> list[Column]:
    """The columns of a 2-dimensional array: those of words are categories, those of Python objects what their values are."""
    kind = matrix.dtype.kind
    if kind == "O":
        return [_object_column(matrix[:, i], f"x{i}") for i in range(matrix.shape[1])]
    if kind in "USTV":
        return [_object_column(matrix[:, i].astype(str).astype(object), f"x{i}") for i in range(matrix.shape[1])]
    numbers = _numbers(matrix, "x0")
    return [numbers[:, i] for i in range(matrix.shape[1])]


def _numbers(values: Any, name: str) -> Any:
    """An array of numbers as float32 where that holds all of them, else as float64; without a copy when it is of these types."""
    kind, width = values.dtype.kind, values.dtype.itemsize
    if kind == "c":
        raise DataError(f'Complex data not supported: column "{name}" is {values.dtype}')
    if kind not in "fiub":
        raise DataError(f'column "{name}" is {values.dtype}, which is neither a number nor a category; convert it, for example a date to days since another')
    wanted = numpy.float32 if width <= (4 if kind == "f" else 2) else numpy.float64
    numbers = values.astype(wanted, copy=False)
    return numbers if numbers.flags.aligned else numbers.copy()


def _pandas_column(series: Any, name: str) -> Column:
    dtype = series.dtype
    if type(dtype).__name__ == "CategoricalDtype":
        return Dictionary(series.cat.codes.to_numpy(), series.cat.categories)
    kind = getattr(dtype, "kind", "O")
    if isinstance(dtype, numpy.dtype) and kind != "O":
        return _numbers(series.to_numpy(), name)
    if kind in "fiub":
        return series.to_numpy(dtype="float64", na_value=numpy.nan)
    if kind == "O" or type(dtype).__name__ == "StringDtype" or str(dtype) in ("string", "large_string", "string[pyarrow]"):
        return _object_column(series, name)
    if str(dtype).startswith("dictionary"):
        return _object_column(series.astype(object), name)
    raise DataError(f'column "{name}" is {dtype}, which is neither a number nor a category; convert it, for example a date to days since another')


def _object_column(values: Any, name: str) -> Column:
    """A column of Python objects, or of words: categories when they are words, numbers when they are numbers."""
    try:
        codes, words = _factorize(values)
    except TypeError:
        # Something that cannot be told apart from others, such as a list. What it is instead of a number, numpy says best.
        try:
            return numpy.asarray(values, dtype=numpy.float64)
        except (TypeError, ValueError, OverflowError) as error:
            raise _no_column(name, error) from None
    kinds = {isinstance(word, str) for word in words}
    if kinds == {True}:
        return Dictionary(codes, words)
    if True in kinds:
        word, other = next(w for w in words if isinstance(w, str)), next(w for w in words if not isinstance(w, str))
        raise DataError(f'column "{name}" mixes words ({word!r}) with other values ({other!r}); make it all of one type')
    try:
        numbers = [float(word) for word in words]  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError) as error:
        raise _no_column(name, error) from None
    return numpy.array([*numbers, numpy.nan])[codes]


def _no_column(name: str, error: Exception) -> Exception:
    """Objects that are no numbers are a TypeError to scikit-learn."""
    kind = TypeError if isinstance(error, TypeError) else DataError
    return kind(f'column "{name}" is neither of numbers nor of words: {error}; make it either, or leave it out')


def _factorize(values: Any) -> tuple[Any, list[Hashable]]:
    """Positions among the distinct values, and these; -1 for ``None``, NaN and what pandas takes for missing."""
    pandas = sys.modules.get("pandas")
    if pandas is not None:
        codes, words = pandas.factorize(values)
        return codes, words.tolist()
    positions: dict[Hashable, int] = {}
    codes = [-1 if value is None or value != value else positions.setdefault(value, len(positions)) for value in values.tolist()]
    return numpy.array(codes, dtype=numpy.int64), list(positions)


def _polars_column(series: Any) -> Column:
    import polars

    dtype = series.dtype
    if dtype in (polars.String, polars.Categorical, polars.Enum):
        words = series.drop_nulls().unique().cast(polars.String).to_list()
        places = series.cast(polars.String).cast(polars.Enum(words)).to_physical().cast(polars.Int64).fill_null(-1)
        return Dictionary(places.to_numpy(), words)
    if dtype == polars.Boolean or dtype == polars.Null:
        return series.cast(polars.Float32).to_numpy()
    if dtype.is_decimal():
        return series.cast(polars.Float64).to_numpy()
    if dtype == polars.Object:
        return _object_column(numpy.array(series.to_list(), dtype=object), series.name)
    if not dtype.is_numeric():
        raise DataError(f'column "{series.name}" is {dtype}, which is neither a number nor a category; convert it, for example a date to days since another')
    if dtype.is_integer() and series.null_count():
        series = series.cast(polars.Float64)
    return _numbers(series.to_numpy(), series.name)


def _arrow_column(column: Any, name: str) -> Column:
    import pyarrow
    import pyarrow.compute

    kinds = pyarrow.types
    if kinds.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if kinds.is_string(column.type) or kinds.is_large_string(column.type) or str(column.type) == "string_view":
        encoded = column.cast(pyarrow.large_string()).combine_chunks().dictionary_encode()
        encoded = encoded.combine_chunks() if hasattr(encoded, "combine_chunks") else encoded
        return Dictionary(encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False), encoded.dictionary.to_pylist())
    if kinds.is_null(column.type):
        return numpy.full(len(column), numpy.nan, numpy.float32)
    if kinds.is_boolean(column.type):
        column = column.cast(pyarrow.int8())
    if kinds.is_decimal(column.type) or (kinds.is_integer(column.type) and column.null_count):
        column = column.cast(pyarrow.float64(), safe=False)
    if not (kinds.is_integer(column.type) or kinds.is_floating(column.type)):
        raise DataError(f'column "{name}" is {column.type}, which is neither a number nor a category; convert it, for example a date to days since another')
    return _numbers(column.to_numpy(), name)
