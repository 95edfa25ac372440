//! Leads whose own clock the plan does not know, although the schema says which column names their time zone.

use super::fit::count_categories;
use super::{FeaturePlan, FeatureSettings, LeadTable};

/// How many words are given as examples.
const EXAMPLES: usize = 5;
/// From this share of the leads on, they are spoken of.
const MANY: f64 = 0.01;

impl FeaturePlan {
    /// What to do about leads that are told by the schema's clock because nobody can tell the time zone that their word names; `None` when they are few.
    /// Only words that enough leads have are named.
    pub(crate) fn without_a_clock(&self, leads: &LeadTable, settings: &FeatureSettings) -> Option<String> {
        let zones = self.recipe.lead_zones.as_ref()?;
        let plan = self.recipe.attributes.get(usize::from(zones.attribute))?;
        // A word that is none has been refused in fitting.
        let counts = count_categories(plan, leads).ok()?;
        let (mut nameless, mut rare, mut beyond) = (Vec::new(), 0, 0);
        for (word, count) in counts {
            match plan.categories().binary_search(&word) {
                Ok(place) if zones.of_category[place] == 0 => nameless.push((count, word)),
                Ok(_) => {}
                Err(_) if count < settings.min_category_leads => rare += count,
                Err(_) => beyond += count,
            }
        }
        nameless.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        let share = |count: usize| count as f64 / leads.len().max(1) as f64;
        let without: usize = nameless.iter().map(|(count, _)| count).sum();
        let mut told = Vec::new();
        if share(without) >= MANY {
            let words: Vec<String> = nameless.iter().take(EXAMPLES).map(|(_, word)| format!("\"{word}\"")).collect();
            told.push(format!(
                "{:.0} % of the leads have a word that names no time zone ({}); say by aliases of the attribute which IANA zone such a word means",
                100.0 * share(without),
                words.join(", ")
            ));
        }
        if share(rare) >= MANY {
            told.push(format!(
                "{:.0} % have a word that is on fewer than {} leads; lower features.min_category_leads",
                100.0 * share(rare),
                settings.min_category_leads
            ));
        }
        if share(beyond) >= MANY {
            told.push(format!(
                "{:.0} % have a word that is none of the {} most common; raise features.max_categories",
                100.0 * share(beyond),
                plan.categories().len()
            ));
        }
        (!told.is_empty()).then(|| {
            format!(
                "{}: the clock of these leads is not known, and the schema's tells their nights and weekends: {}",
                plan.name(),
                told.join("; ")
            )
        })
    }
}

#[cfg(all(test, feature = "frame"))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::schema::Schema;
    use crate::{AttributeColumn, FeaturePlan, FeatureSettings, LeadTable, RawEvents, TextColumn};

    /// What is said of a hundred leads of which this many have each word.
    fn said(words: &[(&str, usize)]) -> Option<String> {
        said_with(&FeatureSettings::default(), words)
    }

    fn said_with(settings: &FeatureSettings, words: &[(&str, usize)]) -> Option<String> {
        let mut leads = LeadTable { ids: (0..100).map(|i| i.to_string()).collect(), ..LeadTable::default() };
        let codes = (0_u32..).zip(words).flat_map(|(code, &(_, n))| std::iter::repeat_n(code, n)).collect();
        let words = words.iter().map(|&(word, _)| word.to_owned()).collect();
        leads.attributes.push(("tz".to_owned(), AttributeColumn::Text(TextColumn { words, codes })));
        let schema = Schema::new().created_at("created").categorical("tz").lead_time_zone("tz");
        FeaturePlan::fit(&schema, &leads, &RawEvents::default(), settings).unwrap().without_a_clock(&leads, settings)
    }

    #[test]
    fn words_that_name_no_zone_are_spoken_of_and_rare_ones_without_their_names() {
        let all = said(&[("PST", 24), ("Europe/Berlin", 30), ("utc+2", 30), ("Asia/Tokyo", 16)]).unwrap();
        assert!(all.starts_with("tz: the clock of these leads is not known"), "{all}");
        assert!(all.contains("54 % of the leads have a word that names no time zone (\"utc+2\", \"pst\"); say by aliases"), "{all}");
        assert!(all.contains("16 % have a word that is on fewer than 20 leads") && !all.contains("tokyo"), "{all}");
        assert_eq!(said(&[("Europe/Berlin", 50), ("America/Lima", 50)]), None);
    }

    #[test]
    fn the_setting_that_binds_is_the_one_to_change() {
        let words = [("Europe/Berlin", 40), ("America/Lima", 30), ("Asia/Tokyo", 26), ("Asia/Seoul", 4)];
        let all = said_with(&FeatureSettings::default().max_categories(2), &words).unwrap();
        assert!(all.contains("26 % have a word that is none of the 2 most common; raise features.max_categories"), "{all}");
        assert!(all.contains("4 % have a word that is on fewer than 20 leads; lower features.min_category_leads"), "{all}");
        let all = said_with(&FeatureSettings::default().max_categories(1).min_category_leads(1), &words).unwrap();
        assert!(!all.contains("min_category_leads"), "{all}");
    }
}
