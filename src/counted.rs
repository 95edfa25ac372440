//! A number of things in a message: `1 row`, `2 rows`.

use std::fmt;

/// `n` of what `one` is called; the plural takes an "s".
pub(crate) fn counted(n: usize, one: &'static str) -> Counted {
    Counted { n, one }
}

/// See [`counted`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counted {
    n: usize,
    one: &'static str,
}

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}{}", self.n, self.one, if self.n == 1 { "" } else { "s" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_singular() {
        assert_eq!([0, 1, 2].map(|n| counted(n, "row").to_string()), ["0 rows", "1 row", "2 rows"]);
    }
}
