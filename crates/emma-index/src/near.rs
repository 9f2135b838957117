//! Phrases and neighbours, on the positions of words in one text.

/// One occurrence of a phrase: positions of its first and last word.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Run {
    pub(crate) first: u32,
    pub(crate) last: u32,
}

/// Appends the runs of a phrase whose `slots` stand at the given ascending positions.
///
/// From each place of the first slot the shortest run is taken: every next word at its first
/// place behind the one before. It counts if at most `slop` other words stand between. Runs
/// come ascending by their first word. Stops after one where `any` is enough.
pub(crate) fn runs<P: AsRef<[u32]>>(slots: &[P], slop: u32, any: bool, out: &mut Vec<Run>) {
    let Some((head, tail)) = slots.split_first() else {
        return;
    };
    let most = slop.saturating_add(tail.len() as u32);
    'place: for first in head.as_ref() {
        let mut last = *first;
        for slot in tail {
            let slot = slot.as_ref();
            let Some(next) = slot.get(slot.partition_point(|position| *position <= last)) else {
                // No later start can reach further.
                return;
            };
            last = *next;
            if last - first > most {
                continue 'place;
            }
        }
        out.push(Run { first: *first, last });
        if any {
            return;
        }
    }
}

/// The runs of `here` that stand within `gap` words of one of `others`, before or behind it,
/// without sharing a word. Neighbouring words are 1 apart.
pub(crate) fn near(others: &[Run], here: &[Run], gap: u32) -> Vec<Run> {
    let mut firsts: Vec<u32> = others.iter().map(|run| run.first).collect();
    let mut lasts: Vec<u32> = others.iter().map(|run| run.last).collect();
    firsts.sort_unstable();
    lasts.sort_unstable();
    let is_near = |run: &&Run| {
        let before = lasts.partition_point(|last| *last < run.first).checked_sub(1);
        let behind = firsts.get(firsts.partition_point(|first| *first <= run.last));
        before.is_some_and(|at| run.first - lasts[at] <= gap)
            || behind.is_some_and(|first| first - run.last <= gap)
    };
    here.iter().filter(is_near).copied().collect()
}

/// True where one run of each part can be chosen so that each is near the one before it.
pub(crate) fn is_chain(parts: &[Vec<Run>], gaps: &[u32]) -> bool {
    let Some((head, tail)) = parts.split_first() else {
        return false;
    };
    let mut reached = head.clone();
    for (part, gap) in tail.iter().zip(gaps) {
        reached = near(&reached, part, *gap);
    }
    !reached.is_empty()
}

/// Keeps, of each part, the runs that belong to such a chain.
pub(crate) fn keep_chains(parts: &mut [Vec<Run>], gaps: &[u32]) {
    for i in 1..parts.len() {
        parts[i] = near(&parts[i - 1], &parts[i], gaps[i - 1]);
    }
    for i in (1..parts.len()).rev() {
        parts[i - 1] = near(&parts[i], &parts[i - 1], gaps[i - 1]);
    }
}
