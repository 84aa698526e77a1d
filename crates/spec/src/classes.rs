//! `classes` and `relabel` of `[base.data]`: which classes a trial sees, and under which names.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::check::{Problem, Problems};
use crate::{DataSpec, DatasetCard, suggest};

/// A class of a dataset, by its place in the card's list or by its name there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClassRef {
    /// Counted from 0.
    Index(usize),
    /// As the card has it.
    Name(String),
}

/// What becomes of the classes of a dataset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenClasses {
    /// Names; a label is an index into this list.
    pub names: Vec<String>,
    /// Of each class of the dataset the label that it gets; none if its examples are left out.
    pub labels: Vec<Option<u32>>,
}

impl DataSpec {
    /// Whether labels are those of the files.
    pub fn sees_all_classes(&self) -> bool {
        self.classes.is_empty() && self.relabel.is_empty()
    }

    /// What becomes of the classes of a dataset that has these, or all that is wrong with that.
    ///
    /// The classes in `classes`, in that order (all of them when it is empty), each under the name
    /// that `relabel` gives it, or its own; what shares a name is one class. New classes are in the
    /// order of first use.
    pub fn seen_classes(&self, classes: &[String]) -> Result<SeenClasses, Vec<Problem>> {
        let mut found = Problems::default();
        let chosen = self.chosen(classes, &mut found);
        self.check_relabel(classes, &chosen, &mut found);
        let mut seen = SeenClasses { names: Vec::new(), labels: vec![None; classes.len()] };
        for &class in &chosen {
            let name = self.relabel.get(&classes[class]).unwrap_or(&classes[class]);
            let label = seen.names.iter().position(|known| known == name).unwrap_or_else(|| {
                seen.names.push(name.clone());
                seen.names.len() - 1
            });
            seen.labels[class] = Some(label as u32); // as many as classes, which fit
        }
        if found.0.is_empty() && !self.sees_all_classes() && seen.names.len() < 2 {
            let key = if self.relabel.is_empty() { "data.classes" } else { "data.relabel" };
            let only = suggest::list(&seen.names, "and");
            let message = format!("only one class is left: {only}");
            found.add_with_help(key, message, "there is nothing to tell apart; keep two or more");
        }
        if found.0.is_empty() { Ok(seen) } else { Err(found.0) }
    }

    /// The names of the classes that a trial on this dataset sees; those of the card if the spec
    /// does not fit it.
    pub fn class_names(&self, card: &DatasetCard) -> Vec<String> {
        match self.seen_classes(&card.classes) {
            Ok(seen) => seen.names,
            Err(_) => card.classes.clone(),
        }
    }

    fn chosen(&self, classes: &[String], found: &mut Problems) -> Vec<usize> {
        if self.classes.is_empty() {
            return (0..classes.len()).collect();
        }
        let mut chosen = Vec::new();
        for (at, class) in self.classes.iter().enumerate() {
            let key = format!("data.classes.{at}");
            let index = match class {
                ClassRef::Index(index) => Some(*index).filter(|index| *index < classes.len()),
                ClassRef::Name(name) => classes.iter().position(|known| known == name),
            };
            match index {
                None => {
                    let message = format!("dataset `{}` has no class {class}", self.dataset);
                    let help = match class {
                        ClassRef::Index(_) => {
                            format!("indices go from 0 to {}", classes.len().saturating_sub(1))
                        }
                        ClassRef::Name(name) => suggest::help(name, "classes", classes),
                    };
                    found.add_with_help(&key, message, help);
                }
                Some(index) if chosen.contains(&index) => {
                    let message = format!("class `{}` is listed twice", classes[index]);
                    found.add_with_help(&key, message, "list it once");
                }
                Some(index) => chosen.push(index),
            }
        }
        chosen
    }

    fn check_relabel(&self, classes: &[String], chosen: &[usize], found: &mut Problems) {
        for (old, new) in &self.relabel {
            let key = format!("data.relabel.{old}");
            match classes.iter().position(|known| known == old) {
                None => {
                    let message = format!("dataset `{}` has no class `{old}`", self.dataset);
                    found.add_with_help(&key, message, suggest::help(old, "classes", classes));
                }
                Some(index) if !chosen.contains(&index) => {
                    let message = format!("class `{old}` is not among `classes`");
                    found.add_with_help(&key, message, "list it there, or delete this line");
                }
                Some(_) if new.trim().is_empty() => {
                    found.add(&key, format!("class `{old}` gets no name"));
                }
                Some(_) => {}
            }
        }
    }
}

impl fmt::Display for ClassRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Index(index) => write!(f, "{index}"),
            Self::Name(name) => write!(f, "`{name}`"),
        }
    }
}

impl Serialize for ClassRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Index(index) => serializer.serialize_u64(*index as u64),
            Self::Name(name) => serializer.serialize_str(name),
        }
    }
}

impl<'de> Deserialize<'de> for ClassRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ClassRefVisitor)
    }
}

struct ClassRefVisitor;

impl de::Visitor<'_> for ClassRefVisitor {
    type Value = ClassRef;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a class, or its index from 0")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<ClassRef, E> {
        Ok(ClassRef::Name(name.to_owned()))
    }

    fn visit_i64<E: de::Error>(self, n: i64) -> Result<ClassRef, E> {
        let index = usize::try_from(n).map(ClassRef::Index);
        index.map_err(|_| E::invalid_value(de::Unexpected::Signed(n), &self))
    }

    fn visit_u64<E: de::Error>(self, n: u64) -> Result<ClassRef, E> {
        let index = usize::try_from(n).map(ClassRef::Index);
        index.map_err(|_| E::invalid_value(de::Unexpected::Unsigned(n), &self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits() -> Vec<String> {
        (0..10).map(|digit| digit.to_string()).collect()
    }

    fn data(more: &str) -> DataSpec {
        let text = format!("dataset = 'd'\ntrain-size = 'all'\nval-fraction = 0.2\n{more}");
        toml::from_str(&text).unwrap()
    }

    #[track_caller]
    fn check(more: &str, names: &[&str], labels: &[(usize, u32)]) {
        let seen = data(more).seen_classes(&digits()).unwrap();
        assert_eq!(seen.names, names);
        let mut expected = vec![None; 10];
        labels.iter().for_each(|&(class, label)| expected[class] = Some(label));
        assert_eq!(seen.labels, expected);
    }

    #[test]
    fn a_subset_is_renumbered_in_its_own_order() {
        check("classes = ['5', 3]", &["5", "3"], &[(5, 0), (3, 1)]);
        let names = digits();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let all: Vec<(usize, u32)> = (0..10).zip(0..).collect();
        check("", &names, &all);
        check("classes = []\nrelabel = {}", &names, &all);
    }

    #[test]
    fn what_shares_a_name_is_one_class_in_order_of_first_use() {
        let odd = "relabel = { 1 = 'odd', 3 = 'odd', 2 = 'even', 0 = 'even' }";
        check(
            &format!("classes = [3, 0, 1, 2]\n{odd}"),
            &["odd", "even"],
            &[(3, 0), (0, 1), (1, 0), (2, 1)],
        );
        // A class that is not renamed keeps its name, and one may join it.
        check("classes = [7, 1, 2]\nrelabel = { 1 = '7' }", &["7", "2"], &[(7, 0), (1, 0), (2, 1)]);
    }

    #[test]
    fn everything_wrong_is_told_at_its_key() {
        let keys = |more: &str| -> Vec<String> {
            let problems = data(more).seen_classes(&digits()).unwrap_err();
            problems.into_iter().map(|problem| problem.key).collect()
        };
        assert_eq!(keys("classes = [3, 10, 'x']"), ["data.classes.1", "data.classes.2"]);
        assert_eq!(keys("classes = [3, '4', '3']"), ["data.classes.2"]);
        assert_eq!(keys("classes = [3]"), ["data.classes"]);
        assert_eq!(keys("relabel = { x = 'y' }"), ["data.relabel.x"]);
        assert_eq!(keys("classes = [1, 2, 3]\nrelabel = { 4 = 'y' }"), ["data.relabel.4"]);
        assert_eq!(keys("relabel = { 4 = ' ' }"), ["data.relabel.4"]);
        assert_eq!(keys("classes = [1, 2]\nrelabel = { 1 = 'y', 2 = 'y' }"), ["data.relabel"]);
    }

    #[test]
    fn names_and_indices_are_written_as_they_were_read() {
        let spec = data("classes = ['5', 3]");
        assert_eq!(serde_json::to_value(&spec.classes).unwrap(), serde_json::json!(["5", 3]));
        assert!(serde_json::from_str::<ClassRef>("-1").is_err());
        assert!(serde_json::from_str::<ClassRef>("1.5").is_err());
        let plain = serde_json::to_value(data("classes = []\nrelabel = {}")).unwrap();
        assert_eq!(plain, serde_json::to_value(data("")).unwrap());
    }
}
