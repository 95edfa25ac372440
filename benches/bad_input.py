"""What bad input is told: `python benches/bad_input.py` prints each case with its message. Needs pandas beside leadscore."""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

import leadscore as ls

leads, events, outcomes, _ = ls.datasets.make_leads(1_500, seed=1)
schema = ls.Schema.infer(leads, events, outcomes)
model = ls.train(leads, events, outcomes, schema=schema, algorithm="logistic")
folder = Path(tempfile.mkdtemp())


def train(leads=leads, events=events, outcomes=outcomes, **settings):
    return ls.train(leads, events, outcomes, **{"schema": schema, "algorithm": "logistic", **settings})


def with_cell(frame: pd.DataFrame, row: int, column: str, value: object) -> pd.DataFrame:
    frame = frame.copy()
    frame[column] = frame[column].astype(object)
    frame.loc[row, column] = value
    return frame.infer_objects()


def model_file(change) -> Path:
    path = folder / "m.leadscore"
    model.save(path)
    path.write_bytes(change(bytearray(path.read_bytes())))
    return path


def future_version(data: bytearray) -> bytearray:
    # The version of the format stands behind the eight bytes of the magic number.
    data[8:12] = (99).to_bytes(4, "little")
    return data


def categories(n: int) -> pd.DataFrame:
    frame = leads.copy()
    frame["many"] = [f"word {i % n}" for i in range(len(frame))]
    return frame


wide = ls.Schema.infer(leads, events, outcomes)
wide.attributes["many"] = ls.Categorical()
late = outcomes.copy()
late.loc[3, "closed_at"] = pd.Timestamp("2020-01-01", tz="UTC")
stranger = outcomes.copy()
stranger["lead_id"] = stranger["lead_id"] + "-x"
seconds = leads.copy()
seconds["created_at"] = seconds["created_at"].astype("int64") // 10**9
misread = leads.copy()
misread["created_at"] = pd.to_datetime(seconds["created_at"], unit="ms", utc=True)
some_strangers = pd.concat([events, events.head(17).assign(lead_id="nobody")], ignore_index=True)

CASES = {
    "a missing column": lambda: train(leads.rename(columns={"industry": "idnustry"})),
    "a missing column, scoring": lambda: model.score(leads.drop(columns="country"), events),
    "a wrong type": lambda: train(leads.assign(employees="many")),
    "a duplicate lead id": lambda: train(with_cell(leads, 5, "lead_id", leads["lead_id"][4])),
    "outcomes of unknown leads alone": lambda: train(outcomes=stranger),
    "closed before created": lambda: train(outcomes=late),
    "timestamps as numbers": lambda: train(seconds),
    "timestamps in the wrong unit": lambda: train(misread),
    "all one class": lambda: train(outcomes=outcomes.assign(won=False)),
    "an empty frame": lambda: train(leads.head(0)),
    "no events, though the schema names them": lambda: train(events=None).card.algorithm + " (trained)",
    "10,000 categories": lambda: train(categories(10_000), schema=wide).card.algorithm + " (trained; categories of fewer than 20 leads share one place)",
    "an infinite number": lambda: train(with_cell(leads, 7, "employees", np.inf)),
    "a number beyond 32 bits": lambda: train(with_cell(leads, 7, "employees", 1e39)),
    "NaN is missing": lambda: train(with_cell(leads, 7, "employees", np.nan)).card.algorithm + " (trained)",
    "events of unknown leads": lambda: [note for note in train(events=some_strangers).card.notes if "none of the leads" in note],
    "a model file of a later version": lambda: ls.load(model_file(future_version)),
    "a file that is no model": lambda: ls.load(model_file(lambda data: bytearray(b"PK not a model at all"))),
    "a model file cut off": lambda: ls.load(model_file(lambda data: data[: len(data) // 2])),
    "a model file with one bit flipped": lambda: ls.load(model_file(lambda data: data[:-9] + bytes([data[-9] ^ 1]) + data[-8:])),
}


def main() -> None:
    for name, case in CASES.items():
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                result = case()
                told = f"warning: {caught[-1].message}" if caught else f"no error: {result}"
            except ls.LeadscoreError as error:
                told = f"{type(error).__name__}: {error}"
        print(f"- **{name}**: {told}".replace(str(folder), "FOLDER"))


if __name__ == "__main__":
    main()
