//! What a run counts of itself, for `describe`.

/// Counts over a part or a whole run.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Messages sent.
    pub messages: u64,
    /// Rows by source.
    pub rows: [u64; 8],
    /// Live and stored rows with each defect.
    pub defects: [u64; 9],
    /// Handset's sides of messages after its capture began: delivered live, and not by reason.
    pub sides: u64,
    /// Sides by reason of loss.
    pub losses: [u64; 9],
    /// Messages by language.
    pub languages: [u64; 12],
    /// Messages by local hour in the four countries of most users, and elsewhere.
    pub hours: [[u64; 24]; 5],
    /// Messages that are part of incidents.
    pub incident_messages: u64,
    /// Look-alikes.
    pub negatives: u64,
    /// Messages with a photo.
    pub photos: u64,
    /// Text bytes.
    pub text_bytes: u64,
    /// How often each fault could have happened and did, by [`Chance`].
    pub chances: [(u64, u64); 9],
    /// The longest way back of a replay, milliseconds.
    pub replay_most: i64,
    /// The most copies of one record.
    pub repeat_most: u64,
    /// Sides lost to the outages that the scenario asks for, and copies taken in spite of them.
    pub outage: (u64, u64),
}

/// A fault of single messages that [`Tally::chances`] counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Chance {
    /// Loss in a block, of sides whose collector, server and operator were up.
    Block,
    /// One side dropped, of sides lost for no other reason.
    OneSide,
    /// Sent again, of sides a restart came soon after.
    Replay,
    /// Repeated, of sides taken.
    Repeat,
    /// Parties exchanged, of sides taken.
    Swapped,
    /// Text cut, of sides taken whose text is long enough.
    Truncated,
    /// Photo missing, of sides with a photo.
    MissingPicture,
    /// No row of the partner, of sides it could have.
    PartnerMissing,
    /// Text cut, of the partner's rows whose text is long enough.
    PartnerDiffers,
}

impl Tally {
    /// Counts one occasion of a fault.
    pub fn chance(&mut self, of: Chance, happened: bool) {
        let (could, did) = &mut self.chances[of as usize];
        *could += 1;
        *did += u64::from(happened);
    }

    /// Adds another's counts.
    pub fn add(&mut self, other: &Tally) {
        fn each(into: &mut [u64], from: &[u64]) {
            into.iter_mut().zip(from).for_each(|(a, b)| *a += b);
        }
        self.messages += other.messages;
        self.sides += other.sides;
        self.incident_messages += other.incident_messages;
        self.negatives += other.negatives;
        self.photos += other.photos;
        self.text_bytes += other.text_bytes;
        self.replay_most = self.replay_most.max(other.replay_most);
        self.repeat_most = self.repeat_most.max(other.repeat_most);
        self.outage = (self.outage.0 + other.outage.0, self.outage.1 + other.outage.1);
        for (own, more) in self.chances.iter_mut().zip(&other.chances) {
            *own = (own.0 + more.0, own.1 + more.1);
        }
        each(&mut self.rows, &other.rows);
        each(&mut self.defects, &other.defects);
        each(&mut self.losses, &other.losses);
        each(&mut self.languages, &other.languages);
        self.hours.iter_mut().zip(&other.hours).for_each(|(a, b)| each(a, b));
    }
}
