//! `StandIn`: some value of any type, where the file's own does not fit.

use std::cell::RefCell;

use serde::de::value::{MapDeserializer, SeqDeserializer, StrDeserializer};
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Expected, IntoDeserializer, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::fault::{Fault, Kind, Wanted};

/// Gives what a type asks for, and notes what that was.
#[derive(Clone, Copy)]
pub(super) struct StandIn<'a> {
    note: Option<&'a RefCell<Option<Wanted>>>,
}

impl<'a> StandIn<'a> {
    pub(super) fn new(note: Option<&'a RefCell<Option<Wanted>>>) -> Self {
        Self { note }
    }

    fn note(self, wanted: Wanted) {
        if let Some(note) = self.note {
            note.replace(Some(wanted));
        }
    }
}

/// What a type asks for: it is given a stand-in and the result is thrown away.
pub(super) fn ask<'de, S: DeserializeSeed<'de>>(seed: S) -> Wanted {
    let note = RefCell::new(None);
    let _ = seed.deserialize(StandIn::new(Some(&note)));
    note.into_inner().unwrap_or(Wanted::Any)
}

impl<'de> Deserializer<'de> for StandIn<'_> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.note(Wanted::Said((&visitor as &dyn Expected).to_string()));
        visitor.visit_u64(1)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.note(Wanted::Bool);
        visitor.visit_bool(false)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.note(Wanted::Count);
        visitor.visit_u64(1)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.note(Wanted::Count);
        visitor.visit_u64(1)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.note(Wanted::Number);
        visitor.visit_f64(0.5)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.note(Wanted::Text);
        visitor.visit_str("")
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_none()
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.note(Wanted::List);
        let empty: [Item; 0] = [];
        visitor.visit_seq(SeqDeserializer::new(empty.into_iter()))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.note(Wanted::Table(&[]));
        let empty: [(&str, Item); 0] = [];
        visitor.visit_map(MapDeserializer::new(empty.into_iter()))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.note(Wanted::Table(fields));
        visitor.visit_map(MapDeserializer::new(fields.iter().map(|field| (*field, Item))))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.note(Wanted::OneOf(variants));
        match variants.first() {
            Some(variant) => visitor.visit_enum(FirstVariant(variant)),
            None => Err(Fault::new(Kind::Custom("a type without values".into()))),
        }
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u16 u128 f32 char bytes byte_buf unit unit_struct newtype_struct
        tuple tuple_struct identifier ignored_any
    }
}

/// A stand-in as a member of a list or table.
struct Item;

impl<'de> IntoDeserializer<'de, Fault> for Item {
    type Deserializer = StandIn<'static>;

    fn into_deserializer(self) -> StandIn<'static> {
        StandIn::new(None)
    }
}

struct FirstVariant(&'static str);

impl<'de> EnumAccess<'de> for FirstVariant {
    type Error = Fault;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Fault> {
        let name: StrDeserializer<'_, Fault> = self.0.into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de> VariantAccess<'de> for FirstVariant {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Fault> {
        seed.deserialize(StandIn::new(None))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, Fault> {
        StandIn::new(None).deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        StandIn::new(None).deserialize_struct("", fields, visitor)
    }
}
