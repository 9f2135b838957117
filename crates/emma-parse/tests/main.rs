//! Integration tests of the readers: specimens by name, properties, hostile input.

mod accounting;
mod collect;
mod containers;
mod corpus;
mod hostile;
mod irc;
mod mail;
mod plist;
mod recognition;
mod shared_data;
mod telegram;
mod typedstream;
mod vcard;
mod whatsapp_text;
