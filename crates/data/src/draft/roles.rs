//! Which array is what: values, labels, lengths of sequences, groups.

use fireassay_spec::ArrayPlace;

use crate::format::array_headers::ArrayHeader;

/// An array, and where it is.
pub(super) struct Found {
    pub(super) place: ArrayPlace,
    pub(super) header: ArrayHeader,
}

/// The arrays of one part.
pub(super) struct Roles {
    pub(super) values: Found,
    pub(super) labels: Found,
    /// How many steps each sequence has.
    pub(super) lengths: Option<Found>,
    /// Whose each example is.
    pub(super) groups: Option<Found>,
    /// What is none of these.
    pub(super) others: Vec<Found>,
}

/// Words in the names of arrays of labels.
const LABELS: [&str; 7] = ["class", "classes", "label", "labels", "target", "targets", "y"];
/// Of lengths.
const LENGTHS: [&str; 4] = ["len", "length", "lengths", "lens"];
/// Of groups.
const GROUPS: [&str; 10] = [
    "group",
    "groups",
    "participant",
    "participants",
    "patient",
    "patients",
    "speaker",
    "speakers",
    "subject",
    "subjects",
];

impl Found {
    /// What tells train from test.
    pub(super) fn name(&self) -> &str {
        self.place.key.as_deref().unwrap_or(&self.place.file)
    }

    pub(super) fn count(&self) -> usize {
        self.header.shape.first().copied().unwrap_or(0)
    }

    pub(super) fn rank(&self) -> usize {
        self.header.shape.len()
    }

    fn is_list_of_integers(&self) -> bool {
        self.header.is_integer && self.rank() == 1
    }

    fn is_called(&self, words: &[&str]) -> bool {
        has_word(self.name(), words)
    }
}

/// Whether something is called as what says whose each example is.
pub(super) fn is_of_groups(name: &str) -> bool {
    has_word(name, &GROUPS)
}

fn has_word(name: &str, words: &[&str]) -> bool {
    let name = name.to_lowercase();
    name.split(|c: char| !c.is_alphanumeric()).any(|word| words.contains(&word))
}

/// By names where there are several lists of integers; the only one is that of the labels. `None`
/// if that leaves more than one array, or none, to be the values.
pub(super) fn roles(arrays: Vec<Found>) -> Option<Roles> {
    let (mut lists, mut rest): (Vec<Found>, Vec<Found>) =
        arrays.into_iter().partition(Found::is_list_of_integers);
    let lengths = if lists.len() > 1 { take(&mut lists, &LENGTHS) } else { None };
    let groups = if lists.len() > 1 { take(&mut lists, &GROUPS) } else { None };
    let labels = if lists.len() == 1 { lists.pop() } else { take(&mut lists, &LABELS) }?;
    let count = labels.count();
    let goes_with = |found: &Found| found.count() == count;
    if ![&lengths, &groups].into_iter().flatten().all(goes_with) {
        return None;
    }
    // All steps of all examples stand one after the other when their lengths are known.
    let fits = |found: &Found| lengths.is_some() || goes_with(found);
    let place = rest.iter().position(fits)?;
    let values = rest.remove(place);
    if rest.iter().any(fits) {
        return None;
    }
    lists.append(&mut rest);
    Some(Roles { values, labels, lengths, groups, others: lists })
}

/// The only list whose name has one of the words.
fn take(lists: &mut Vec<Found>, words: &[&str]) -> Option<Found> {
    let mut called = (0..).zip(lists.iter()).filter(|(_, list)| list.is_called(words));
    let ((place, _), None) = (called.next()?, called.next()) else { return None };
    Some(lists.remove(place))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(key: &str, shape: &[usize], is_integer: bool) -> Found {
        let place = ArrayPlace { file: "a.npz".to_owned(), key: Some(key.to_owned()) };
        let header = ArrayHeader { shape: shape.to_vec(), is_integer, is_byte: false };
        Found { place, header }
    }

    fn names(arrays: Vec<Found>) -> Option<String> {
        let roles = roles(arrays)?;
        let optional =
            |found: &Option<Found>| found.as_ref().map_or("-".into(), |f| f.name().to_owned());
        let others: Vec<&str> = roles.others.iter().map(Found::name).collect();
        Some(format!(
            "{} {} {} {} [{}]",
            roles.values.name(),
            roles.labels.name(),
            optional(&roles.lengths),
            optional(&roles.groups),
            others.join(" ")
        ))
    }

    #[test]
    fn names_tell_lists_apart() {
        let check = |arrays: Vec<Found>, expected: Option<&str>| {
            assert_eq!(names(arrays).as_deref(), expected);
        };
        let values = || array("X", &[9, 2], false);
        let list = |key| array(key, &[4], true);
        check(vec![array("a", &[4, 2], false), list("b")], Some("a b - - []"));
        check(
            vec![values(), list("lengths"), list("side"), list("subject_ids"), list("y")],
            Some("X y lengths subject_ids [side]"),
        );
        check(
            vec![array("X_train", &[4, 3], false), list("y_train")],
            Some("X_train y_train - - []"),
        );
        check(vec![array("x", &[4, 3], false), list("p"), list("q")], None);
        check(vec![values(), list("y")], None);
        check(vec![array("a", &[4, 2], false), array("b", &[4, 2], false), list("y")], None);
        check(vec![list("y")], None);
    }
}
