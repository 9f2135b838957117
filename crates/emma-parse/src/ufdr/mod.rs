//! Cellebrite reports: `report.xml` of a UFDR (`docs/formats/inputs/ufdr.md`).
//!
//! A report is several GB of models. Each model in a `modelType` is a record with everything
//! nested in it, but for chats, which may be hundreds of MB: a chat is a record up to its
//! messages, and each message is a record of its own that borrows the chat's id.

mod fields;
mod model;

use crate::format::{Format, Head, Read};
use crate::xml::{self, Element, Open, Place, Reader, Take};
use emma_model::{Anomaly, Record};

/// Cellebrite reports.
pub(crate) const FORMAT: Format = Format {
    name: "ufdr",
    version: 2,
    title: "Cellebrite UFDR report.xml",
    tested: "unverified on real files: no public UFDR exists; generated from the published field \
             table",
    recognises,
    read: Read::Once(|_, window, emitter, limits| {
        xml::read(&mut Report::default(), window, emitter, limits)
    }),
};

/// Every version of the report so far has this namespace.
const NAMESPACE: &str = "http://pa.cellebrite.com/report/";
const NETWORK: &str = "ufdr";

fn recognises(head: &Head<'_>) -> bool {
    let root = head.text.then(|| xml::root(head.bytes, head.whole)).flatten();
    root.is_some_and(|root| root.element().namespace().starts_with(NAMESPACE))
}

/// The chat whose messages are being read.
struct Chat {
    /// Its `Id`, else the id of its model.
    conversation: Option<String>,
    name: Option<String>,
    network: Option<String>,
    place: Place,
}

#[derive(Default)]
struct Report {
    chat: Option<Chat>,
}

impl Reader for Report {
    const ALONE: &'static [&'static str] = &["modelType", "decodedData", "taggedFiles"];

    fn take(&mut self, path: &[Open], tag: &Element<'_>) -> Take {
        let Some(parent) = path.last() else { return Take::Walk };
        match (parent.local.as_str(), tag.name) {
            (_, "sourceExtractions" | "taggedFiles" | "decodedData" | "modelType") => Take::Walk,
            ("modelType", "model") if tag.attribute("type").is_some_and(|t| t == "Chat") => {
                self.chat = None;
                Take::Part
            }
            ("model", _) if self.ends_part(tag) => Take::Walk,
            _ => Take::Record,
        }
    }

    fn ends_part(&self, tag: &Element<'_>) -> bool {
        tag.name == "multiModelField" && tag.attribute("name").is_some_and(|n| n == "Messages")
    }

    fn record<'a>(
        &mut self,
        path: &[Open],
        element: Element<'a>,
        place: Place,
        anomalies: &mut Vec<Anomaly>,
    ) -> Record<'a> {
        let parent = path.last().map_or("", |open| open.local.as_str());
        let in_chat = matches!(parent, "multiModelField" | "model");
        let chat = self.chat.as_ref().filter(|_| in_chat);
        let record = match element.name {
            "model" => model::read(&element, chat, anomalies),
            "metadata" | "caseInformation" => fields::section(&element),
            "file" if parent == "taggedFiles" => fields::file(&element, anomalies),
            _ => {
                let mut record = xml::other(&element, NETWORK);
                model::in_chat(chat, &mut record);
                record
            }
        };
        if parent == "modelType" && element.attribute("type").is_some_and(|t| t == "Chat") {
            self.chat = Some(self::chat(&element, place));
        }
        record
    }

    fn leave(&mut self, path: &[Open]) {
        if path.last().is_some_and(|open| open.local == "model") {
            self.chat = None;
        }
    }
}

fn chat(element: &Element<'_>, place: Place) -> Chat {
    let named = |name: &str| {
        let field = element.elements().find(|e| e.attribute("name").is_some_and(|n| n == name))?;
        fields::value(field).map(|value| value.into_owned())
    };
    let conversation =
        named("Id").or_else(|| element.attribute("id").map(|id| id.clone().into_owned()));
    let network = named("Source").as_deref().and_then(fields::network);
    Chat { conversation, name: named("Name"), network, place }
}
