"""Frames in and out: every library, every type of column, and the caller's own type back."""

from __future__ import annotations

import datetime as dt
import decimal
import subprocess
import sys
import warnings
from typing import Any

import pytest

import leadscore as ls
from leadscore import _frames
from leadscore._leadscore import Table

UTC = dt.timezone.utc
NOON = dt.datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def values(frame: Any, **kwargs: Any) -> dict[str, list[Any]]:
    return _frames.read(frame, "leads", **kwargs).to_dict()


class TestPyarrow:
    pa = pytest.importorskip("pyarrow")

    @pytest.mark.parametrize(
        "type_",
        ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64", "float16"],
    )
    def test_numbers_of_every_width_arrive(self, type_: str) -> None:
        table = self.pa.table({"x": self.pa.array([1, None, 3], type_)})
        assert values(table) == {"x": [1, None, 3]}

    @pytest.mark.parametrize("type_", ["string", "large_string", "string_view"])
    def test_strings_of_every_layout_arrive(self, type_: str) -> None:
        words = ["short", None, "a word that is longer than a view holds inline", ""]
        table = self.pa.table({"x": self.pa.array(words, getattr(self.pa, type_)())})
        assert values(table) == {"x": words}

    @pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
    @pytest.mark.parametrize("zone", [None, "UTC", "Europe/Berlin", "+05:30"])
    def test_timestamps_of_every_unit_and_zone_arrive_as_the_same_instant(self, unit: str, zone: str | None) -> None:
        moment = NOON if zone else NOON.replace(tzinfo=None)
        table = self.pa.table({"x": self.pa.array([moment, None], self.pa.timestamp(unit, zone))})
        assert values(table) == {"x": [moment, None]}

    @pytest.mark.parametrize("type_", ["date32", "date64"])
    def test_dates_arrive(self, type_: str) -> None:
        table = self.pa.table({"x": self.pa.array([dt.date(2026, 3, 1), None], type_)})
        assert values(table) == {"x": [dt.datetime(2026, 3, 1), None]}

    def test_booleans_and_nulls_arrive(self) -> None:
        table = self.pa.table({"b": [True, None, False], "n": self.pa.nulls(3)})
        assert values(table) == {"b": [True, None, False], "n": [None, None, None]}

    @pytest.mark.parametrize("type_", ["decimal32(7, 2)", "decimal64(12, 2)", "decimal128(20, 2)"])
    def test_decimals_arrive(self, type_: str) -> None:
        name, _, arguments = type_.partition("(")
        precision, scale = (int(n) for n in arguments.rstrip(")").split(","))
        column = self.pa.array([decimal.Decimal("12.50"), None], getattr(self.pa, name)(precision, scale))
        assert [None if x is None else float(x) for x in values(self.pa.table({"x": column}))["x"]] == [12.5, None]

    @pytest.mark.parametrize("index", ["int8", "uint8", "int16", "int32", "uint32", "int64", "uint64"])
    def test_dictionaries_of_words_arrive_as_words(self, index: str) -> None:
        column = self.pa.array(["a", None, "b", "a"]).dictionary_encode().cast(self.pa.dictionary(index, "string"))
        assert values(self.pa.table({"x": column})) == {"x": ["a", None, "b", "a"]}

    def test_dictionaries_differ_from_chunk_to_chunk(self) -> None:
        chunks = [self.pa.array(words).dictionary_encode() for words in (["a", "b"], ["c", "a"], [None, "b"])]
        assert values(self.pa.table({"x": self.pa.chunked_array(chunks)})) == {"x": ["a", "b", "c", "a", None, "b"]}

    def test_dictionaries_of_anything_else_are_decoded_and_coded_integers_are_words(self) -> None:
        table = self.pa.table(
            {
                "n": self.pa.array([10, None, 20]).dictionary_encode(),
                "f": self.pa.array([1.5, None, 2.5]).dictionary_encode(),
                "t": self.pa.array([NOON, None, NOON], self.pa.timestamp("us", "UTC")).dictionary_encode(),
            }
        )
        assert values(table) == {"n": ["10", None, "20"], "f": [1.5, None, 2.5], "t": [NOON, None, NOON]}

    def test_a_dictionary_without_words_is_all_missing(self) -> None:
        column = self.pa.DictionaryArray.from_arrays(self.pa.array([None, None], "int32"), self.pa.array([], "string"))
        assert values(self.pa.table({"x": column})) == {"x": [None, None]}

    def test_slices_and_chunks_arrive_whole(self) -> None:
        table = self.pa.concat_tables([self.pa.table({"x": ["a", "b", "c"], "n": [1, 2, None]}).slice(1)] * 3)
        assert values(table) == {"x": ["b", "c"] * 3, "n": [2, None] * 3}

    def test_a_record_batch_and_a_reader_are_frames_too(self) -> None:
        batch = self.pa.record_batch({"x": [1, 2]})
        assert values(self.pa.RecordBatchReader.from_batches(batch.schema, [batch, batch])) == {"x": [1, 2, 1, 2]}

    def test_an_empty_table_keeps_its_columns(self) -> None:
        table = self.pa.table({"x": self.pa.array([], "string"), "d": self.pa.array([], "string").dictionary_encode()})
        assert values(table) == {"x": [], "d": []}

    @pytest.mark.parametrize(
        ("column", "words"),
        [
            ([["a"], []], "a list"),
            ([{"a": 1}, None], "a struct"),
            ([b"raw", None], "binary data"),
            ([dt.time(9, 30), None], "a time of day"),
        ],
    )
    def test_what_is_no_attribute_is_refused_by_name_unless_not_needed(self, column: list[Any], words: str) -> None:
        table = self.pa.table({"id": [1, 2], "odd": column})
        with pytest.raises(ls.DataError, match=rf"leads\.odd is {words}"):
            values(table)
        assert values(table, needed=["id"]) == {"id": [1, 2]}
        assert values(table, exclude=["odd"]) == {"id": [1, 2]}

    def test_types_that_the_reader_has_never_heard_of_are_refused_by_name(self) -> None:
        runs = self.pa.RunEndEncodedArray.from_arrays(self.pa.array([1, 2], "int32"), ["a", "b"])
        views = self.pa.array([["a"], []], self.pa.list_view(self.pa.string()))
        wide = self.pa.array([decimal.Decimal("1.5")], self.pa.decimal256(40, 2))
        negative = self.pa.array([decimal.Decimal("1200")], self.pa.decimal128(5, -2))
        for column in (runs, views, wide, negative):
            with pytest.raises(ls.DataError, match=r"leads\.odd is"):
                values(self.pa.table({"odd": column}))

    def test_seconds_that_overflow_are_an_error_that_names_the_row(self) -> None:
        column = self.pa.array([0, 1_700_000_000_000_000_000]).view(self.pa.timestamp("s"))
        with pytest.raises(ls.DataError, match=r"leads\.x, row 1: 1700000000000000000 seconds"):
            values(self.pa.table({"x": column}))

    def test_binary_metadata_of_a_field_does_no_harm(self) -> None:
        schema = self.pa.schema([self.pa.field("x", "int64", metadata={b"\xff\xfe": b"\x80\x81"})], metadata={b"\xff": b"\xfe"})
        assert values(self.pa.table({"x": [1]}, schema=schema)) == {"x": [1]}

    def test_a_failing_source_is_reported(self) -> None:
        schema = self.pa.schema([("x", "int64")])

        def batches() -> Any:
            raise RuntimeError("the disk is on fire")
            yield

        with pytest.raises(ls.DataError, match="the disk is on fire"):
            values(self.pa.RecordBatchReader.from_batches(schema, batches()))

    def test_the_table_comes_back_as_a_table(self) -> None:
        table = self.pa.table({"x": [1, 2], "w": ["a", None], "t": self.pa.array([NOON, None], self.pa.timestamp("us", "UTC"))})
        back = _frames.like(table, _frames.read(table, "leads"))
        assert isinstance(back, self.pa.Table)
        assert back.to_pydict() == table.to_pydict()


class TestPolars:
    pl = pytest.importorskip("polars")

    def test_a_frame_goes_in_and_comes_back(self) -> None:
        frame = self.pl.DataFrame(
            {
                "id": ["a", "b", "c"],
                "n": [1, None, 3],
                "f": [1.5, None, float("inf")],
                "yes": [True, None, False],
                "t": [NOON, None, NOON],
                "d": [dt.date(2026, 1, 1), None, dt.date(1950, 1, 1)],
            }
        )
        back = _frames.like(frame, _frames.read(frame, "leads"))
        assert isinstance(back, self.pl.DataFrame)
        assert back.equals(frame)

    def test_categoricals_and_enums_arrive_as_words(self) -> None:
        words = ["a", None, "b", "a"]
        frame = self.pl.DataFrame(
            {"c": self.pl.Series(words, dtype=self.pl.Categorical), "e": self.pl.Series(words, dtype=self.pl.Enum(["a", "b"]))}
        )
        assert values(frame) == {"c": words, "e": words}

    def test_many_chunks_arrive_whole(self) -> None:
        frame = self.pl.concat([self.pl.DataFrame({"x": [i, None], "w": [str(i), "w"]}) for i in range(50)], rechunk=False)
        assert values(frame) == frame.to_dict(as_series=False)

    def test_a_lazy_frame_is_told_to_be_collected(self) -> None:
        with pytest.raises(ls.DataError, match="collect"):
            values(self.pl.DataFrame({"x": [1]}).lazy())


class TestPandas:
    pd = pytest.importorskip("pandas")
    np = pytest.importorskip("numpy")

    def frame(self) -> Any:
        pd, np = self.pd, self.np
        return pd.DataFrame(
            {
                "id": ["a", "b", "c"],
                "n": np.array([1, 2, 3], "int32"),
                "u": np.array([1, 2, 2**63], "uint64"),
                "f": np.array([1.5, np.nan, np.inf], "float32"),
                "yes": [True, False, True],
                "t": pd.to_datetime(["2026-03-01", None, "1950-01-01"]),
                "z": pd.to_datetime(["2026-03-01", None, "2026-03-02"]).tz_localize("Europe/Berlin"),
                "c": pd.Categorical(["x", None, "y"]),
                "I": pd.array([1, None, 3], "Int64"),
                "B": pd.array([True, None, False], "boolean"),
                "F": pd.array([1.5, None, 2.5], "Float64"),
                "S": pd.array(["s", None, "t"], "string"),
                "o": pd.Series(["s", None, "t"], dtype=object),
                "od": pd.Series([dt.date(2026, 3, 1), None, dt.date(2026, 3, 2)], dtype=object),
                "ob": pd.Series([True, None, False], dtype=object),
                "dec": pd.Series([decimal.Decimal("1.5"), None, decimal.Decimal("2.5")], dtype=object),
            }
        )

    def expected(self) -> dict[str, list[Any]]:
        berlin = dt.timezone(dt.timedelta(hours=1))
        return {
            "id": ["a", "b", "c"],
            "n": [1, 2, 3],
            "u": [1, 2, 2**63],
            "f": [1.5, None, float("inf")],
            "yes": [True, False, True],
            "t": [dt.datetime(2026, 3, 1), None, dt.datetime(1950, 1, 1)],
            "z": [dt.datetime(2026, 3, 1, tzinfo=berlin), None, dt.datetime(2026, 3, 2, tzinfo=berlin)],
            "c": ["x", None, "y"],
            "I": [1, None, 3],
            "B": [True, None, False],
            "F": [1.5, None, 2.5],
            "S": ["s", None, "t"],
            "o": ["s", None, "t"],
            "od": [dt.datetime(2026, 3, 1), None, dt.datetime(2026, 3, 2)],
            "ob": [True, None, False],
            "dec": [1.5, None, 2.5],
        }

    def normal(self, got: dict[str, list[Any]]) -> dict[str, list[Any]]:
        def missing(x: Any) -> Any:
            return None if isinstance(x, float) and x != x else x

        out = {name: [missing(x) for x in column] for name, column in got.items()}
        out["dec"] = [None if x is None else float(x) for x in out["dec"]]
        return out

    def test_every_dtype_arrives_by_arrow(self) -> None:
        pytest.importorskip("pyarrow")
        assert self.normal(values(self.frame())) == self.expected()

    def test_every_dtype_arrives_by_copy_when_pandas_cannot_stream(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def without_pyarrow(self: Any, requested_schema: Any = None) -> Any:
            raise ImportError("Missing optional dependency 'pyarrow'")

        monkeypatch.setattr(self.pd.DataFrame, "__arrow_c_stream__", without_pyarrow)
        assert self.normal(values(self.frame())) == self.expected()
        monkeypatch.delattr(self.pd.DataFrame, "__arrow_c_stream__")
        assert self.normal(values(self.frame())) == self.expected()

    def test_a_mixed_column_is_refused_by_name_and_row_unless_not_needed(self) -> None:
        frame = self.pd.DataFrame({"id": [1, 2], "mixed": self.pd.Series(["word", 3], dtype=object)})
        with pytest.raises(ls.DataError, match=r"leads\.mixed, row 1, holds 3 where the rows before hold str"):
            values(frame)
        assert values(frame, needed=["id"]) == {"id": [1, 2]}

    def test_periods_are_refused_by_name(self) -> None:
        frame = self.pd.DataFrame({"month": self.pd.period_range("2026-01", periods=2, freq="M")})
        with pytest.raises(ls.DataError, match=r"leads\.month is"):
            values(frame)

    def test_a_named_index_is_a_column(self) -> None:
        frame = self.pd.DataFrame({"lead_id": ["a", "b"], "x": [1, 2]}).set_index("lead_id")
        assert sorted(values(frame)) == ["lead_id", "x"]

    def test_doubled_column_names_are_refused(self) -> None:
        frame = self.pd.DataFrame([[1, 2]], columns=["x", "x"])
        with pytest.raises(ls.DataError, match='several columns "x"'):
            values(frame)

    def test_the_index_is_kept(self) -> None:
        frame = self.frame().set_index(self.pd.Index([7, 8, 9]))
        back = _frames.like(frame, _frames.read(frame[["n", "f", "id"]], "leads"))
        assert isinstance(back, self.pd.DataFrame)
        assert list(back.index) == [7, 8, 9]
        assert back["n"].tolist() == [1, 2, 3]
        assert str(back["f"].dtype) == "float32"

    def test_moments_and_missing_values_come_back_as_pandas_has_them(self) -> None:
        frame = self.frame()
        back = _frames.like(frame, _frames.read(frame, "leads"))
        self.pd.testing.assert_series_equal(
            back["z"], frame["z"].dt.tz_convert("UTC"), check_dtype=False, check_freq=False
        )
        assert back["I"].tolist()[0] == 1 and back["I"].isna().tolist() == [False, True, False]


class TestDuckDB:
    def test_a_relation_is_a_frame(self) -> None:
        duckdb = pytest.importorskip("duckdb")
        relation = duckdb.sql(
            "select i, i::varchar as w, i / 2.0 as d, timestamp '2026-03-01 12:00:00' + interval (i) day as t from range(5000) t(i)"
        )
        got = values(relation)
        assert got["i"] == list(range(5000))
        assert got["w"] == [str(i) for i in range(5000)]
        assert got["t"][1] == dt.datetime(2026, 3, 2, 12)

    def test_enums_and_decimals_arrive(self) -> None:
        duckdb = pytest.importorskip("duckdb")
        got = values(duckdb.sql("select 'a'::enum('a', 'b') as e, 1.25::decimal(9, 2) as d, sum(1) as s"))
        assert got["e"] == ["a"] and float(got["d"][0]) == 1.25


class TestPlainPython:
    def test_mappings_of_lists_and_arrays_are_frames(self) -> None:
        np = pytest.importorskip("numpy")
        got = values({"a": [1, None, 3], "b": np.array([1.5, 2.5, np.nan]), "c": np.array(["2026-03-01", "NaT", "2026-03-02"], "datetime64[s]")})
        assert got["a"] == [1, None, 3]
        assert got["b"][:2] == [1.5, 2.5]
        assert got["c"] == [dt.datetime(2026, 3, 1), None, dt.datetime(2026, 3, 2)]

    def test_a_list_of_records_is_a_frame(self) -> None:
        assert values([{"a": 1, "b": "x"}, {"a": 2}]) == {"a": [1, 2], "b": ["x", None]}

    def test_columns_of_different_lengths_are_refused(self) -> None:
        with pytest.raises(ls.DataError, match="different lengths: a 1, b 2"):
            values({"a": [1], "b": [1, 2]})

    @pytest.mark.parametrize("frame", [None, 7, b"leads", [1, 2]])
    def test_what_is_no_frame_is_refused(self, frame: Any) -> None:
        with pytest.raises(ls.DataError, match="leads must be a frame"):
            values(frame)

    def test_a_table_is_an_arrow_stream(self) -> None:
        pa = pytest.importorskip("pyarrow")
        table = _frames.read({"a": [1, 2], "w": ["x", None]}, "leads")
        assert isinstance(table, Table)
        assert pa.table(table).to_pydict() == {"a": [1, 2], "w": ["x", None]}
        assert _frames.like({"a": []}, table) is table

    def test_no_library_of_frames_is_imported_unasked(self) -> None:
        code = (
            "import sys, leadscore; from leadscore import _frames; _frames.read({'a': [1]}, 'leads');"
            "print([m for m in ('pandas', 'polars', 'pyarrow', 'numpy', 'tqdm', 'matplotlib', 'sklearn') if m in sys.modules])"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == "[]"


def test_a_nameless_pandas_index_is_no_column_and_a_named_one_is() -> None:
    pd = pytest.importorskip("pandas")
    schema = ls.Schema.infer(pd.DataFrame({"size": range(50), "won": [0, 1] * 25}, index=range(50, 0, -1)), label="won")
    assert "__index_level_0__" not in schema.attributes
    named = pd.DataFrame({"size": range(50), "won": [0, 1] * 25}, index=pd.Index(range(50, 0, -1), name="lead_id"))
    assert ls.Schema.infer(named, label="won").lead_id == "lead_id"


def test_outcome_columns_that_stand_on_leads_are_no_attributes() -> None:
    leads, events, outcomes, _ = ls.datasets.make_leads(300, seed=2, frame="pandas")
    joined = leads.merge(outcomes[["lead_id", "won", "closed_at"]].rename(columns={"won": "deal_won"}), on="lead_id", how="left")
    schema = ls.Schema.infer(joined, events, outcomes)
    assert "deal_won" not in schema.attributes and "closed_at" not in schema.attributes
    assert {"deal_won", "closed_at"} <= set(schema.exclude)


def test_what_is_missing_in_pandas_is_missing_in_a_dictionary() -> None:
    leads, events, outcomes, _ = ls.datasets.make_leads(1500, seed=2, frame="pandas")
    model = ls.train(leads, events, outcomes, algorithm="logistic")
    whole = model.score(leads, events, as_of="2026-06-01")
    row = leads.iloc[7].to_dict()
    own = events[events["lead_id"] == row["lead_id"]].to_dict("records")
    assert model.score_one(row, own, as_of="2026-06-01").log_odds == whole["log_odds"].iloc[7]
    explained = model.explain_one(row, own, as_of="2026-06-01")
    assert abs(explained["base"] + sum(explained["contributions"].values()) - explained["log_odds"]) < 1e-9
    assert explained["log_odds"] == whole["log_odds"].iloc[7]


def test_excluding_a_column_beside_a_schema_excludes_it() -> None:
    leads, events, outcomes, _ = ls.datasets.make_leads(1500, seed=2, frame="pandas")
    schema = ls.Schema.infer(leads, events, outcomes)
    model = ls.train(leads, events, outcomes, schema=schema, exclude=["country"], algorithm="logistic")
    assert "country" not in model.schema.attributes and "country" not in model.importance()


def test_a_batch_that_lacks_a_column_warns_and_names_it() -> None:
    leads, events, outcomes, _ = ls.datasets.make_leads(1500, seed=2, frame="pandas")
    model = ls.train(leads, events, outcomes, algorithm="logistic")
    with pytest.warns(UserWarning, match="leads lack country"):
        scores = model.score(leads.drop(columns="country"), events)
    assert set(scores["status"]) == {"schema_mismatch"} and scores["probability"].isna().all()


def test_events_that_lack_a_column_are_a_schema_mismatch_too(tmp_path: Any) -> None:
    leads, events, outcomes, _ = ls.datasets.make_leads(1500, seed=2, frame="pandas")
    model = ls.train(leads, events, outcomes, algorithm="logistic")
    for column in ("kind", "at", "lead_id", "channel"):
        lacking = events.drop(columns=column)
        path = tmp_path / "events.parquet"
        lacking.to_parquet(path)
        for given in (lacking, path):
            with pytest.warns(UserWarning, match=f"events lack {column}, which the model reads"):
                scores = model.score(leads, given)
            assert set(scores["status"]) == {"schema_mismatch"} and scores["probability"].isna().all()
        # What makes features has no status to tell it by.
        with pytest.raises(ls.SchemaError, match=f'events has no column "{column}"'):
            model.features(leads, lacking)


def test_leads_created_later_and_events_without_a_lead_are_told(tmp_path: Any) -> None:
    leads, events, outcomes, _ = ls.datasets.make_leads(1500, seed=2, frame="pandas")
    model = ls.train(leads, events, outcomes, algorithm="logistic")
    later = int((leads["created_at"] > leads["created_at"].iloc[700]).sum())
    some = events.copy()
    some.loc[some.index[::50], "lead_id"] = None
    path = tmp_path / "events.parquet"
    some.to_parquet(path)
    for given in (some, path):
        with pytest.warns(ls.DataWarning) as caught:
            scores = model.score(leads, given, as_of=leads["created_at"].iloc[700])
        told = str(caught[0].message)
        assert len(caught) == 1 and f"leads.created_at: {later} of 1500 leads" in told
        assert f"events.lead_id: {len(events.iloc[::50])} of {len(events)} events have no identifier of a lead, and are left out" in told
        assert scores["probability"].notna().all()
        with pytest.warns(ls.DataWarning) as caught:
            model.features(leads, given, as_of=leads["created_at"].iloc[700])
        assert [str(warning.message) for warning in caught] == [told]
    trained = ls.train(leads, some, outcomes, algorithm="logistic")
    nobodys = len(events.iloc[::50])
    assert any(f"{nobodys} of {len(events)} events belong to none of the leads, {nobodys} of them because events.lead_id is empty" in note for note in trained.card.notes)
    # One lead says it of itself, by its events or by its state.
    lead = leads.iloc[0].to_dict()
    early = lead["created_at"] - dt.timedelta(microseconds=1)
    for score in (lambda as_of: model.score_one(lead, as_of=as_of), lambda as_of: model.engagement().score(lead, as_of)):
        with pytest.warns(ls.DataWarning, match="the lead was created after the moment as of which it is seen"):
            score(early)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            score(lead["created_at"])
    # So does a comparison, whose earlier moment may be too early.
    late = leads["created_at"].max()
    with pytest.warns(ls.DataWarning, match="the lead was created after the moment"):
        model.compare(lead, lead, as_of=(early, late))
    earlier = leads["created_at"].iloc[700]
    with pytest.warns(ls.DataWarning, match=f"leads.created_at: {later} of 1500 leads"):
        model.compare_tables(leads, events, as_of=(earlier, late))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.compare(lead, lead, as_of=(lead["created_at"], late))
        model.compare_tables(leads[leads["created_at"] <= earlier], events, as_of=(earlier, late))


def test_a_pandas_series_of_moments_goes_by_the_index_of_the_leads() -> None:
    leads, events, outcomes, _ = ls.datasets.make_leads(1500, seed=2, frame="pandas")
    model = ls.train(leads, events, outcomes, algorithm="logistic")
    moments = leads["created_at"]
    straight = model.score(leads, events, as_of=moments)
    assert (model.score(leads, events, as_of=moments.iloc[::-1])["log_odds"] == straight["log_odds"]).all()
    with pytest.raises(ls.ConfigError, match="another index"):
        model.score(leads, events, as_of=moments.head(10))


def test_no_leads_have_no_scores() -> None:
    leads, events, outcomes, _ = ls.datasets.make_leads(1500, seed=2, frame="pandas")
    model = ls.train(leads, events, outcomes, algorithm="logistic")
    nobody = model.score(leads.head(0), events, explain=2)
    assert len(nobody) == 0 and list(nobody.columns) == list(model.score(leads.head(2), events, explain=2).columns)


def test_kinds_that_do_not_occur_are_refused() -> None:
    leads, events, outcomes, _ = ls.datasets.make_leads(1500, seed=2, frame="pandas")
    with pytest.raises(ls.ConfigError, match="features.kinds must name kinds, groups or intents of events. Got nope; events hold .*demo_request"):
        ls.train(leads, events, outcomes, algorithm="logistic", features=ls.Features(kinds=["nope"]))


@pytest.mark.parametrize(("family", "why"), [("response", "ask for it in families"), ("account", "name it .schema.account.")])
def test_what_cannot_be_made_of_single_kinds_is_refused(family: str, why: str) -> None:
    leads, events, outcomes, _ = ls.datasets.make_leads(1500, seed=2, frame="pandas")
    schema = ls.Schema.infer(leads, events, outcomes)
    schema.account = None
    with pytest.raises(ls.ConfigError, match=f'features.kind_families has "{family}".*{why}'):
        ls.train(leads, events, outcomes, schema=schema, algorithm="logistic", features=ls.Features(kind_families=("counts", family)))


def test_a_group_called_like_a_kind_is_refused_with_what_to_do() -> None:
    leads, events, outcomes, _ = ls.datasets.make_leads(1500, seed=2, frame="pandas")
    schema = ls.Schema.infer(leads, events, outcomes)
    assert schema.events is not None
    schema.events.groups = {"call": ["call", "demo_request"]}
    with pytest.raises(ls.SchemaError, match='the group "call" of events is called like the kind "call".*for example "any_call"'):
        schema.check()
    # A kind that only the events name.
    schema.events.groups, schema.events.initiator = {"call": ["demo_request"]}, {}
    with pytest.raises(ls.SchemaError, match='the group "call" of events is called like a kind that events have'):
        ls.train(leads, events, outcomes, schema=schema, algorithm="logistic")
    schema.events.groups = {"any_call": ["call", "demo_request"]}
    model = ls.train(leads, events, outcomes, schema=schema, algorithm="logistic")
    assert any(name.startswith("any_call.") for name in model.feature_names) and not any("#" in name for name in model.feature_names)


class TestFiles:
    """A path stands for the table in the file."""

    def test_leads_and_events_are_read_from_files(self, tmp_path: Any) -> None:
        polars = pytest.importorskip("polars")
        leads, events, outcomes, _ = ls.datasets.make_leads(1_500, frame="polars")
        events.write_parquet(tmp_path / "events.parquet", row_group_size=500)
        leads.write_csv(tmp_path / "leads.csv")
        model = ls.train(tmp_path / "leads.csv", str(tmp_path / "events.parquet"), outcomes, algorithm="logistic")
        scores = model.score(leads, events, as_of="2026-06-30")
        assert model.score(leads, tmp_path / "events.parquet", as_of="2026-06-30").equals(scores)
        assert model.score(leads, str(tmp_path / "events.parquet"), as_of="2026-06-30").equals(scores)
        features = model.features(leads, tmp_path / "events.parquet", as_of="2026-06-30")
        assert features.equals(model.features(leads, events, as_of="2026-06-30"))
        table = polars.DataFrame(model.score(tmp_path / "leads.csv", tmp_path / "events.parquet", as_of="2026-06-30"))
        assert table["log_odds"].equals(scores["log_odds"])

    def test_a_file_that_is_not_there_or_no_table_is_named(self, tmp_path: Any) -> None:
        with pytest.raises(ls.LeadscoreError, match="none.csv"):
            ls.train(tmp_path / "none.csv", label="won")
        (tmp_path / "events.parquet").write_text("no table")
        leads, events, outcomes, _ = ls.datasets.make_leads(1_500, frame=None)
        model = ls.train(leads, events, outcomes, algorithm="logistic")
        with pytest.raises(ls.DataError, match="events.parquet: not a readable Parquet file"):
            model.score(leads, tmp_path / "events.parquet")
