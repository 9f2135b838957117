//! Containers: unpacked in streams, member by member, nested ones too. Nothing is ever written
//! under a member's name.

pub(crate) mod stream;
pub(crate) mod tar;
pub(crate) mod zip;
