//! A comparison of weights with a model, for people.

use std::fmt;

use crate::Fit;
use crate::words::{plural, visible};

/// Lines of each kind. Weights of another network have thousands.
const LISTED: usize = 12;

/// One line: what is wrong with a tensor, which, its shape, and more.
struct Row {
    what: &'static str,
    name: String,
    shape: String,
    more: String,
}

impl fmt::Display for Fit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of_model =
            self.loaded.len() + self.missing.len() + self.mismatched.len() + self.fresh.len();
        write!(f, "{} of {} loaded", self.loaded.len(), plural(of_model, "tensor"))?;
        let counts = [
            (self.missing.len(), "missing"),
            (self.extra.len(), "extra"),
            (self.mismatched.len(), "of another shape"),
            (self.ambiguous.len(), "ambiguous"),
            (self.fresh.len(), "made anew"),
        ];
        for (count, what) in counts.iter().filter(|(count, _)| *count > 0) {
            write!(f, ", {count} {what}")?;
        }
        let kinds = self.rows();
        let shown = || kinds.iter().flat_map(|rows| rows.iter().take(LISTED));
        let width = |of: fn(&Row) -> &str| shown().map(|row| of(row).chars().count()).max();
        let what = width(|row| row.what).unwrap_or(0);
        let name = width(|row| &row.name).unwrap_or(0);
        let shape = width(|row| &row.shape).unwrap_or(0);
        for rows in kinds {
            for row in rows.iter().take(LISTED) {
                let line = format!(
                    "  {:what$}  {:name$}  {:shape$}  {}",
                    row.what, row.name, row.shape, row.more
                );
                write!(f, "\n{}", line.trim_end())?;
            }
            if rows.len() > LISTED {
                write!(f, "\n  and {} more", rows.len() - LISTED)?;
            }
        }
        Ok(())
    }
}

impl Fit {
    /// By kind.
    fn rows(&self) -> [Vec<Row>; 6] {
        let missing = self.missing.iter().map(|unmet| Row {
            what: "missing",
            name: visible(&unmet.name),
            shape: format!("{:?}", unmet.shape),
            more: unmet
                .nearest
                .as_ref()
                .map_or_else(String::new, |near| format!("the file has `{}`", visible(near))),
        });
        let extra = self.extra.iter().map(|stranger| Row {
            what: "extra",
            name: visible(&stranger.from),
            shape: format!("{:?}", stranger.shape),
            more: if stranger.from == stranger.name {
                String::new()
            } else {
                format!("would be `{}`", visible(&stranger.name))
            },
        });
        let mismatched = self.mismatched.iter().map(|both| Row {
            what: "other shape",
            name: visible(&both.name),
            shape: format!("{:?}", both.expected),
            more: format!("the file has {:?} in `{}`", both.found, visible(&both.from)),
        });
        let ambiguous = self.ambiguous.iter().map(|name| Row {
            what: "ambiguous",
            name: visible(name),
            shape: String::new(),
            more: "two tensors of the file would be it".to_owned(),
        });
        let idle = self.idle.iter().map(|pattern| Row {
            what: "idle",
            name: visible(pattern),
            shape: String::new(),
            more: "to be made anew, but the model has nothing of that name".to_owned(),
        });
        let fresh = self.fresh.iter().map(|fresh| Row {
            what: "made anew",
            name: visible(&fresh.name),
            shape: format!("{:?}", fresh.shape),
            more: fresh.instead_of.as_ref().map_or_else(String::new, |from| {
                format!("as asked for, instead of `{}`", visible(from))
            }),
        });
        [
            missing.collect(),
            extra.collect(),
            mismatched.collect(),
            ambiguous.collect(),
            idle.collect(),
            fresh.collect(),
        ]
    }
}
