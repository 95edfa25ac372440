//! Names of columns: compared loosely, and the nearest one found for "did you mean".

use super::SchemaError;

/// The name in lower case with its words joined by `_`: `"Last Activity"`, `lastActivity` and `LAST_ACTIVITY` are all `last_activity`.
pub(crate) fn snake(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    let mut before: Option<char> = None;
    let mut chars = name.chars().peekable();
    while let Some(c) = chars.next() {
        if c.is_alphanumeric() {
            let hump = c.is_uppercase()
                && before.is_some_and(|b| {
                    b.is_lowercase() || b.is_numeric() || (b.is_uppercase() && chars.peek().is_some_and(|n| n.is_lowercase()))
                });
            if hump && !out.ends_with('_') && !out.is_empty() {
                out.push('_');
            }
            out.extend(c.to_lowercase());
        } else if !out.is_empty() && !out.ends_with('_') {
            out.push('_');
        }
        before = Some(c);
    }
    if out.ends_with('_') {
        out.pop();
    }
    out
}

/// The candidate nearest to `name`, when one is near enough to be a slip of the pen; for "did you mean".
///
/// ```
/// assert_eq!(leadscore::nearest_name("chanel", ["at", "kind", "channel"]), Some("channel"));
/// assert_eq!(leadscore::nearest_name("page", ["at", "kind", "channel"]), None);
/// ```
pub fn nearest_name<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = snake(name);
    let allowed = (wanted.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (edit_distance(&wanted, &snake(candidate)), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The error of a column that `table` lacks, with the nearest name that it has.
pub(crate) fn missing_column(table: &'static str, column: &str, available: &[&str]) -> SchemaError {
    const SHOWN: usize = 20;
    let mut list = available.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    if available.len() > SHOWN {
        list = format!("{list} and {} more", available.len() - SHOWN);
    }
    SchemaError::MissingColumn {
        table,
        column: column.to_owned(),
        suggestion: nearest_name(column, available.iter().copied()).map(str::to_owned),
        available: if list.is_empty() { "none".to_owned() } else { list },
    }
}

/// Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`: optimal string alignment (Damerau 1964).
fn edit_distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let width = b.len() + 1;
    let mut rows = vec![0; (a.len() + 1) * width];
    for (j, cell) in rows.iter_mut().take(width).enumerate() {
        *cell = j;
    }
    for i in 1..=a.len() {
        rows[i * width] = i;
        for j in 1..=b.len() {
            let replaced = rows[(i - 1) * width + j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(rows[(i - 1) * width + j] + 1).min(rows[i * width + j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[(i - 2) * width + j - 2] + 1);
            }
            rows[i * width + j] = best;
        }
    }
    rows[a.len() * width + b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_regard_to_case_and_word_breaks() {
        for name in ["Last Activity", "lastActivity", "LAST_ACTIVITY", "last-activity", " Last  Activity "] {
            assert_eq!(snake(name), "last_activity", "{name}");
        }
        assert_eq!(snake("LeadID"), "lead_id");
        assert_eq!(snake("CRMLeadId"), "crm_lead_id");
        assert_eq!(snake("emp.var.rate"), "emp_var_rate");
        assert_eq!(snake("Größe"), "größe");
    }

    #[test]
    fn the_nearest_name_is_suggested_only_when_near() {
        let names = ["industry", "employees", "created_at"];
        assert_eq!(nearest_name("idnustry", names), Some("industry"));
        assert_eq!(nearest_name("CreatedAt", names), Some("created_at"));
        assert_eq!(nearest_name("employee", names), Some("employees"));
        assert_eq!(nearest_name("phone", names), None);
    }

    #[test]
    fn edit_distance_counts_a_swap_as_one() {
        // Reference: counted by hand.
        for (a, b, d) in [("", "abc", 3), ("abc", "acb", 1), ("kitten", "sitting", 3), ("same", "same", 0)] {
            assert_eq!(edit_distance(a, b), d, "{a} {b}");
        }
    }

    #[test]
    fn a_missing_column_names_the_nearest_and_those_there_are() {
        let error = missing_column("leads", "idnustry", &["id", "industry"]);
        assert_eq!(error.to_string(), "leads has no column \"idnustry\"; did you mean \"industry\"?; available: id, industry");
    }
}
