//! How entities become bytes: CBOR maps with numbered fields.
//!
//! A field number is never reused and always grows, so whatever is above [`Entity::LAST`] was
//! written by a newer version. Such fields are kept in [`Extra`] and written back unchanged: an old
//! client or hub can change a row without losing what it does not understand, and adding a field
//! changes no stored row. This holds for the fields of the entity itself; a struct inside a field
//! (a registration, a customer) keeps nothing it does not know, so new fields go on the entity.

use crate::row::{LookupKey, Table};
use minicbor::decode::Error as DecodeError;
use minicbor::{Decoder, Encoder};
use uuid::Uuid;

/// Fields of a newer version: number and raw CBOR value, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extra(Vec<(u64, Vec<u8>)>);

impl Extra {
    /// Whether there is nothing a newer version wrote.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Something stored as a row.
pub trait Entity: minicbor::Encode<()> + for<'b> minicbor::Decode<'b, ()> + Sized {
    /// The table it lives in.
    const TABLE: Table;
    /// The highest field number this version knows.
    const LAST: u64;

    /// Fields of newer versions.
    fn extra(&self) -> &Extra;
    /// Fields of newer versions, to fill while reading.
    fn extra_mut(&mut self) -> &mut Extra;

    /// Keys under which the row can be found besides its id.
    fn lookups(&self, _id: Uuid) -> Vec<LookupKey> {
        Vec::new()
    }

    /// Writes the row body.
    fn to_body(&self) -> Vec<u8> {
        let known = match minicbor::to_vec(self) {
            Ok(bytes) => bytes,
            // Writing to a vector cannot fail; an empty map reads back as "unreadable", never as data.
            Err(_) => return vec![0xa0],
        };
        if self.extra().is_empty() || crate::planted!(UnknownFieldsDropped) {
            return known;
        }
        append_extra(&known, self.extra()).unwrap_or(known)
    }

    /// Reads a row body.
    ///
    /// # Errors
    /// When the bytes are no such entity.
    fn from_body(body: &[u8]) -> Result<Self, DecodeError> {
        let mut entity: Self = minicbor::decode(body)?;
        *entity.extra_mut() = read_extra(body, Self::LAST)?;
        Ok(entity)
    }
}

fn append_extra(known: &[u8], extra: &Extra) -> Option<Vec<u8>> {
    let mut d = Decoder::new(known);
    let count = d.map().ok()??;
    let mut out = Vec::with_capacity(known.len() + extra.0.iter().map(|(_, v)| v.len() + 3).sum::<usize>());
    let mut e = Encoder::new(&mut out);
    e.map(count + extra.0.len() as u64).ok()?;
    let fields = known.get(d.position()..)?;
    e.writer_mut().extend_from_slice(fields);
    for (number, value) in &extra.0 {
        e.u64(*number).ok()?;
        e.writer_mut().extend_from_slice(value);
    }
    Some(out)
}

fn read_extra(body: &[u8], last: u64) -> Result<Extra, DecodeError> {
    let mut d = Decoder::new(body);
    let count = d.map()?.ok_or_else(|| DecodeError::message("row maps have a length"))?;
    let mut extra = Vec::new();
    for _ in 0..count {
        let number = d.u64()?;
        let start = d.position();
        d.skip()?;
        if number > last {
            let value = body.get(start..d.position()).unwrap_or_default();
            extra.push((number, value.to_vec()));
        }
    }
    Ok(Extra(extra))
}

/// Reads an optional value of a closed list. On its own, minicbor takes a number that only a newer
/// version knows for "nothing", and whoever changes the row then writes that back: such a row must not
/// be readable at all.
///
/// # Errors
/// When the bytes are none of the values this version knows.
pub fn closed<'b, C, T: minicbor::Decode<'b, C>>(d: &mut Decoder<'b>, ctx: &mut C) -> Result<T, DecodeError> {
    T::decode(d, ctx).map_err(|error| {
        if error.is_unknown_variant() { DecodeError::message("a value of a newer version") } else { error }
    })
}

/// The highest of some field numbers.
pub(crate) const fn highest(numbers: &[u64]) -> u64 {
    match numbers {
        [] => 0,
        [first, rest @ ..] => {
            let rest = highest(rest);
            if *first > rest { *first } else { rest }
        }
    }
}

/// Declares an entity: numbered fields, its table, and optionally its lookup keys.
macro_rules! entity {
    (
        $(#[$doc:meta])*
        $name:ident in $table:ident $(, lookups $lookups:expr)? ;
        $( $(#[$fdoc:meta])* $n:literal $field:ident : $ty:ty ),* $(,)?
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
        #[cbor(map)]
        pub struct $name {
            $( $(#[$fdoc])* #[n($n)] pub $field: $ty, )*
            /// Fields written by a newer version.
            #[cbor(skip)]
            pub extra: $crate::codec::Extra,
        }

        impl $crate::codec::Entity for $name {
            const TABLE: $crate::row::Table = $crate::row::Table::$table;
            const LAST: u64 = $crate::codec::highest(&[$($n),*]);
            fn extra(&self) -> &$crate::codec::Extra {
                &self.extra
            }
            fn extra_mut(&mut self) -> &mut $crate::codec::Extra {
                &mut self.extra
            }
            $( fn lookups(&self, id: uuid::Uuid) -> Vec<$crate::row::LookupKey> {
                let find: fn(&$name, uuid::Uuid) -> Vec<$crate::row::LookupKey> = $lookups;
                find(self, id)
            } )?
        }
    };
}
pub(crate) use entity;
