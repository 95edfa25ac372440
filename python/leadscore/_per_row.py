"""What is given of each row beside its features: labels, weights, groups, offsets. Each is checked, and what is wrong is told by its name and row."""

from __future__ import annotations

import numbers
from typing import Any

import numpy

from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_array

from ._checks import shown
from ._errors import DataError
from ._leadscore import MAX_OFFSET

__all__ = ["read_groups", "read_labels", "read_offsets", "read_weights"]


def read_labels(given: Any, rows: int, estimator: Any) -> tuple[Any, Any]:
    """The two classes in order, and which rows are of the second."""
    if given is None:
        raise DataError(f"This {type(estimator).__name__} estimator requires y to be passed, but the target y is None.")
    y = _one_type(_array(given, "y"), given, "y")
    if y.dtype.kind == "c":
        raise DataError(f"Complex data not supported: y is {y.dtype}")
    # Whole numbers and words of any length are objects to numpy too.
    if y.dtype.kind == "O" and y.ndim == 1 and len(y) and not isinstance(y[0], str):
        raise DataError(f"y must hold words, whole numbers of 64 bits or booleans. Got {type(y[0]).__name__} in row 0, {shown(y[0])}")
    try:
        y = check_array(y, ensure_2d=False, dtype=None, ensure_all_finite=True, ensure_min_samples=0, input_name="y", estimator=estimator)
        y = column_or_1d(y, warn=True)
        classes = numpy.unique(y)
        # Which kind of target it is depends on its distinct values; a look at those tells as much as one at every row.
        distinct = classes if len(classes) < len(y) else y
        check_classification_targets(distinct)
        kind = type_of_target(distinct, input_name="y")
    except (TypeError, ValueError) as error:
        raise DataError(str(error)) from error
    if len(y) != rows:
        raise DataError(f"Found input variables with inconsistent numbers of samples: [{rows}, {len(y)}]")
    if kind != "binary":
        raise DataError(f"Only binary classification is supported. The type of the target is {kind}.")
    if len(classes) < 2:
        raise DataError(f"y contains 1 class in n_samples = {rows}, {classes.tolist()[0]!r}; a classifier needs 2 classes: give rows of the other, too")
    return classes, y == classes[1]


def read_weights(given: Any, rows: int) -> Any:
    """The weights in single precision, at least one of them above 0; ``None`` for none."""
    if given is None:
        return None
    weights = _numbers(given, rows, "sample_weight")
    if (weights < 0).any():
        row = int(numpy.argmax(weights < 0))
        raise DataError(f"Negative values in data passed to `sample_weight`: row {row} has {weights[row]}; a weight is at least 0")
    most = weights.max(initial=0.0)
    if most > numpy.finfo(numpy.float32).max:
        raise DataError(f"sample_weight is too large for single precision (3.4e38): row {int(weights.argmax())} has {most}")
    if most == 0:
        raise DataError("Sample weights must contain at least one non-zero number: a row of weight 0 is as if it were not there")
    single = weights.astype(numpy.float32)
    if not single.any():
        raise DataError(f"sample_weight is too small for single precision (1e-45): the largest, in row {int(weights.argmax())}, is {most}")
    return single


def read_offsets(given: Any, rows: int) -> Any:
    """The offsets in double precision; ``None`` for none."""
    if given is None:
        return None
    offsets = _numbers(given, rows, "offset")
    if len(offsets) and max(offsets.max(), -offsets.min()) > MAX_OFFSET:
        row = int(numpy.abs(offsets).argmax())
        raise DataError(f"offset is in log-odds, from -{MAX_OFFSET:.0f} to {MAX_OFFSET:.0f}: row {row} has {offsets[row]}")
    return offsets


def read_groups(given: Any, rows: int) -> Any:
    """For each row the number of its group; ``None`` for none."""
    if given is None:
        return None
    groups = _array(given, "groups")
    groups = groups[:, 0] if groups.ndim == 2 and groups.shape[1] == 1 else groups
    if groups.shape != (rows,):
        raise DataError(f"groups.shape == {groups.shape}, expected {(rows,)}!")
    groups = _one_type(groups, given, "groups")
    try:
        return numpy.unique(groups, return_inverse=True)[1].astype(numpy.uint32)
    except TypeError as error:
        raise DataError(f"groups must hold words or numbers. Got {type(groups[0]).__name__} in row 0, {shown(groups[0])}") from error


_MISSING = {
    "y": "leave out the rows whose label is not known",
    "groups": "give a row that belongs to no other a group of its own",
    "sample_weight": "a row that is not to count has the weight 0",
    "offset": "a row of which nothing is known beforehand has the offset 0",
}


def _array(given: Any, name: str) -> Any:
    """As numpy has it; what is masked is missing."""
    try:
        array = numpy.asanyarray(given)
    except (TypeError, ValueError) as error:
        raise DataError(f"{name} must hold one value per row: {error}") from error
    if isinstance(array, numpy.ma.MaskedArray):
        mask = numpy.ma.getmaskarray(array)
        array = numpy.asarray(array).astype(object)
        array[mask] = None
    return numpy.asarray(array)


def _numbers(given: Any, rows: int, name: str) -> Any:
    """One finite number per row, in double precision."""
    array = _array(given, name)
    if array.shape != (rows,):
        raise DataError(f"{name}.shape == {array.shape}, expected {(rows,)}!")
    if array.dtype.kind == "O":
        for row, value in enumerate(array):
            if not (_is_missing(value) or isinstance(value, (numbers.Real, numpy.bool_)) or hasattr(value, "__float__")):
                raise DataError(f"{name} must hold numbers. Row {row} has {shown(value)}")
        array = numpy.array([numpy.nan if _is_missing(value) else float(value) for value in array], numpy.float64)
    elif array.dtype.kind not in "biuf":
        raise DataError(f"{name} must hold numbers. Got {array.dtype}, such as {shown(array[0].item())}")
    array = array.astype(numpy.float64)
    if not numpy.isfinite(array).all():
        row = int(numpy.argmin(numpy.isfinite(array)))
        if numpy.isnan(array[row]):
            raise DataError(f"Input {name} contains NaN: row {row} has no number; {_MISSING[name]}")
        raise DataError(f"Input {name} contains infinity or a value too large for dtype('float64'): row {row} has {array[row]}")
    return array


def _one_type(array: Any, given: Any, name: str) -> Any:
    """The same with objects as numbers or booleans where they are; refuses missing values and types that do not go together, which have no order."""
    kind = array.dtype.kind
    if kind == "f" and numpy.isnan(array).any():
        raise _missing(name, numpy.argwhere(numpy.isnan(array))[0][0], numpy.nan)
    if kind in "mM" and numpy.isnat(array).any():
        raise _missing(name, numpy.argwhere(numpy.isnat(array))[0][0], "NaT")
    # numpy makes words of all of a list that holds one.
    values = array.ravel().tolist() if kind == "O" else list(given) if kind in "US" and isinstance(given, (list, tuple)) and array.ndim == 1 else []
    first: tuple[str, Any] | None = None
    for row, value in enumerate(values):
        if _is_missing(value):
            raise _missing(name, row, value)
        found = _type_word(value)
        first = first or (found, value)
        if found != first[0]:
            raise DataError(f"{name} mixes {first[0]} ({shown(first[1])} in row 0) with {found} ({shown(value)} in row {row}); make them all of one type")
    if kind == "O" and first and first[0] in ("numbers", "booleans"):
        return numpy.array(values).reshape(array.shape)
    return array


def _type_word(value: Any) -> str:
    if isinstance(value, str):
        return "words"
    if isinstance(value, (bool, numpy.bool_)):
        return "booleans"
    return "numbers" if isinstance(value, numbers.Real) else f"values of type {type(value).__name__}"


def _is_missing(value: Any) -> bool:
    """``None``, NaN, and what pandas takes for missing."""
    return value is None or type(value).__name__ in ("NAType", "NaTType") or (isinstance(value, numbers.Real) and value != value)


def _missing(name: str, row: Any, value: Any) -> DataError:
    return DataError(f"Input {name} contains NaN: row {int(row)} is {value}; {_MISSING[name]}")
