//! The sentences for a sales rep.

use super::world::{Reads, START, SourceEvent, fit, raw};

#[test]
fn values_are_told_in_plain_words() {
    let event = |lead, kind| SourceEvent { lead, at: START, recorded_at: START, kind, channel: Some(0), value: 1.0 };
    let events: Vec<SourceEvent> = (0..4).flat_map(|lead| [event(lead, 0), event(lead, 3)]).collect();
    let plan = fit(&raw(&events, true), Reads::All);
    let nan = f32::NAN;
    for (name, value, sentence) in [
        ("demo_request.count.7d", 3.0, "3 demo requests in the last 7 days"),
        ("demo_request.count.7d", 1.0, "1 demo request in the last 7 days"),
        ("demo_request.count.30d", 0.0, "no demo request in the last 30 days"),
        ("demo_request.count.1d", 2.0, "2 demo requests in the last day"),
        ("demo_request.count.ever", 0.0, "no demo request yet"),
        ("demo_request.count.ever", 12.0, "12 demo requests so far"),
        ("demo_request.recency", 2.4, "last demo request 2 days ago"),
        ("demo_request.recency", 0.25, "last demo request 6 hours ago"),
        ("demo_request.recency", nan, "no demo request yet"),
        ("demo_request.decayed.7d", 1.5, "recent demo requests weigh 1.5 (half after 7 days)"),
        ("demo_request.decayed.7d", 0.0, "no recent demo request"),
        ("demo_request.sum.90d", 1200.0, "demo requests add up to 1,200 in the last 90 days"),
        ("web_visit.active_days.30d", 3.0, "web visits on 3 days in the last 30 days"),
        ("events.count.7d", 5.0, "5 events in the last 7 days"),
        ("events.active_days.7d", 1.0, "events on 1 day in the last 7 days"),
        ("events.recency", nan, "no event yet"),
        ("events.last_kind", 0.0, "last event was demo request"),
        ("events.last_kind", 2.0, "last event was of another kind"),
        ("events.first_channel", 0.0, "first event came through web"),
        ("events.first_channel", nan, "no known channel"),
        ("events.first_delay", -3.0, "first event 3 days before creation"),
        ("events.first_delay", nan, "time to the first event is not known"),
        ("events.first_delay", 0.02, "first event less than an hour after creation"),
        ("events.momentum.7d", 0.5, "more events in the last 7 days than in the same time before"),
        ("events.momentum.7d", -1.0, "fewer events in the last 7 days than in the same time before"),
        ("events.momentum.7d", nan, "too few events to compare"),
        ("events.pace.30d", 2.0, "events in the last 30 days at 2 times the usual rate"),
        ("events.trend.28d", -1.5, "events fall by 1.5 a week over four weeks"),
        ("events.gap.mean", 2.0, "2 days between events on average"),
        ("events.gap.last", 0.25, "6 hours between the last two events"),
        ("events.since_first", 12.0, "first event 12 days ago"),
        ("events.streak", 3.0, "events on 3 days in a row up to now"),
        ("events.streak", 0.0, "no event today or yesterday"),
        ("events.streak.longest", 1.0, "events on at most 1 day in a row"),
        ("events.value.mean", 12.5, "value of events is 12.5 on average"),
        ("events.kinds.7d", 2.0, "2 kinds of events in the last 7 days"),
        ("events.channels.ever", 1.0, "1 channel used so far"),
        ("events.signals.30d", 1.0, "1 intent signal in the last 30 days"),
        ("events.channel_entropy", 1.0, "events spread over channels with 1 bit of entropy"),
        ("events.night_share", 0.25, "25 % of events at night"),
        ("events.weekend_share", nan, "no event yet"),
        ("intent.buying.count.7d", 2.0, "2 buyings in the last 7 days"),
        ("account.count.7d", 3.0, "3 events of the account's other leads in the last 7 days"),
        ("account.count.30d", 0.0, "no event of the account's other leads in the last 30 days"),
        ("account.recency", 2.0, "last event of the account's other leads 2 days ago"),
        ("account.recency", nan, "no event of the account's other leads is known"),
        ("account.momentum.7d", 0.5, "more events of the account's other leads in the last 7 days than in the same time before"),
        ("account.gap.mean", nan, "too few events of the account's other leads to compare"),
        ("account.value.last", 3.0, "value of the last event of the account's other leads is 3"),
        ("account.decayed.7d", 1.5, "recent events of the account's other leads weigh 1.5 (half after 7 days)"),
        ("account.count.ever", nan, "nothing is known of the account's other leads"),
        ("account.demo_request.count.7d", 2.0, "2 demo requests of the account's other leads in the last 7 days"),
        ("account.demo_request.count.ever", 0.0, "no demo request of the account's other leads yet"),
        ("account.demo_request.count.ever", nan, "nothing is known of the account's other leads"),
        ("account.demo_request.recency", nan, "no demo request of the account's other leads is known"),
        ("account.contact.streak", 2.0, "contacts of the account's other leads on 2 days in a row up to now"),
        ("account.intent.buying.count.7d", 1.0, "1 buying of the account's other leads in the last 7 days"),
        ("account.last_kind", 0.0, "last event of the account's other leads was demo request"),
        ("account.last_kind", nan, "no event of the account's other leads is known"),
        ("account.first_channel", 0.0, "first event of the account's other leads came through web"),
        ("account.kinds.7d", 2.0, "2 kinds of events of the account's other leads in the last 7 days"),
        ("account.kinds.7d", nan, "nothing is known of the account's other leads"),
        ("account.channels.ever", 1.0, "1 channel of events of the account's other leads so far"),
        ("account.signals.30d", 1.0, "1 intent signal of the account's other leads in the last 30 days"),
        ("account.first_delay", -3.0, "first event of the account's other leads 3 days before the lead's creation"),
        ("account.first_delay", 2.0, "first event of the account's other leads 2 days after the lead's creation"),
        ("account.first_delay", nan, "time to the first event of the account's other leads is not known"),
        ("account.night_share", 0.25, "25 % of events of the account's other leads at night"),
        ("industry", 0.0, "industry is software"),
        ("industry", 1.0, "industry is a rare or new value"),
        ("industry", nan, "industry is missing"),
        ("employees", 1200.0, "employees is 1,200"),
        ("employees", nan, "employees is missing"),
        ("newsletter", 1.0, "newsletter is yes"),
        ("comment", 11.0, "comment has 11 characters"),
        ("comment.filled", 0.0, "comment is empty"),
        ("email", 1.0, "email is known"),
        ("phone", 0.0, "no phone"),
        ("email.valid", 0.0, "email is malformed"),
        ("email.valid", nan, "no email"),
        ("email.provider", 0.0, "email is of a business mailbox"),
        ("email.provider", nan, "no valid email"),
        ("email.generic", 1.0, "email is a shared mailbox such as info@"),
        ("email.domain", 0.0, "domain of email is a rare or new one"),
        ("phone.valid", 1.0, "phone is well-formed"),
        ("phone.country", nan, "country of phone is not known"),
        ("title", 0.0, "title is vp sales"),
        ("title.seniority", 9.0, "seniority by title is vice president"),
        ("title.seniority", nan, "title says no seniority"),
        ("title.department", 11.0, "department by title is sales"),
        ("founded.month", 12.0, "founded is in December"),
        ("founded.weekday", 6.0, "founded is a Sunday"),
        ("founded.after_creation", -3.5, "founded is 3 days before creation"),
        ("founded.after_creation", nan, "founded is not known"),
        ("founded", 400.0, "founded was 400 days ago"),
        ("founded", nan, "founded is not known"),
        ("renewal", -12.0, "renewal is in 12 days"),
        ("age", 1.0, "created 1 day ago"),
        ("created.weekday", 0.0, "created on a Monday"),
        ("created.hour", 14.0, "created between 14:00 and 15:00 UTC"),
    ] {
        let feature = plan.features().iter().position(|feature| feature.name == name).unwrap_or_else(|| panic!("no feature {name}"));
        assert_eq!(plan.describe(feature, value), sentence, "{name}");
    }
}

#[test]
fn every_feature_has_a_sentence_of_its_own() {
    let event = |lead, kind| SourceEvent { lead, at: START, recorded_at: START, kind, channel: Some(0), value: 1.0 };
    let events: Vec<SourceEvent> = (0..4).flat_map(|lead| [event(lead, 0), event(lead, 3)]).collect();
    let plan = fit(&raw(&events, true), Reads::All);
    let mut sentences: Vec<String> = (0..plan.features().len()).map(|feature| plan.meaning(feature)).collect();
    let meaning = |name: &str| {
        let place = plan.features().iter().position(|feature| feature.name == name);
        place.map(|feature| sentences[feature].as_str())
    };
    for (name, sentence) in [
        ("demo_request.count.7d", "how many demo requests in the last 7 days"),
        ("demo_request.count.ever", "how many demo requests so far"),
        ("demo_request.recency", "days since the last demo request"),
        ("demo_request.decayed.7d", "how many demo requests, each counting half as much after every 7 days"),
        ("events.trend.28d", "by how much events a week rise or fall from week to week over 4 weeks"),
        ("account.gap.last", "days between the last two events of the account's other leads"),
        (
            "account.first_delay",
            "days from the lead's creation to the first event of the account's other leads, below 0 when that was before",
        ),
        ("intent.buying.count.1d", "how many events of the intent signal buying in the last day"),
        ("industry", "industry"),
        ("comment", "length of comment"),
        ("email.provider", "who gives out the mailbox of email"),
        ("title.seniority", "seniority that title says"),
        ("founded", "days since founded; not known while it lies ahead"),
    ] {
        assert_eq!(meaning(name), Some(sentence), "{name}");
    }
    assert!(sentences.iter().all(|sentence| !sentence.is_empty()));
    sentences.sort_unstable();
    sentences.dedup();
    assert_eq!(sentences.len(), plan.features().len(), "no two features mean the same");
    assert_eq!(plan.meaning(usize::MAX), "");
}

#[test]
fn answers_say_who_took_how_long_to_answer_whom() {
    let plan = fit(&raw(&[], true), Reads::Parties);
    let place = |name: &str| plan.features().iter().position(|feature| feature.name == name).unwrap_or_else(|| panic!("no feature {name}"));
    let nan = f32::NAN;
    for (name, value, sentence) in [
        ("response.first_contact", 2.0, "first contact by sales 2 days after creation"),
        ("response.first_contact", -2.0, "first contact by sales 2 days before creation"),
        ("response.first_contact", nan, "no contact by sales yet"),
        ("response.lead.mean", 2.0, "the lead took 2 days to answer on average"),
        ("response.sales.last", 0.25, "sales took 6 hours to answer last"),
        ("response.sales.mean", nan, "no answer by sales yet"),
        ("account.response.first_contact", -2.0, "first contact by sales with the account's other leads 2 days before the lead's creation"),
        ("account.response.first_contact", nan, "no contact by sales with the account's other leads is known"),
        ("account.response.lead.mean", 2.0, "the account's other leads took 2 days to answer on average"),
        ("account.response.lead.last", nan, "no answer by the account's other leads is known"),
        ("account.response.sales.mean", 2.0, "sales took 2 days to answer the account's other leads on average"),
        ("account.response.sales.last", 0.25, "sales took 6 hours to answer the account's other leads last"),
        ("account.response.sales.last", nan, "no answer by sales to the account's other leads is known"),
    ] {
        assert_eq!(plan.describe(place(name), value), sentence, "{name}");
        assert_eq!(plan.unit(place(name)), "days", "{name}");
    }
    for (name, meaning) in [
        ("response.lead.mean", "days that the lead takes to answer, on average"),
        ("response.sales.last", "days that the last answer of sales took"),
        ("account.response.lead.mean", "days that the account's other leads take to answer, on average"),
        ("account.response.sales.last", "days that the last answer of sales to the account's other leads took"),
        (
            "account.response.first_contact",
            "days from the lead's creation to the first contact by sales with the account's other leads, below 0 when that was before",
        ),
    ] {
        assert_eq!(plan.meaning(place(name)), meaning, "{name}");
    }
}
