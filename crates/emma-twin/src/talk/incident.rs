//! Threats to life as they unfold: families, steps, who says which.

use crate::draw::Draw;
use crate::talk::script::Script;

/// The families of incidents. Which ones are held out is the scenario's choice.
pub const FAMILIES: [&str; 10] = [
    "contract", "revenge", "informer", "kidnap", "arson", "acid", "arms", "robbery", "domestic",
    "silent",
];

/// One message of an incident: which of its conversations, who speaks, which act.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Step {
    /// 0 is the conversation it starts in; others are of the same cell.
    pub conversation: u8,
    /// Speaker.
    pub role: u8,
    /// Act.
    pub act: u16,
}

/// Draws the steps of one incident of a family.
pub fn steps(script: &Script, family: &str, draw: &mut Draw) -> Vec<Step> {
    let act = |name: &str| script.act(name);
    let opening = script.act(&format!("inc.{family}"));
    let mut steps = Vec::new();
    let mut push = |conversation, role, act| steps.push(Step { conversation, role, act });
    match family {
        "silent" => {
            push(0, 0, opening);
            push(0, 0, act("photo"));
            push(1, 0, opening);
            push(1, 1, act("ack"));
        }
        "domestic" => {
            push(0, 0, opening);
            push(0, 1, act("q"));
            push(0, 0, opening);
        }
        _ => {
            push(0, 0, opening);
            push(0, 1, act("q"));
            if draw.chance(0.8) {
                push(0, 0, act("inc.where"));
            }
            if draw.chance(0.5) {
                push(0, 1, act("inc.pay"));
            }
            push(1, 0, act("inc.means"));
            push(1, 1, act("inc.when"));
            if draw.chance(0.5) {
                push(2, 0, act("photo"));
                push(2, 0, act("inc.where"));
            }
            push(1, 0, if draw.chance(0.75) { act("inc.go") } else { act("inc.off") });
        }
    }
    steps
}
