//! A network's own document as BSON and back: untouched, its fields in their order.
//!
//! The driver's own reading of JSON is not used: it takes `{"$date": …}` for a date and `{"$oid": …}` for an id, and a
//! network's document means neither. What BSON cannot carry unchanged is kept as its JSON text instead: whatever is
//! no object, U+0000 or a repeated name among the names of an object, integers beyond 64 bits with sign, and
//! nesting deeper than [`MAX_DEPTH`].

use std::{collections::HashSet, fmt};

use mongodb::bson::{Bson, RawArrayBuf, RawBson, RawBsonRef, RawDocumentBuf};
use serde::{
    Deserializer, Serialize, Serializer,
    de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor},
    ser::{Error as _, SerializeMap, SerializeSeq},
};

/// Levels of objects and arrays that are stored as BSON: MongoDB promises 100, and the post around it takes one.
const MAX_DEPTH: usize = 90;

/// 2^63: from here on a JSON number may be an integer that neither BSON's integers nor its doubles can tell from its
/// neighbours.
const FIRST_UNSAFE: f64 = 9_223_372_036_854_775_808.0;

/// The document that `text` is, or `text` as a string where BSON would change it.
pub(super) fn to_bson(text: &str) -> RawBson {
    let mut json = serde_json::Deserializer::from_str(text);
    let read = Element { depth: 0 }
        .deserialize(&mut json)
        .and_then(|value| json.end().map(|()| value));
    match read {
        Ok(document @ RawBson::Document(_)) => document,
        _ => RawBson::String(text.to_owned()),
    }
}

/// The JSON text that [`to_bson`] was given, in its shortest spelling where it was an object.
pub(super) fn to_json(raw: RawBson) -> Result<String, serde_json::Error> {
    match raw {
        RawBson::String(text) => Ok(text),
        other => serde_json::to_string(&Json(other.as_raw_bson_ref())),
    }
}

#[derive(Clone, Copy)]
struct Element {
    depth: usize,
}

impl Element {
    fn inner<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth == MAX_DEPTH {
            return Err(E::custom("nested too deeply for BSON"));
        }
        Ok(Self {
            depth: self.depth + 1,
        })
    }
}

impl<'de> DeserializeSeed<'de> for Element {
    type Value = RawBson;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<RawBson, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Element {
    type Value = RawBson;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value that BSON can carry")
    }

    fn visit_unit<E>(self) -> Result<RawBson, E> {
        Ok(RawBson::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<RawBson, E> {
        Ok(RawBson::Boolean(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<RawBson, E> {
        Ok(i32::try_from(value).map_or(RawBson::Int64(value), RawBson::Int32))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<RawBson, E> {
        i64::try_from(value)
            .map_err(E::custom)
            .and_then(|value| self.visit_i64(value))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<RawBson, E> {
        if value.abs() >= FIRST_UNSAFE {
            return Err(E::custom("a number beyond BSON's integers"));
        }
        Ok(RawBson::Double(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<RawBson, E> {
        Ok(RawBson::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<RawBson, E> {
        Ok(RawBson::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<RawBson, A::Error> {
        let inner = self.inner()?;
        let mut array = RawArrayBuf::new();
        while let Some(element) = elements.next_element_seed(inner)? {
            array.push(element);
        }
        Ok(RawBson::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<RawBson, A::Error> {
        let inner = self.inner()?;
        let mut document = RawDocumentBuf::new();
        let mut names = HashSet::new();
        while let Some(name) = fields.next_key::<String>()? {
            if name.contains('\0') || names.contains(&name) {
                return Err(A::Error::custom("a name that BSON cannot carry"));
            }
            document.append(&name, fields.next_value_seed(inner)?);
            names.insert(name);
        }
        Ok(RawBson::Document(document))
    }
}

struct Json<'a>(RawBsonRef<'a>);

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            RawBsonRef::Null => serializer.serialize_unit(),
            RawBsonRef::Boolean(value) => serializer.serialize_bool(value),
            RawBsonRef::Int32(value) => serializer.serialize_i32(value),
            RawBsonRef::Int64(value) => serializer.serialize_i64(value),
            RawBsonRef::Double(value) => serializer.serialize_f64(value),
            RawBsonRef::String(value) => serializer.serialize_str(value),
            RawBsonRef::Array(array) => {
                let mut elements = serializer.serialize_seq(None)?;
                for element in array {
                    elements.serialize_element(&Json(element.map_err(S::Error::custom)?))?;
                }
                elements.end()
            }
            RawBsonRef::Document(document) => {
                let mut fields = serializer.serialize_map(None)?;
                for field in document {
                    let (name, value) = field.map_err(S::Error::custom)?;
                    fields.serialize_entry(name, &Json(value))?;
                }
                fields.end()
            }
            // Not of our writing: someone put a date or an id into the document by hand.
            other => Bson::try_from(other)
                .map_err(S::Error::custom)?
                .into_relaxed_extjson()
                .serialize(serializer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_becomes_a_document_and_comes_back_in_its_order() {
        for text in [
            r#"{"z":1,"a":{"y":[1,-2.5,"ü",null,true,{}],"b":[]},"":"empty","dot.ted":0,"$type":"app.bsky.feed.post"}"#,
            r#"{"$oid":"not an id","in":{"$date":"not a date","$numberLong":"7"},"ref":{"$ref":"a","$id":1}}"#,
            r#"{"n":[9223372036854775807,-9223372036854775808,2147483648,0.1,0.8439999999999999,1e-300]}"#,
            r#"{"nul":"a\u0000b"}"#,
        ] {
            let raw = to_bson(text);
            assert!(matches!(raw, RawBson::Document(_)), "{text}");
            assert_eq!(to_json(raw).unwrap(), text);
        }
    }

    #[test]
    fn what_bson_would_change_is_kept_as_its_text() {
        let deep = format!("{}1{}", "{\"a\":".repeat(95), "}".repeat(95));
        let abyss = format!("{}1{}", "[".repeat(5000), "]".repeat(5000));
        for text in [
            "[1,2]",
            "\"text\"",
            " null",
            "",
            "no JSON",
            "{\"a\":1} trailing",
            r#"{"nul\u0000key":1}"#,
            r#"{"twice":1,"twice":2}"#,
            r#"{"n":18446744073709551615}"#,
            r#"{"n":123456789012345678901234567890}"#,
            r#"{"n":1e999}"#,
            &deep,
            &abyss,
        ] {
            assert_eq!(to_bson(text), RawBson::String(text.to_owned()));
        }
    }
}
