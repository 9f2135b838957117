//! Integration tests of the readers: specimens by name, properties, hostile input.

mod accounting;
mod collect;
mod containers;
mod corpus;
mod geo;
mod hostile;
mod irc;
mod shared_data;
mod sms_backup;
mod telegram;
mod ufdr;
mod ufdr_made;
mod xml;
mod xmpp;
