"""One kernel, one file: a batch, one lead at a time, a saved and a pickled model give the same bits, on real data and on made data.

The real sets are public (X Education; UCI 222; BPI Challenge 2012) and are looked for in the folder of LEADSCORE_REAL_DATA, by default
``../shared/data`` beside the project; a set that is not there is reported as skipped.
"""

from __future__ import annotations

import math
import os
import pickle
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

import leadscore as ls

pd = pytest.importorskip("pandas")
ROOT = Path(__file__).resolve().parents[2]
REAL = Path(os.environ.get("LEADSCORE_REAL_DATA", ROOT.parent / "shared" / "data"))
sys.path.insert(0, str(ROOT / "benches"))


class Case(NamedTuple):
    train: dict
    leads: object
    events: object
    as_of: object


def real(folder: str) -> Path:
    if not (REAL / folder).is_dir():
        pytest.skip(f"NOT TESTED: {folder} is not in {REAL}")
    return REAL


def x_education() -> Case:
    quality = pytest.importorskip("quality")
    leads = pd.read_csv(real("x-education") / "x-education/leads.csv.gz")
    leaks = [*quality.X_EDUCATION_LEAKS, "Lead Number"]
    return Case({"leads": leads, "label": "Converted", "exclude": leaks}, leads, None, "2026-01-01")


def bank_marketing() -> Case:
    leads = pd.read_csv(real("bank-marketing") / "bank-marketing/bank-additional-full.csv.gz", sep=";")
    return Case({"leads": leads, "label": "y", "exclude": ["duration"], "algorithm": "logistic"}, leads, None, "2026-01-01")


def bpic2012() -> Case:
    quality = pytest.importorskip("quality")
    leads, events, outcomes = quality.bpic2012_tables(real("bpic2012"))
    schema = quality.bpic2012_schema()
    train = {"leads": leads, "events": events, "outcomes": outcomes, "schema": schema, "snapshots": ("1h", "1d", "7d"), "horizon": "60d"}
    return Case({**train, "algorithm": ls.Boosting(n_estimators=60)}, leads, events, "2012-01-15T12:00:00Z")


def generated() -> Case:
    leads, events, outcomes, _ = ls.datasets.make_leads(3_000, seed=3)
    return Case({"leads": leads, "events": events, "outcomes": outcomes}, leads, events, "2026-06-30")


def bits(values) -> np.ndarray:
    return np.asarray(values, dtype=np.float64).view(np.uint64)


@pytest.mark.parametrize("make", [x_education, bank_marketing, bpic2012, generated], ids=lambda make: make.__name__)
def test_every_row_has_the_same_bits_on_every_path(make, tmp_path: Path) -> None:
    case = make()
    model = ls.train(**case.train, threads=1)
    assert ls.train(**case.train, threads=2).to_bytes() == model.to_bytes()
    scores = model.score(case.leads, case.events, as_of=case.as_of)
    assert scores["probability"].between(0, 1).all()

    path = tmp_path / "m.leadscore"
    model.save(path)
    for again in (ls.load(path), pickle.loads(pickle.dumps(model))):
        assert again.version == model.version
        assert (bits(again.score(case.leads, case.events, as_of=case.as_of)["log_odds"]) == bits(scores["log_odds"])).all()

    schema = model.schema
    names = [name for name in [schema.lead_id, schema.created_at, *schema.attributes] if name]
    rows = case.leads[names].to_dict("records")
    by_lead: dict = {}
    if case.events is not None:
        events = case.events.astype(object).where(case.events.notna(), None)
        for event in events.to_dict("records"):
            by_lead.setdefault(event[schema.events.lead_id], []).append(event)
    loaded = ls.load(path)
    one = [loaded.score_one(row, by_lead.get(row.get(schema.lead_id), []), as_of=case.as_of) for row in rows]
    assert (bits([score.log_odds for score in one]) == bits(scores["log_odds"])).all()
    assert (bits([score.score for score in one]) == bits(scores["score"])).all()
    assert [score.status for score in one] == list(scores["status"])
    assert [score.grade for score in one] == list(scores["grade"])
    assert not any(math.isnan(score.probability) for score in one)

    # As a service keeps it: events come as they became known, and the state is stored after the half of them.
    kept = []
    for row in rows:
        known = sorted(by_lead.get(row.get(schema.lead_id), []), key=lambda event: event.get("recorded_at") or event[schema.events.at])
        state = loaded.engagement(known[: len(known) // 2])
        state = ls.Engagement.from_bytes(loaded, state.to_bytes())
        for event in known[len(known) // 2 :]:
            try:
                state.push(event)
            except ls.TooLate:
                state = loaded.engagement(known)
                break
        if state.answers_from is not None and pd.to_datetime(case.as_of, utc=True) < state.answers_from:
            kept.append(None)
        else:
            kept.append(state.score(row, as_of=case.as_of).log_odds)
    answered = [i for i, log_odds in enumerate(kept) if log_odds is not None]
    assert len(answered) > 0.9 * len(rows)
    assert (bits([kept[i] for i in answered]) == bits(scores["log_odds"])[answered]).all()
