"""Attributes taken apart, words that the model does not know, and what a score can be relied on."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest

import leadscore as ls

pd = pytest.importorskip("pandas")
HORIZON_END = "2026-01-01"


@pytest.fixture(scope="module")
def made():
    leads, events, outcomes, _ = ls.datasets.make_leads(4000, seed=3, frame="pandas")
    model = ls.train(leads, events, outcomes, algorithm="logistic")
    return leads, events, model


def flat(n: int, seed: int):
    """Leads of whom no two share an address or a title; business addresses and directors win."""
    random = np.random.default_rng(seed)
    business, senior = random.random(n) < 0.5, random.random(n) < 0.4
    domain = np.where(business, [f"firm{i}.example" for i in range(n)], random.choice(["gmail.com", "web.de", "yahoo.co.uk"], n))
    rank = np.where(senior, random.choice(["Director", "VP", "Head of"], n), random.choice(["Junior", "Intern", "Assistant"], n))
    leads = pd.DataFrame(
        {
            "lead_id": [f"L{i}" for i in range(n)],
            "email": [f"person{i}@{d}" for i, d in enumerate(domain)],
            "job_title": [f"{r} {t} group {i}" for i, (r, t) in enumerate(zip(rank, random.choice(["Sales", "Finance"], n)))],
            "won": (random.random(n) < 1 / (1 + np.exp(2 - 1.8 * business - 1.8 * senior))).astype(int),
        }
    )
    leads.loc[::10, "email"] = None
    leads.loc[1::10, "email"] = "nobody at home"
    return leads


def test_job_titles_and_addresses_are_recognised_and_learnt_where_every_word_is_its_own():
    leads = flat(2000, 1)
    schema = ls.Schema.infer(leads, label="won")
    assert schema.attributes["job_title"] == ls.JobTitle()
    assert schema.attributes["email"] == ls.Email()
    for algorithm in ("logistic", ls.Boosting(n_estimators=80)):
        model = ls.train(leads, label="won", algorithm=algorithm)
        assert {"email.provider", "job_title.seniority"} <= set(model.feature_names)
        fresh = flat(2000, 2)
        p, won = model.score(fresh)["probability"].to_numpy(), fresh["won"].to_numpy()
        ranks = pd.Series(p).rank().to_numpy()
        positives = won.sum()
        auc = (ranks[won == 1].sum() - positives * (positives + 1) / 2) / (positives * (len(won) - positives))
        assert auc > 0.72, auc
    plain = ls.train(leads.assign(size=np.arange(len(leads)) % 7), label="won", algorithm="logistic", features=ls.Features(attribute_parts=False))
    assert not any(name.startswith(("email.", "job_title.")) for name in plain.feature_names)


def test_malformed_cells_do_not_make_categories_of_addresses_and_numbers():
    n = 1200
    random = np.random.default_rng(5)
    # One address is of many: as a category it would stand in the file.
    addresses = [f"person{i}@office{i % 50}.example" if i % 20 else "office@family.example" for i in range(n)]
    leads = pd.DataFrame(
        {
            "lead_id": [f"L{i}" for i in range(n)],
            "email": [address if i % 3 else ["nobody", "n/a at x", f"none {i}"][i % 9 // 3] for i, address in enumerate(addresses)],
            "phone": [f"+49 170 {5550000 + i}" if i % 3 else ["none", "x"][i % 2] for i in range(n)],
            "contact": [f"ask at desk {i}" if i % 4 == 2 else address for i, address in enumerate(addresses)],
            "created_at": pd.Timestamp("2025-01-01", tz="UTC") + pd.to_timedelta(np.arange(n), unit="h"),
            "size": random.integers(1, 50, n),
            "won": (random.random(n) < 0.1 + 0.5 * (np.arange(n) % 3 > 0)).astype(int),
        }
    )
    schema = ls.Schema.infer(leads, label="won")
    assert schema.attributes["email"] == schema.attributes["contact"] == ls.Email()
    assert schema.attributes["phone"] == ls.Phone()
    assert (schema.email, schema.phone) == ("email", "phone")
    (reason,) = [guess[3] for guess in schema.guesses if guess[1] == "email"]
    assert "of the words are malformed, which is a feature" in reason

    resolved = ls.resolve(leads)
    assert list(resolved["email_status"][:2]) == ["malformed", "personal"]
    model = ls.train(leads, label="won", algorithm="logistic")
    assert "email.valid" in model.feature_names
    assert b"office@family.example" not in model.to_bytes()


def test_the_country_of_national_numbers_is_a_setting_of_the_schema(tmp_path):
    schema = ls.Schema(lead_id="lead_id", label="won", attributes={"phone": ls.Phone(country="DE"), "email": ls.Email()})
    schema.save(tmp_path / "leads.toml")
    assert ls.Schema.load(tmp_path / "leads.toml") == schema
    with pytest.raises(ls.SchemaError, match="Atlantis"):
        ls.Schema(lead_id="lead_id", attributes={"phone": ls.Phone(country="Atlantis")}).check()


def test_every_status_is_said_and_none_is_a_silent_zero(made):
    leads, events, model = made
    row = leads.iloc[:1]
    nothing = row.copy()
    for column in model.schema.attributes:
        nothing[column] = None
    cases = [
        (row, events, "2025-06-01" if str(row.created_at.iloc[0]) < "2025-06-01" else HORIZON_END, None),
        (nothing, events.iloc[:0], str(row.created_at.iloc[0]), "insufficient_data"),
        (row, events, "2090-01-01", "stale"),
    ]
    for lead, happened, as_of, status in cases:
        batch = model.score(lead, happened, as_of=as_of)
        one = model.score_one(lead.iloc[0].to_dict(), [], as_of=as_of) if happened.empty else None
        if status is not None:
            assert batch["status"].iloc[0] == status
            assert one is None or one.status == status
        assert 0 < batch["probability"].iloc[0] < 1
        assert one is None or one.probability == batch["probability"].iloc[0]
    with pytest.warns(UserWarning, match="leads lack industry"):
        lacking = model.score(leads.drop(columns="industry"), events, as_of=HORIZON_END)
    assert set(lacking["status"]) == {"schema_mismatch"}
    assert lacking["probability"].isna().all() and lacking["score"].isna().all() and lacking["grade"].isna().all()
    one = model.score_one(leads.drop(columns="industry").iloc[0].to_dict(), [], as_of=HORIZON_END)
    assert one.status == "schema_mismatch" and one.missing_columns == ["industry"] and math.isnan(one.probability)


def test_bad_addresses_are_scored(made):
    leads, _, model = made
    good = leads.iloc[0].to_dict()
    for change in ({"email": None}, {"email": "no address"}, {"email": "@@"}, {"phone": "call me"}, {"phone": "12"}, {"email": None, "phone": None}):
        one = model.score_one({**good, **change}, [], as_of=HORIZON_END)
        assert 0 < one.probability < 1, change


def test_new_words_are_counted_warned_of_and_told_from_rare_ones(made):
    leads, events, model = made
    with warnings.catch_warnings():
        warnings.simplefilter("error", ls.UnseenWarning)
        model.score(leads, events, as_of=HORIZON_END)
    usual = model.unseen(leads, events)
    assert list(usual.columns) == ["table", "column", "rows", "leads", "share", "usual_share", "examples"]
    assert (usual["share"] <= usual["usual_share"] + 0.01).all(), "nothing is new in what it was trained on"

    changed, happened = leads.copy(), events.copy()
    changed.loc[changed.index[:400], "industry"] = "Biotech"
    kind = happened["kind"].astype(object)
    happened["kind"] = kind.where(kind != kind.iloc[0], "hologram")
    with pytest.warns(ls.UnseenWarning, match=r"leads\.industry: 400 rows of 400 leads \(10\.0 %") as caught:
        model.score(changed, happened, as_of=HORIZON_END)
    assert len([w for w in caught if issubclass(w.category, ls.UnseenWarning)]) == 1
    assert "hologram" in str(caught[0].message)
    report = model.unseen(changed, happened).set_index("column")
    assert report.loc["industry", "leads"] == 400 and report.loc["industry", "share"] == 0.1
    assert report.loc["industry", "examples"].startswith('"biotech" (400)')
    assert report.loc["kind", "table"] == "events" and 0 < report.loc["kind", "share"] <= 1
    assert model.unseen(changed.iloc[:0], None).empty
