//! Long arrays of numbers as one little-endian byte string, for `#[serde(with = "...")]`: a fraction of the size and time of a list of numbers.
//!
//! A length that is no multiple of the number's size is an error. Formats without byte strings (JSON) carry a list of bytes.

use std::fmt;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserializer, Serializer};

/// Takes bytes in whatever way the format offers them.
struct Bytes;

impl<'de> Visitor<'de> for Bytes {
    type Value = Vec<u8>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a byte string")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
        Ok(bytes.to_vec())
    }

    fn visit_byte_buf<E: Error>(self, bytes: Vec<u8>) -> Result<Vec<u8>, E> {
        Ok(bytes)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<u8>, A::Error> {
        // The length that a list claims is not trusted: the vector grows with what really arrives.
        let mut bytes = Vec::new();
        while let Some(byte) = seq.next_element()? {
            bytes.push(byte);
        }
        Ok(bytes)
    }
}

/// Bytes as they are.
pub(super) fn serialize_bytes<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(bytes)
}

/// Bytes as they are.
pub(super) fn deserialize_bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    deserializer.deserialize_byte_buf(Bytes)
}

macro_rules! packed {
    ($name:ident, $number:ty, $doc:literal) => {
        #[doc = $doc]
        pub(crate) mod $name {
            use serde::{Deserializer, Serializer, de::Error};

            const SIZE: usize = size_of::<$number>();

            pub(crate) fn serialize<S: Serializer>(numbers: &[$number], serializer: S) -> Result<S::Ok, S::Error> {
                let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
                serializer.serialize_bytes(&bytes)
            }

            pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<$number>, D::Error> {
                let bytes = deserializer.deserialize_byte_buf(super::Bytes)?;
                let (chunks, rest) = bytes.as_chunks::<SIZE>();
                if !rest.is_empty() {
                    return Err(D::Error::custom(format_args!("a packed array of {} bytes is no multiple of {SIZE}", bytes.len())));
                }
                Ok(chunks.iter().map(|chunk| <$number>::from_le_bytes(*chunk)).collect())
            }
        }
    };
}

packed!(u32s, u32, "`Vec<u32>` as bytes.");
packed!(u64s, u64, "`Vec<u64>` as bytes.");
packed!(f32s, f32, "`Vec<f32>` as bytes, exact to the bit.");
packed!(f64s, f64, "`Vec<f64>` as bytes, exact to the bit.");

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use proptest::prelude::*;
    use serde::{Deserialize, Serialize};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Packed {
        #[serde(with = "super::u32s")]
        whole: Vec<u32>,
        #[serde(with = "super::f32s")]
        single: Vec<f32>,
        #[serde(with = "super::f64s")]
        double: Vec<f64>,
    }

    proptest! {
        #[test]
        fn numbers_come_back_to_the_bit(whole in prop::collection::vec(any::<u32>(), 0..20), bits in prop::collection::vec(any::<u64>(), 0..20)) {
            let single: Vec<f32> = bits.iter().map(|&b| f32::from_bits(b as u32)).collect();
            let double: Vec<f64> = bits.iter().map(|&b| f64::from_bits(b)).collect();
            let packed = Packed { whole, single, double };
            let read: Packed = rmp_serde::from_slice(&rmp_serde::to_vec_named(&packed).unwrap()).unwrap();
            prop_assert_eq!(&read.whole, &packed.whole);
            prop_assert!(read.single.iter().zip(&packed.single).all(|(a, b)| a.to_bits() == b.to_bits()));
            prop_assert!(read.double.iter().zip(&packed.double).all(|(a, b)| a.to_bits() == b.to_bits()));
        }
    }

    #[test]
    fn json_carries_a_list_of_bytes() {
        let packed = Packed { whole: vec![1, 2], single: vec![0.5], double: vec![-0.25] };
        let read: Packed = serde_json::from_str(&serde_json::to_string(&packed).unwrap()).unwrap();
        assert_eq!(read, packed);
    }

    #[test]
    fn a_broken_length_is_an_error() {
        let json = r#"{"whole":[1,2,3],"single":[],"double":[]}"#;
        let message = serde_json::from_str::<Packed>(json).unwrap_err().to_string();
        assert!(message.contains("3 bytes is no multiple of 4"), "{message}");
    }
}
