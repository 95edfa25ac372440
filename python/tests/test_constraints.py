"""What a caller knows of features beforehand holds in the model."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import leadscore as ls

pd = pytest.importorskip("pandas")


class TestConstraints:
    """What is known beforehand of features, by their names."""

    @staticmethod
    def _table(n: int = 3_000) -> Any:
        random = np.random.default_rng(0)
        size, clicks = random.uniform(0, 10, n), random.integers(0, 6, n)
        industry = random.choice(["retail", "software", "banking"], n)
        # Falls at the end, which a constraint forbids to learn.
        log_odds = -2 + 0.5 * size - 1.2 * np.maximum(size - 7, 0) + 0.2 * clicks + 0.6 * (industry == "software") * (clicks > 2)
        return pd.DataFrame({"size": size, "clicks": clicks, "industry": industry, "noise": random.normal(size=n), "won": random.random(n) < 1 / (1 + np.exp(-log_odds))})

    def _along(self, model: ls.Model) -> Any:
        frame = pd.DataFrame({"size": np.linspace(0, 10, 101), "clicks": 2, "industry": "retail", "noise": 0.0})
        return model.score(frame, as_of="2026-01-01")["log_odds"].to_numpy()

    @pytest.mark.parametrize("algorithm", ["auto", "boosting"])
    def test_a_monotone_feature_never_lowers_the_probability(self, algorithm: str) -> None:
        table = self._table()
        free = ls.train(table, label="won", algorithm="boosting")
        assert (np.diff(self._along(free)) < 0).any()
        model = ls.train(table, label="won", algorithm=algorithm, monotone_constraints={"size": 1, "noise": 0})
        assert (np.diff(self._along(model)) >= 0).all()
        assert model.card.algorithm == "boosting"
        turned = ls.train(table, label="won", algorithm=algorithm, monotone_constraints={"size": -1})
        assert (np.diff(self._along(turned)) <= 0).all()

    def test_features_apart_do_not_interact(self) -> None:
        model = ls.train(self._table(), label="won", algorithm="boosting", calibration="none", interaction_constraints=[["size"], ["clicks", "industry"], ["noise"]])
        rows = [{"size": size, "clicks": clicks, "industry": "software", "noise": 0.0} for size in (1.0, 6.0) for clicks in (0, 5)]
        a, b, c, d = model.score(pd.DataFrame(rows), as_of="2026-01-01")["log_odds"]
        assert abs((a - b) - (c - d)) < 1e-9

    def test_excluded_features_are_not_read(self) -> None:
        leads, events, outcomes, _ = ls.datasets.make_leads(3_000)
        model = ls.train(leads, events, outcomes, algorithm="logistic", exclude_features=["demo_request", "call.recency"])
        assert not any(name.startswith("demo_request.") or name == "call.recency" for name in model.feature_names)
        assert any(name.startswith("call.") for name in model.feature_names)

    def test_a_column_that_is_constant_or_empty_in_this_history_stops_nobody(self) -> None:
        """What was asked holds of itself, and the card says so; a slip of the pen is still refused."""
        table = self._table(600).assign(plan="free", visits=3, region=None)
        model = ls.train(table, label="won", algorithm="boosting", monotone_constraints={"visits": 1, "size": 1}, interaction_constraints=[["region", "size"], ["clicks"]], exclude_features=["plan"])
        assert not {"plan", "visits", "region"} & set(model.feature_names)
        for column, reason in [("plan", 'constant: every row is "free"'), ("visits", 'constant: every row is "3"'), ("region", "no row has a value")]:
            assert f"a constraint or exclusion names {column}, which is no feature of this history: {reason}" in model.card.notes
        assert model.card.known_from_history == []
        assert "size" in model.feature_names and (np.diff(self._along(model)) >= 0).all()
        # Groups of which nothing is left do not keep the other features apart.
        free, apart = (ls.train(table, label="won", algorithm="boosting", interaction_constraints=groups) for groups in ((), [["region"], ["plan"]]))
        assert free.score(table)["log_odds"].tolist() == apart.score(table)["log_odds"].tolist()
        with pytest.raises(ls.ConfigError, match='"plam", which is no feature'):
            ls.train(table, label="won", exclude_features=["plam"])

    def test_a_retraining_tells_of_a_constrained_column_that_was_left_out(self) -> None:
        leads, events, outcomes, _ = ls.datasets.make_leads(3_000)
        leads = leads.assign(plan="free")
        settings = {"snapshots": ("0d", "14d"), "horizon": "60d", "as_of": "2025-03-31"}
        champion = ls.train(leads, events, outcomes, algorithm=ls.Boosting(n_estimators=30), monotone_constraints={"plan": 1, "employees": 1}, **settings)
        result = ls.retrain(champion, leads, events, outcomes, gate=ls.Gate(min_positives=50))
        assert result.promoted, result.reason
        note = 'a constraint or exclusion names plan, which is no feature of this history: constant: every row is "free"'
        assert champion.card.notes.count(note) == result.model.card.notes.count(note) == 1
        assert result.model.card.procedure["constraints"]["monotone"] == {"employees": 1, "plan": 1}

    def test_what_cannot_be_is_refused_by_name(self) -> None:
        table = self._table(600)
        for asked, message in [
            ({"monotone_constraints": {"sise": 1}}, '"sise", which is no feature; there are for example'),
            ({"monotone_constraints": {"industry": 1}}, "categories have no order"),
            ({"monotone_constraints": {"size": 2}}, "must be 1, -1 or 0. Got 2"),
            ({"monotone_constraints": ["size"]}, "must map names"),
            ({"interaction_constraints": [["size", "sise"]]}, 'interaction_constraints names "sise"'),
            ({"interaction_constraints": "size"}, "must be groups of names"),
            ({"exclude_features": ["sise"]}, 'exclude_features names "sise"'),
            ({"algorithm": "logistic", "monotone_constraints": {"size": 1}}, "a logistic regression cannot keep"),
        ]:
            with pytest.raises(ls.ConfigError, match=re.escape(message)):
                ls.train(table, label="won", **{"algorithm": "boosting", **asked})
