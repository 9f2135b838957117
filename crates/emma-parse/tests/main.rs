//! Integration tests of the readers: specimens by name, properties, hostile input.

mod accounting;
mod burner;
mod collect;
mod containers;
mod corpus;
mod discord;
mod hostile;
mod irc;
mod json_texts;
mod mail;
mod matrix;
mod media;
mod mixed;
mod plist;
mod python;
mod rocketchat;
mod rows;
mod shared_data;
mod shared_ios;
mod signal_jsonl;
mod slack;
mod table;
mod telegram;
mod typedstream;
mod vcard;
mod whatsapp_text;
