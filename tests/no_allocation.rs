//! A score allocates nothing but what it hands back: one row through the trees and the attributes of a lead nothing at all, a lead with its events its
//! identifier.
#![cfg(feature = "fit")]
#![allow(clippy::unwrap_used, unreachable_pub, dead_code, missing_docs, missing_debug_implementations)]

#[path = "world/train.rs"]
mod train;
#[path = "world/mod.rs"]
mod world;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use leadscore::models::boosting::BoostingParams;
use leadscore::{Attribute, Calibrator, Engagement, Event, FeaturePlan, FeatureSettings, Lead, LeadTable, RawEvents, Schema};
use linfa::Dataset;
use linfa::traits::Fit;
use ndarray::{Array1, Array2};

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

/// The system's allocator, and a count of how often each thread asks it.
struct Counting;

// SAFETY: every request goes to the system's allocator as it is; counting allocates nothing, as the counter is made at compile time and needs no
// destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller keeps the promises that `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above; the pointer is the system's.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn a_row_is_scored_without_allocating() {
    let x = Array2::from_shape_fn((400, 5), |(row, column)| match column {
        4 => (row * 7 % 12) as f32,
        _ if (row + column) % 11 == 0 => f32::NAN,
        _ => (row * (column + 3) * 31 % 97) as f32,
    });
    let won = Array1::from_shape_fn(400, |row| (x[[row, 0]] > 40.0) != (x[[row, 4]] > 7.0));
    let params = BoostingParams::new().n_estimators(25).min_data_per_group(5).categorical(vec![None, None, None, None, Some(12)]);
    let model = params.fit(&Dataset::new(x.clone(), won)).unwrap();
    let calibrator = Calibrator::Platt { slope: 0.9, intercept: -0.2 };
    let rows: Vec<Vec<f32>> = x.rows().into_iter().map(|row| row.to_vec()).collect();
    let score = |row: &[f32]| calibrator.apply(model.log_odds(row));
    // The first call makes the scorer and the thread's buffers.
    let mut sum = score(&rows[0]);
    let before = ALLOCATIONS.get();
    rows.iter().for_each(|row| sum += score(row));
    assert_eq!(ALLOCATIONS.get(), before);
    assert!(before > 0, "the allocator counts");
    assert!(sum.is_finite());
}

/// The words of the source in a spelling that is not the model's.
fn shouted(world: &world::World, row: usize) -> (Lead, Vec<Event>) {
    let lead = world.leads.attributes.iter().fold(world.lead(row), |lead, (name, column)| match column.cell(row) {
        leadscore::Cell::Text(word) => lead.text(name, format!(" {}", word.to_uppercase())),
        _ => lead,
    });
    let events =
        world.events_of(row).into_iter().map(|event| Event::new(event.kind().to_uppercase(), event.at()).channel("Web").value(2.5));
    (lead, events.collect())
}

#[test]
fn a_lead_is_scored_with_its_identifier_as_the_only_allocation() {
    let training = world::World::new(600, 12, 1);
    let world = world::World::new(40, 25, 2);
    for kind in [train::Kind::Logistic, train::Kind::Boosting, train::Kind::Blend] {
        let model = train::train_kind(&training, kind, 20);
        for row in 0..40 {
            let as_of = world::time(world.as_of[row]);
            let state = Engagement::from_events(model.plan(), world.events(model.plan()).lead(row));
            for (lead, events) in [(world.lead(row), world.events_of(row)), shouted(&world, row)] {
                let query = model.query(&lead).as_of(as_of);
                // The first call makes the thread's buffers.
                query.events(&events).score().unwrap();
                let before = ALLOCATIONS.get();
                let score = query.events(&events).score().unwrap();
                let state_before = ALLOCATIONS.get();
                assert_eq!(state_before - before, 1, "row {row}, {} events", events.len());
                if state.answers_from(model.plan()) <= as_of.micros() {
                    query.engagement(&state).score().unwrap();
                    assert_eq!(ALLOCATIONS.get() - state_before, 1, "row {row}, from its state");
                }
                assert!(score.probability.is_finite());
            }
        }
    }
}

#[test]
fn the_attributes_of_a_lead_are_read_without_allocating() {
    use leadscore::Cell as Value;
    let schema = Schema::new()
        .numeric("employees")
        .categorical("industry")
        .text("comment")
        .attribute("email", Attribute::Email {})
        .attribute("phone", Attribute::Phone { country: Some("DE".to_owned()) })
        .attribute("title", Attribute::JobTitle {});
    let plan = FeaturePlan::fit(&schema, &LeadTable::default(), &RawEvents::default(), &FeatureSettings::default()).unwrap();
    let cell = |name: &str| match name {
        "employees" => Value::Number(12.0),
        "industry" => Value::Text(" Software  & Services"),
        "comment" => Value::Text("Please call"),
        "email" => Value::Text("Ann.Lee+Fair@Müller-Corp.example"),
        "phone" => Value::Text("+49 (0)30 1234567 ext. 12"),
        _ => Value::Text("Stellvertretende Geschäftsführerin, Vertrieb & Marketing (m/w/d)"),
    };
    let read = || -> f64 { (0..plan.attributes().len()).map(|i| plan.prepare(i, cell(plan.attributes()[i].name())).unwrap()).sum() };
    let before = ALLOCATIONS.get();
    let sum = read();
    assert_eq!(ALLOCATIONS.get(), before);
    assert!(sum.is_finite() && plan.attributes().len() == 14, "{sum}");
}
