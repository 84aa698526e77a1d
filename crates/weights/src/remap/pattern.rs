//! `Pattern`: names that differ in numbers and in one part.

use std::collections::BTreeMap;

use super::RemapError;

/// A name with gaps.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pattern {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Text(String),
    /// What stands there is `name` and `more` together.
    Number {
        name: String,
        more: i64,
    },
    /// Anything, but something.
    Rest,
}

/// What stood in the gaps.
#[derive(Debug, Default)]
pub(crate) struct Captured<'n> {
    numbers: BTreeMap<String, i64>,
    rest: &'n str,
}

impl Pattern {
    pub(crate) fn parse(pattern: &str) -> Result<Self, RemapError> {
        let refuse = |problem: String| RemapError::Pattern { pattern: pattern.to_owned(), problem };
        let mut parts: Vec<Part> = Vec::new();
        let mut left = pattern;
        while let Some(first) = left.chars().next() {
            let (part, rest) = match first {
                '*' => (Part::Rest, &left[1..]),
                '}' => return Err(refuse("a brace does not begin".to_owned())),
                '{' => {
                    let end = left.find('}');
                    let end = end.ok_or_else(|| refuse("a brace does not end".to_owned()))?;
                    let (inside, rest) = (&left[1..end], &left[end + 1..]);
                    let number = number(inside).ok_or_else(|| {
                        let what = "is no name of a number, perhaps with +1 or -1";
                        refuse(format!("`{{{inside}}}` {what}"))
                    })?;
                    (number, rest)
                }
                _ => {
                    let end = left.find(['*', '{', '}']).unwrap_or(left.len());
                    (Part::Text(left[..end].to_owned()), &left[end..])
                }
            };
            if let Some(problem) = problem(&parts, &part) {
                return Err(refuse(problem));
            }
            parts.push(part);
            left = rest;
        }
        Ok(Self { parts })
    }

    /// What a pattern of the same gaps has in common with this one.
    pub(crate) fn captures(&self) -> Vec<&str> {
        let names = self.parts.iter().filter_map(|part| match part {
            Part::Text(_) => None,
            Part::Number { name, .. } => Some(name.as_str()),
            Part::Rest => Some("*"),
        });
        let mut names: Vec<&str> = names.collect();
        names.sort_unstable();
        names
    }

    /// What stands in the gaps of a name, if the pattern fits it from end to end.
    pub(crate) fn captured<'n>(&self, name: &'n str) -> Option<Captured<'n>> {
        let mut captured = Captured::default();
        fits(&self.parts, name, &mut captured).then_some(captured)
    }

    /// The name with these in its gaps; none if a number would be below 0.
    pub(crate) fn fill(&self, captured: &Captured<'_>) -> Option<String> {
        let part = |part: &Part| match part {
            Part::Text(text) => Some(text.clone()),
            Part::Number { name, more } => {
                let number = captured.numbers.get(name)?.checked_add(*more)?;
                (number >= 0).then(|| number.to_string())
            }
            Part::Rest => Some(captured.rest.to_owned()),
        };
        self.parts.iter().map(part).collect()
    }
}

/// `s`, `s+1`, `s-1`.
fn number(inside: &str) -> Option<Part> {
    let end = inside.find(['+', '-']).unwrap_or(inside.len());
    let (name, more) = inside.split_at(end);
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase());
    let more = if more.is_empty() { 0 } else { more.parse::<i32>().ok()?.into() };
    is_name.then(|| Part::Number { name: name.to_owned(), more })
}

/// Why a part cannot follow the others.
fn problem(parts: &[Part], part: &Part) -> Option<String> {
    match (part, parts.last()) {
        (Part::Rest, _) if parts.contains(&Part::Rest) => Some("more than one `*`".to_owned()),
        (Part::Number { .. }, Some(Part::Number { .. })) => {
            Some("two numbers without something between them".to_owned())
        }
        (Part::Number { .. }, Some(Part::Text(text)))
            if text.ends_with(|c: char| c.is_ascii_digit()) =>
        {
            Some("a number behind a digit".to_owned())
        }
        (Part::Number { name, .. }, _) => {
            let same = |other: &Part| matches!(other, Part::Number { name: n, .. } if n == name);
            let is_twice = parts.iter().any(same);
            is_twice.then(|| format!("number `{name}` is there twice"))
        }
        (Part::Text(_) | Part::Rest, _) => None,
    }
}

fn fits<'n>(parts: &[Part], name: &'n str, captured: &mut Captured<'n>) -> bool {
    let Some((part, parts)) = parts.split_first() else { return name.is_empty() };
    match part {
        Part::Text(text) => {
            name.strip_prefix(text.as_str()).is_some_and(|rest| fits(parts, rest, captured))
        }
        Part::Number { name: key, more } => {
            let end = name.find(|c: char| !c.is_ascii_digit()).unwrap_or(name.len());
            let (digits, rest) = name.split_at(end);
            // As numbers are written; otherwise the way back would be another.
            let is_plain = digits == "0" || !digits.starts_with('0');
            let number = digits.parse::<u32>().ok().filter(|_| is_plain);
            let Some(number) = number.map(|number| i64::from(number) - more) else { return false };
            captured.numbers.insert(key.clone(), number);
            number >= 0 && fits(parts, rest, captured)
        }
        Part::Rest => {
            let ends = name.char_indices().map(|(start, c)| start + c.len_utf8());
            // The longest that fits.
            let mut ends: Vec<usize> = ends.collect();
            ends.reverse();
            ends.into_iter().any(|end| {
                captured.rest = &name[..end];
                fits(parts, &name[end..], captured)
            })
        }
    }
}
