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
mod matrix;
mod python;
mod rocketchat;
mod shared_data;
mod signal_jsonl;
mod slack;
mod telegram;
