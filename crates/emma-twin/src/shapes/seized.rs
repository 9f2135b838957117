//! Seized handsets as UFDR-shaped archives: a third witness that knows no collector.
//!
//! A zip with `report.xml` in the shape of Cellebrite's report 2.0: device information, chats with
//! their messages, contacts. Times are the handset's own clock.

use super::{Shape, zip};
use crate::draw::{Draw, Stream};
use crate::talk::session::Lexicon;
use crate::time::{DAY, write_stamp};
use crate::traffic;
use crate::world::World;
use std::fmt::Write;

/// The archives of the scenario's seized handsets, busiest accounts of captured handsets first.
pub fn archives(world: &World, lexicon: &Lexicon<'_>) -> Vec<Shape> {
    let mut traffic = vec![0u64; world.accounts.len()];
    for (tie, count) in world.ties.iter().zip(&world.counts) {
        for member in &tie.members {
            traffic[*member as usize] += u64::from(*count);
        }
    }
    let mut order: Vec<u32> = (0..world.accounts.len() as u32)
        .filter(|account| {
            let device = &world.devices[world.device(*account, world.days.end) as usize];
            device.reached.is_some() && device.wiped.is_none()
        })
        .collect();
    order.sort_by_key(|account| (std::cmp::Reverse(traffic[*account as usize]), *account));
    order.truncate(world.scenario.deliveries.seized as usize * 4);
    let mut draw = Draw::new(world.seed, Stream::Outside, u64::MAX);
    let many = (world.scenario.deliveries.seized as usize).min(order.len());
    (0..many)
        .map(|_| order.remove(draw.index(order.len().min(12))))
        .map(|account| archive(world, lexicon, account))
        .collect()
}

fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            other => out.push(other),
        }
    }
}

fn field(out: &mut String, name: &str, kind: &str, value: &str) {
    let _ = write!(out, "<field name=\"{name}\" type=\"{kind}\"><value type=\"{kind}\">");
    escape(out, value);
    out.push_str("</value></field>");
}

fn party(out: &mut String, name: &str, handle: &str, owner: bool) {
    let _ = write!(out, "<modelField name=\"{name}\" type=\"Party\"><model type=\"Party\">");
    field(out, "Identifier", "String", handle);
    field(out, "IsPhoneOwner", "Boolean", if owner { "True" } else { "False" });
    out.push_str("</model></modelField>");
}

fn archive(world: &World, lexicon: &Lexicon<'_>, account: u32) -> Shape {
    let mut draw = Draw::new(world.seed, Stream::Outside, u64::from(account) | 1 << 40);
    let seized = world.days.end - draw.below(20 * DAY as u64) as i64;
    let number = world.device(account, seized);
    let device = &world.devices[number as usize];
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<project ");
    xml.push_str("name=\"SYNTHETIC handset\" xmlns=\"http://pa.cellebrite.com/report/2.0\">\n");
    xml.push_str("<metadata section=\"Device Info\"><item name=\"IMEI\">");
    let _ = writeln!(xml, "{}</item>", device.imei);
    xml.push_str("<item name=\"Synthetic\">true</item></metadata>\n");
    xml.push_str("<decodedData><modelType type=\"Chat\">\n");
    // What a report reader finds besides messages: the device's section, and each chat.
    let (mut messages, mut others) = (0, 1);
    for tie in 0..world.ties.len() as u32 {
        let bound = &world.ties[tie as usize];
        if !bound.members.contains(&account) {
            continue;
        }
        let mut chat = String::new();
        traffic::play(world, lexicon, tie, |message| {
            let there = message.at + if message.from == account { 0 } else { 1_500 };
            if there >= seized || there < seized - device.burn {
                return;
            }
            messages += 1;
            let mut shown = Vec::new();
            let (wall, minutes) = device.shows(there, world.days.first);
            write_stamp(&mut shown, wall, minutes);
            let _ = write!(chat, "<model type=\"InstantMessage\" id=\"m{messages}\" ");
            chat.push_str("deleted_state=\"Intact\">");
            let sender = world.handle(message.from, message.at);
            party(&mut chat, "From", sender, message.from == account);
            field(&mut chat, "Body", "String", message.text);
            field(&mut chat, "TimeStamp", "TimeStamp", &String::from_utf8_lossy(&shown));
            chat.push_str("</model>\n");
        });
        if !chat.is_empty() {
            others += 1;
            let _ = write!(xml, "<model type=\"Chat\" id=\"c{tie}\">");
            field(&mut xml, "Id", "String", &format!("c{tie}"));
            field(&mut xml, "Source", "String", "synthetic messenger");
            xml.push_str("<multiModelField name=\"Participants\" type=\"Party\">");
            for member in &bound.members {
                xml.push_str("<model type=\"Party\">");
                field(&mut xml, "Identifier", "String", world.handle(*member, seized));
                xml.push_str("</model>");
            }
            xml.push_str("</multiModelField>\n");
            xml.push_str("<multiModelField name=\"Messages\" type=\"InstantMessage\">\n");
            xml.push_str(&chat);
            xml.push_str("</multiModelField></model>\n");
        }
    }
    xml.push_str("</modelType></decodedData></project>\n");
    let path = format!("deliveries/seized/handset-{number:06}.ufdr");
    (path, zip::stored(&[("report.xml", xml.as_bytes())]), messages + others)
}
