//! JSON values of any type, so that one of a wrong type costs only its entry, and objects whose keys are compared
//! without regard to case. Knows nothing of libraries.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

/// A JSON value of any type. The items of a list are `L`; an object is an `O`.
#[derive(Debug, Default)]
pub(super) enum Json<L = IgnoredAny, O = IgnoredAny> {
    #[default]
    Null,
    Boolean,
    Text(Box<str>),
    /// A number; its value if it is a whole one and not negative.
    Number(Option<u64>),
    List(Vec<L>),
    Object(O),
}

impl<L, O> Json<L, O> {
    /// Returns a copy of a text.
    pub(super) fn text(&self) -> Option<Box<str>> {
        match self {
            Self::Text(text) => Some(text.clone()),
            _ => None,
        }
    }

    /// Returns the type for a message.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "a boolean",
            Self::Text(_) => "a text",
            Self::Number(_) => "a number",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

impl<'de, L: Deserialize<'de>, O: Deserialize<'de>> Deserialize<'de> for Json<L, O> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyVisitor(PhantomData))
    }
}

struct AnyVisitor<L, O>(PhantomData<(L, O)>);

impl<'de, L: Deserialize<'de>, O: Deserialize<'de>> Visitor<'de> for AnyVisitor<L, O> {
    type Value = Json<L, O>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Json::Boolean)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Json::Number(Some(value)))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Json::Number(u64::try_from(value).ok()))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Json::Number(None))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Json::Text(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Json::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        O::deserialize(MapAccessDeserializer::new(map)).map(Json::Object)
    }
}

/// A JSON object with known keys; all others are ignored.
pub(super) trait Fields: Default {
    /// The known keys, in lower case.
    const KEYS: &'static [&'static str];

    /// Reads the next value of `map` with [`read_into`]. `key` is one of [`Self::KEYS`].
    ///
    /// # Errors
    /// The document is not JSON.
    fn read<'de, A: MapAccess<'de>>(&mut self, key: &'static str, map: &mut A) -> Result<(), A::Error>;
}

/// Reads an object.
///
/// # Errors
/// The document is not JSON.
pub(super) fn read_fields<'de, F: Fields, D: Deserializer<'de>>(deserializer: D) -> Result<F, D::Error> {
    deserializer.deserialize_map(FieldsVisitor(PhantomData))
}

/// Reads the next value of `map` into `field`. A `null` changes nothing.
///
/// # Errors
/// The document is not JSON.
pub(super) fn read_into<'de, A, L, O>(field: &mut Json<L, O>, map: &mut A) -> Result<(), A::Error>
where
    A: MapAccess<'de>,
    L: Deserialize<'de>,
    O: Deserialize<'de>,
{
    match map.next_value()? {
        Json::Null => {}
        value => *field = value,
    }
    Ok(())
}

struct FieldsVisitor<F>(PhantomData<F>);

impl<'de, F: Fields> Visitor<'de> for FieldsVisitor<F> {
    type Value = F;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<F, A::Error> {
        let mut fields = F::default();
        while let Some(key) = map.next_key_seed(KnownKey(F::KEYS))? {
            match key {
                Some(key) => fields.read(key, &mut map)?,
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(fields)
    }
}

/// Reads a key, and returns it if it is one of these.
struct KnownKey(&'static [&'static str]);

impl<'de> DeserializeSeed<'de> for KnownKey {
    type Value = Option<&'static str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KnownKey {
    type Value = Option<&'static str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().copied().find(|known| known.eq_ignore_ascii_case(key)))
    }
}
