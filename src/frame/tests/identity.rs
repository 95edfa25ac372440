use super::*;
use crate::frame::{EventKeyColumns, ResolvedLeads};
use crate::identity::{IdentityRules, Route, RouteTo};
use crate::schema::{EventColumns, Schema};

fn leads() -> DataFrame {
    table(vec![
        Series::new("id".into(), [7_i64, 8, 9]),
        words("mail", &["Ann@corp.example", "ann@corp.example", "info@corp.example"]),
        words("created", &["2026-01-01", "2026-02-01", "2026-01-01"]),
    ])
}

fn schema() -> Schema {
    Schema::new().lead_id("id").created_at("created").email("mail").events(EventColumns::new("lead", "when", "kind"))
}

fn resolved(schema: &Schema) -> Result<ResolvedLeads, FrameError> {
    ResolvedLeads::new(&leads(), None, schema, &IdentityRules::default())
}

#[test]
fn people_and_duplicates_go_by_the_identifiers_of_the_table() {
    let table = resolved(&schema()).unwrap().table().unwrap();
    let names = "lead_id person account email email_status phone phone_status duplicate_of identical_to";
    assert_eq!(table.get_column_names().iter().map(|name| name.as_str()).collect::<Vec<_>>().join(" "), names);
    let ids = |name: &str| table.column(name).unwrap().i64().unwrap().iter().collect::<Vec<_>>();
    assert_eq!(ids("person"), [Some(7), Some(7), Some(9)]);
    assert_eq!(ids("duplicate_of"), [None, Some(7), None]);
    assert_eq!(ids("identical_to"), [None; 3]);
    let row_numbers = Schema { lead_id: None, ..schema() };
    let table = resolved(&row_numbers).unwrap().table().unwrap();
    assert_eq!(table.column("person").unwrap().u64().unwrap().iter().collect::<Vec<_>>(), [Some(0), Some(0), Some(2)]);
}

#[test]
fn an_attribute_that_is_an_address_will_do_and_nothing_at_all_is_refused() {
    let attribute = crate::schema::Attribute::Email {};
    let typed = Schema::new().lead_id("id").attribute("mail", attribute);
    assert_eq!(resolved(&typed).unwrap().identity.person, [0, 0, 1]);
    let found = message(resolved(&Schema::new().lead_id("id")));
    assert!(found.contains("name one (email, phone, account); available: id, mail, created"), "{found}");
    let ends = table(vec![words("lead", &["7"]), words("won", &["yes"]), words("closed", &["2026-03-01"])]);
    let undeclared = ResolvedLeads::new(&leads(), Some(&ends), &schema(), &IdentityRules::default());
    assert!(message(undeclared).contains("does not say what their columns mean"));
}

#[test]
fn the_columns_of_events_are_those_of_the_schema_or_those_that_are_named() {
    let resolved = resolved(&schema()).unwrap();
    let route = |events: &DataFrame, columns: EventKeyColumns| resolved.route(events, &columns, RouteTo::MostRecent);
    let named = table(vec![words("lead", &["9", "8", "99"]), words("when", &["2026-03-01"; 3])]);
    let routed = route(&named, EventKeyColumns::default()).unwrap();
    assert_eq!((routed.lead, routed.route), (vec![2, 1, u32::MAX], vec![Route::Lead, Route::Lead, Route::Unknown]));
    let others = table(vec![words("address", &["ANN@corp.example"]), words("day", &["2026-01-15"])]);
    let columns = EventKeyColumns::new(None, Some("day".to_owned()), Some("address".to_owned()), None);
    assert_eq!(route(&others, columns).unwrap().lead, [0]);
    let found = message(route(&others, EventKeyColumns::default()));
    assert!(found.starts_with("events has no column \"when\""), "{found}");
}
