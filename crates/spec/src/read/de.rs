//! `De`: a serde deserializer over a tree that obeys marks and says where an error lies.

use std::collections::btree_map;

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::fault::{Fault, Kind, Wanted};
use super::stand_in::{self, StandIn};
use super::{Mark, Marks};
use crate::tree::{Entry, Node, Value};

/// A node with the marks below it.
#[derive(Clone, Copy)]
pub(super) struct De<'a> {
    pub(super) node: &'a Node,
    pub(super) marks: Option<&'a Marks>,
}

impl<'a> De<'a> {
    fn not<T>(self, wanted: &Wanted) -> Result<T, Fault> {
        Err(Fault::not(wanted, self.node.words()))
    }

    fn count<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.node.value {
            Value::Int(n) if n >= 0 => visitor.visit_u64(n.unsigned_abs()),
            _ => self.not(&Wanted::Count),
        }
    }

    fn below(self, step: &str) -> Option<&'a Marks> {
        self.marks.and_then(|marks| marks.below.get(step))
    }
}

/// Reads what lies one step below, or its stand-in.
fn descend<'de, S: DeserializeSeed<'de>>(
    seed: S,
    step: &str,
    node: Option<&Node>,
    marks: Option<&Marks>,
) -> Result<S::Value, Fault> {
    let stand_in = marks.filter(|marks| marks.mark == Some(Mark::StandIn));
    let result = match (stand_in, node) {
        (None, Some(node)) => seed.deserialize(De { node, marks }),
        (stand_in, _) => seed.deserialize(StandIn::new(stand_in.map(|marks| &marks.wanted))),
    };
    result.map_err(|fault| fault.inside(step))
}

impl<'de> Deserializer<'de> for De<'_> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.node.value {
            Value::Bool(v) => visitor.visit_bool(*v),
            Value::Float(v) => visitor.visit_f64(*v),
            Value::Int(v) => visitor.visit_i64(*v),
            Value::List(_) => self.deserialize_seq(visitor),
            Value::Other(_) => self.not(&Wanted::Any),
            Value::Table(_) => self.deserialize_map(visitor),
            Value::Text(v) => visitor.visit_str(v),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.node.value {
            Value::Bool(v) => visitor.visit_bool(v),
            _ => self.not(&Wanted::Bool),
        }
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.count(visitor)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.count(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.node.value {
            Value::Float(v) => visitor.visit_f64(v),
            Value::Int(v) => visitor.visit_f64(v as f64),
            _ => self.not(&Wanted::Number),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.node.value {
            Value::Text(v) => visitor.visit_str(v),
            _ => self.not(&Wanted::Text),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_some(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.node.value {
            Value::List(items) => visitor.visit_seq(Items { de: self, items, next: 0 }),
            _ => self.not(&Wanted::List),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_struct("", &[], visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let Value::Table(entries) = &self.node.value else {
            return self.not(&Wanted::Table(fields));
        };
        let marks = self.marks.map_or_else(Default::default, |marks| marks.below.iter());
        visitor.visit_map(Entries { de: self, entries: entries.iter(), marks, current: None })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let (name, content) = match &self.node.value {
            Value::Text(name) => (name, None),
            Value::Table(entries) if entries.len() == 1 => match entries.iter().next() {
                Some((name, entry)) => (name, Some(&entry.node)),
                None => return self.not(&Wanted::OneOf(variants)),
            },
            Value::Table(_) => return Err(Fault::new(Kind::OneOnly { expected: variants })),
            _ => return self.not(&Wanted::OneOf(variants)),
        };
        visitor.visit_enum(Variant { name, content, marks: self.below(name) })
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u16 u128 f32 char bytes byte_buf unit unit_struct newtype_struct
        tuple tuple_struct identifier
    }
}

struct Items<'a> {
    de: De<'a>,
    items: &'a [Node],
    next: usize,
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Fault;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Fault> {
        let Some(node) = self.items.get(self.next) else {
            return Ok(None);
        };
        let step = self.next.to_string();
        self.next += 1;
        descend(seed, &step, Some(node), self.de.below(&step)).map(Some)
    }
}

/// The table's entries, then stand-ins for keys that it lacks.
struct Entries<'a> {
    de: De<'a>,
    entries: btree_map::Iter<'a, String, Entry>,
    marks: btree_map::Iter<'a, String, Marks>,
    current: Option<(&'a str, Option<&'a Node>)>,
}

impl<'a> Entries<'a> {
    fn advance(&mut self) -> Option<(&'a str, Option<&'a Node>)> {
        let (de, node) = (self.de, self.de.node);
        let is_skipped = |key: &str| de.below(key).is_some_and(|m| m.mark == Some(Mark::Skip));
        if let Some((key, entry)) = self.entries.find(|(key, _)| !is_skipped(key)) {
            return Some((key, Some(&entry.node)));
        }
        let is_lacking = |key: &str, marks: &Marks| {
            marks.mark == Some(Mark::StandIn) && node.child(key).is_none()
        };
        self.marks.find(|(key, marks)| is_lacking(key, marks)).map(|(key, _)| (key.as_str(), None))
    }
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Fault;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Fault> {
        self.current = self.advance();
        let Some((key, _)) = self.current else {
            return Ok(None);
        };
        let key: StrDeserializer<'_, Fault> = key.into_deserializer();
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Fault> {
        match self.current.take() {
            Some((key, node)) => descend(seed, key, node, self.de.below(key)),
            None => Err(Fault::new(Kind::Custom("a value was asked for before its key".into()))),
        }
    }
}

/// `"name"`, or `{ name = content }`.
struct Variant<'a> {
    name: &'a str,
    content: Option<&'a Node>,
    marks: Option<&'a Marks>,
}

impl Variant<'_> {
    fn needs_value(&self, wanted: &Wanted) -> Fault {
        Fault::new(Kind::NeedsValue { variant: self.name.to_owned(), example: wanted.example() })
    }
}

impl<'de> EnumAccess<'de> for Variant<'_> {
    type Error = Fault;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Fault> {
        let name: StrDeserializer<'_, Fault> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        match self.content {
            None => Ok(()),
            Some(_) => Err(Fault::new(Kind::TakesNoValue { variant: self.name.to_owned() })),
        }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Fault> {
        match self.content {
            Some(node) => descend(seed, self.name, Some(node), self.marks),
            None => Err(self.needs_value(&stand_in::ask(seed))),
        }
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, Fault> {
        match self.content {
            Some(node) => De { node, marks: self.marks }
                .deserialize_seq(visitor)
                .map_err(|fault| fault.inside(self.name)),
            None => Err(self.needs_value(&Wanted::List)),
        }
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let stand_in = self.marks.is_some_and(|marks| marks.mark == Some(Mark::StandIn));
        let result = match self.content {
            Some(_) if stand_in => StandIn::new(None).deserialize_struct("", fields, visitor),
            Some(node) => De { node, marks: self.marks }.deserialize_struct("", fields, visitor),
            None => return Err(self.needs_value(&Wanted::Table(fields))),
        };
        result.map_err(|fault| fault.inside(self.name))
    }
}
