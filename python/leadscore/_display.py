"""What models, cards and evaluations look like: text, tables of a notebook, figures."""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._leadscore import Comparison, Evaluation, Model


class Card:
    """How a model was trained, on how much, and how well it did on rows that it had not seen.

    ``print(card)`` shows it; its fields are attributes (``card.n_leads``, ``card.base_rate``, ``card.counts`` ...).

    >>> import leadscore as ls
    >>> ls.Card('{"n_leads": 10}', "10 leads").n_leads
    10
    """

    def __init__(self, fields: str, text: str) -> None:
        self._fields: dict[str, Any] = json.loads(fields)
        self._text = text

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self._fields:
            raise AttributeError(f"a card has no {name!r}; it has {', '.join(self.__dict__.get('_fields', ()))}")
        return self._fields[name]

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._fields]

    def to_dict(self) -> dict[str, Any]:
        """The card as a ``dict`` of plain values."""
        copied: dict[str, Any] = json.loads(json.dumps(self._fields))
        return copied

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"<leadscore.Card: {self._fields.get('algorithm')}, {self._fields.get('n_leads')} leads>"

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(self._text)}</pre>"


_FIGURES = ("n", "positives", "auc", "average_precision", "log_loss", "brier", "ece")


def evaluation_html(evaluation: Evaluation) -> str:
    """An evaluation as a table: all rows, each segment, each age."""
    parts = {"all": evaluation, **evaluation.by_segment, **{f"age {age}": part for age, part in evaluation.by_age.items()}}
    head = "".join(f"<th>{name.replace('_', ' ')}</th>" for name in ("", *_FIGURES, "lift 10 %"))
    rows = []
    for name, part in parts.items():
        cells = [_cell(getattr(part, figure)) for figure in _FIGURES] + [_cell(part.lift(0.1))]
        rows.append(f"<tr><th>{html.escape(name)}</th>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>")
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def model_html(model: Model) -> str:
    """A model: its name, its card, what moves it most."""
    strongest = list(model.importance().items())[:10]
    rows = "".join(f"<tr><td>{html.escape(concept)}</td><td>{weight:.4f}</td></tr>" for concept, weight in strongest)
    importance = f"<table><thead><tr><th>concept</th><th>importance</th></tr></thead><tbody>{rows}</tbody></table>" if rows else ""
    return f"<b>{html.escape(repr(model))}</b><pre>{html.escape(str(model.card))}</pre>{importance}"


def _signed(change: float) -> str:
    """A change of log-odds in three digits, or in one where it would be nothing in these.

    >>> _signed(-0.25), _signed(0.00002), _signed(0.0)
    ('-0.250', '+2e-5', '+0.000')
    """
    return f"{change:+.3f}" if change == 0 or abs(change) >= 0.0005 else f"{change:+.0e}".replace("e-0", "e-")


def comparison_html(comparison: Comparison) -> str:
    """A change of score as a table: the four parts, what moved each most."""
    before, after = comparison.probability
    head = f"<b>{html.escape(comparison.lead_id)}</b>: {100 * before:.1f} % to {100 * after:.1f} %"
    rows = []
    for name, part in comparison.parts.items():
        why = "<br>".join(html.escape(concept["text"]) for concept in part.concepts)
        rows.append(f"<tr><th>{name.replace('_', ' ')}</th><td>{_signed(part.change)}</td><td>{html.escape(part.text)}</td><td>{why}</td></tr>")
    columns = "".join(f"<th>{column}</th>" for column in ("", "log-odds", "what", "mostly"))
    return f"{head}<table><thead><tr>{columns}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def plot_evaluation(evaluation: Evaluation, axes: Any = None) -> Any:
    """Draws calibration and cumulative gains; returns the two axes."""
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        raise ImportError("plot() draws with matplotlib, which is not installed: pip install matplotlib") from None
    if axes is None:
        _, axes = plt.subplots(1, 2, figsize=(10, 4.5))
    calibration, gains = axes
    table = evaluation.calibration_table
    top = max([1e-6, *(max(row["predicted"], row["observed"]) for row in table)])
    calibration.plot([0, top], [0, top], color="0.7", linewidth=1)
    calibration.plot([row["predicted"] for row in table], [row["observed"] for row in table], marker="o")
    calibration.set(xlabel="predicted probability", ylabel="observed rate", title=f"calibration (ECE {evaluation.ece:.4f})")
    gains.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    gains.plot([share for share, _ in evaluation.gains], [wins for _, wins in evaluation.gains])
    auc = "none" if evaluation.auc is None else f"{evaluation.auc:.4f}"
    gains.set(xlabel="share of leads, best first", ylabel="share of wins", title=f"gains (AUC {auc})")
    return axes


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:,}" if isinstance(value, int) else f"{value:.4f}"
