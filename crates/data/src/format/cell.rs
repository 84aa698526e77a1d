//! `Cell`: a value of a table, as its file has it.

use std::borrow::Cow;

/// A value. CSV files have texts only.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Cell<'a> {
    Null,
    Text(&'a str),
    Flag(bool),
    /// Wide enough for 64 bits with and without a sign.
    Integer(i128),
    Float(f64),
}

impl<'a> Cell<'a> {
    /// As a feature, if it is a finite number of 32 bits.
    pub(crate) fn number(self) -> Option<f32> {
        let number = match self {
            Self::Null => return None,
            // At once, not by way of 64 bits: that could round twice.
            Self::Text(text) => text.parse().ok()?,
            Self::Flag(flag) => f32::from(u8::from(flag)),
            Self::Integer(integer) => integer as f32,
            Self::Float(float) => float as f32,
        };
        number.is_finite().then_some(number)
    }

    /// As a name. Floating-point numbers are none: they have many spellings.
    pub(crate) fn name(self) -> Option<Cow<'a, str>> {
        match self {
            Self::Null | Self::Float(_) => None,
            Self::Text(text) => Some(text.into()),
            Self::Flag(true) => Some("true".into()),
            Self::Flag(false) => Some("false".into()),
            Self::Integer(integer) => Some(integer.to_string().into()),
        }
    }

    /// For messages.
    pub(crate) fn shown(self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Text(text) => crate::error::shorten(text.as_bytes()),
            Self::Flag(flag) => flag.to_string(),
            Self::Integer(integer) => integer.to_string(),
            Self::Float(float) => float.to_string(),
        }
    }
}
