//! Names by which columns are known, compared in the form of [`snake`](super::names::snake).

/// Identifiers of leads, the likeliest first.
pub(super) const LEAD_ID: [&str; 16] = [
    "lead_id",
    "prospect_id",
    "leadid",
    "contact_id",
    "customer_id",
    "person_id",
    "opportunity_id",
    "deal_id",
    "case_id",
    "client_id",
    "user_id",
    "record_id",
    "id",
    "uuid",
    "lead",
    "lead_number",
];
/// Numbers of rows, as programs write them beside a table.
pub(super) const ROW_NUMBER: [&str; 6] = ["unnamed_0", "index", "row", "row_number", "row_nr", "rownum"];
/// Moments of creation.
pub(super) const CREATED_AT: [&str; 16] = [
    "created_at",
    "created",
    "create_date",
    "created_date",
    "creation_date",
    "createdate",
    "created_on",
    "created_time",
    "create_time",
    "lead_created_at",
    "lead_created",
    "lead_date",
    "date_created",
    "date_added",
    "signup_date",
    "reg_date",
];
/// Accounts.
pub(super) const ACCOUNT: [&str; 9] = [
    "account_id",
    "company_id",
    "organization_id",
    "organisation_id",
    "account",
    "account_name",
    "company",
    "company_name",
    "organization",
];
/// Time zones of leads.
pub(super) const TIME_ZONE: [&str; 7] = ["time_zone", "timezone", "tz", "iana_timezone", "lead_time_zone", "lead_timezone", "ip_timezone"];
/// Job titles.
pub(super) const JOB_TITLE: [&str; 20] = [
    "berufsbezeichnung",
    "cargo",
    "contact_job_title",
    "contact_title",
    "current_title",
    "designation",
    "fonction",
    "funktion",
    "job_position",
    "job_role",
    "job_title",
    "jobtitle",
    "lead_title",
    "position",
    "poste",
    "puesto",
    "role",
    "stellung",
    "title",
    "titel",
];
/// What columns of e-mail addresses are called, by the end of their names.
pub(super) const EMAIL: [&str; 16] = [
    "address_email",
    "adresse_mail",
    "correo",
    "correo_electronico",
    "courriel",
    "e_mail",
    "e_mail_address",
    "e_mail_adresse",
    "email",
    "email_address",
    "email_adresse",
    "email_addr",
    "email_id",
    "emailaddress",
    "mail",
    "mail_address",
];
/// What columns of telephone numbers are called, by the end of their names. "mobile" alone may be a device.
pub(super) const PHONE: [&str; 24] = [
    "cell_number",
    "cell_phone",
    "cellphone",
    "fax",
    "fax_number",
    "handy",
    "handynummer",
    "landline",
    "mobile_no",
    "mobile_number",
    "mobilnummer",
    "phone",
    "phone_no",
    "phone_number",
    "phonenumber",
    "rufnummer",
    "tel_no",
    "telefon",
    "telefono",
    "telefonnummer",
    "telefoon",
    "telephone",
    "telephone_number",
    "whatsapp",
];
/// Consent to be contacted.
pub(super) const CONSENT: [&str; 5] = ["consent", "gdpr_consent", "marketing_consent", "opt_in", "email_opt_in"];
/// Labels of flat tables.
pub(super) const LABEL: [&str; 12] =
    ["converted", "is_converted", "won", "is_won", "closed_won", "conversion", "label", "target", "y", "outcome", "is_customer", "bought"];
/// When an event happened.
pub(super) const AT: [&str; 12] = [
    "at",
    "timestamp",
    "event_at",
    "event_time",
    "event_timestamp",
    "occurred_at",
    "happened_at",
    "activity_date",
    "event_date",
    "datetime",
    "time",
    "date",
];
/// What happened.
pub(super) const KIND: [&str; 10] =
    ["kind", "event_kind", "event_type", "activity_type", "event", "activity", "type", "action", "event_name", "name"];
/// Through what it happened.
pub(super) const CHANNEL: [&str; 5] = ["channel", "source", "medium", "event_channel", "utm_medium"];
/// What an event carries.
pub(super) const VALUE: [&str; 5] = ["value", "event_value", "amount", "quantity", "duration"];
/// When something became known.
pub(super) const RECORDED_AT: [&str; 7] =
    ["recorded_at", "ingested_at", "loaded_at", "inserted_at", "received_at", "synced_at", "logged_at"];
/// How a lead ended.
pub(super) const WON: [&str; 14] = [
    "won",
    "is_won",
    "converted",
    "is_converted",
    "closed_won",
    "outcome",
    "result",
    "status",
    "stage",
    "deal_stage",
    "opportunity_stage",
    "lead_status",
    "deal_status",
    "label",
];
/// When it ended.
pub(super) const CLOSED_AT: [&str; 13] = [
    "closed_at",
    "close_date",
    "closed_date",
    "closedate",
    "closed",
    "closed_on",
    "date_closed",
    "won_at",
    "lost_at",
    "converted_at",
    "conversion_date",
    "converted_date",
    "decided_at",
];
/// What the deal was worth.
pub(super) const WORTH: [&str; 9] = ["value", "deal_value", "deal_size", "amount", "revenue", "acv", "arr", "mrr", "won_amount"];

/// Why a column of that name is filled in or changed after creation (rule: attributes are known at creation); `None` when it may well be one.
pub(super) fn changes_later(snake: &str) -> Option<&'static str> {
    const OWNERS: [&str; 12] = [
        "owner",
        "assigned_to",
        "assignee",
        "sales_rep",
        "rep",
        "agent",
        "lead_owner",
        "account_owner",
        "contact_owner",
        "deal_owner",
        "opportunity_owner",
        "record_owner",
    ];
    const STATUS_OF: [&str; 9] = ["", "lead_", "deal_", "opportunity_", "sales_", "current_", "pipeline_", "contact_", "lifecycle_"];
    const AFTER: [&str; 7] = ["lost_reason", "loss_reason", "won_reason", "win_reason", "close_reason", "closed_reason", "disposition"];
    let owner = OWNERS.iter().any(|o| snake.strip_prefix(o).is_some_and(|rest| matches!(rest, "" | "_id" | "_name" | "_email")));
    let status = STATUS_OF.iter().any(|prefix| {
        snake.strip_prefix(prefix).is_some_and(|rest| {
            ["status", "stage", "state_of_lead", "substatus"]
                .iter()
                .any(|s| rest.strip_prefix(s).is_some_and(|end| matches!(end, "" | "_id" | "_name" | "_code")))
        })
    });
    let mut words = snake.split('_');
    if owner {
        Some("who works a lead is decided after its creation")
    } else if status {
        Some("a status changes until the lead closes, and then tells how it closed")
    } else if snake.starts_with("last_") && !snake.ends_with("name") {
        Some("what happened last is known only at extraction; events tell it without looking ahead")
    } else if words.any(|w| matches!(w, "modified" | "updated" | "touched")) {
        Some("it changes whenever somebody works the lead")
    } else if CLOSED_AT.contains(&snake) || AFTER.contains(&snake) {
        Some("it is filled in when the lead closes")
    } else if WON.contains(&snake) || LABEL.contains(&snake) || words_say_the_end(snake) {
        Some("by its name it says how the lead ended; give label= or schema.outcomes if it is meant to")
    } else {
        None
    }
}

/// Why a column of that name often is written by those who work a lead, when they have learned how it goes. Some such names are harmless, so inference keeps
/// the column, and the leakage report tells of it.
pub(super) fn often_written_later(snake: &str) -> Option<&'static str> {
    const JUDGED: [&str; 9] =
        ["tag", "tags", "lead_tags", "lead_quality", "lead_profile", "lead_rating", "lead_grade", "lead_score", "lead_temperature"];
    const NOTED: [&str; 9] =
        ["remarks", "lead_remarks", "sales_notes", "call_notes", "call_result", "call_outcome", "call_duration", "next_step", "next_steps"];
    if JUDGED.contains(&snake) {
        Some("sales or a program judges a lead while it is worked, and again when it closes")
    } else if NOTED.contains(&snake) {
        Some("it is written after somebody has spoken with the lead")
    } else {
        None
    }
}

/// `deal_won`, `closed_value`, `is_converted` ...
fn words_say_the_end(snake: &str) -> bool {
    snake.split('_').any(|word| matches!(word, "won" | "lost" | "converted" | "closed"))
        || ["deal_value", "deal_size", "deal_amount"].contains(&snake)
}

/// Whether the name says that the column identifies something.
pub(super) fn names_identifier(snake: &str) -> bool {
    matches!(snake, "id" | "uuid" | "guid" | "key" | "index" | "row" | "row_number" | "rowid" | "number")
        || ["_id", "_uuid", "_guid", "_key", "_number", "_no", "_ref"].iter().any(|end| snake.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_that_change_later_are_known_by_name() {
        for name in [
            "owner",
            "lead_owner",
            "owner_id",
            "status",
            "lead_status",
            "deal_stage",
            "last_activity",
            "last_notable_activity",
            "modified_date",
            "updated_at",
            "last_touched",
            "close_date",
            "lost_reason",
            "lifecycle_stage",
            "deal_won",
            "won",
            "closed_value",
            "deal_value",
        ] {
            assert!(changes_later(name).is_some(), "{name}");
        }
        for name in ["marital_status", "last_name", "home_owner_flag", "industry", "employment_status", "statue", "stage_play", "ownership"]
        {
            assert!(changes_later(name).is_none(), "{name}");
        }
    }
}
