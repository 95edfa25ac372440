"""Train, evaluate, score with reasons, save, load, retrain: the whole life of a model in one script.

Run: python examples/train_and_score.py
"""

import tempfile
from pathlib import Path

import pandas as pd

import leadscore as ls

made = ls.datasets.make_leads(6_000, seed=1)

# What was known half a year ago trains; what came after judges.
end = pd.Timestamp("2026-06-30", tz="UTC")
model = ls.train(made.leads, made.events, made.outcomes, as_of=end - pd.Timedelta(days=180), horizon="90d")
print(model.card)

open_leads = made.leads[~made.leads["lead_id"].isin(made.outcomes["lead_id"])]
scores = model.score(open_leads, made.events, as_of=end, explain=3)
best = scores.sort_values("rank").head(5)
print(best[["lead_id", "probability", "score", "grade", "status"]].to_string(index=False))
print(best.iloc[0]["lead_id"], "because:", *best.iloc[0]["reasons"], sep="\n  ")

# A file, opened elsewhere, gives the same bits.
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "model.leadscore"
    model.save(path)
    again = ls.load(path).score(open_leads, made.events, as_of=end, explain=3)
    assert (again["probability"] == scores["probability"]).all()

# Next month: a challenger takes over only when it is not worse on snapshots that neither has seen.
result = ls.retrain(model, made.leads, made.events, made.outcomes, as_of=end, gate=ls.Gate(min_positives=50))
print(result.reason)
