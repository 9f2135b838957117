//! What columns are called, by the kind of record they are of.

use super::guess_shape::Column;

/// Names of fields, likeliest first, compared by [`plain`].
type Names = &'static [(&'static str, &'static [&'static str])];

/// A kind of record and what its columns are called.
#[derive(Clone, Copy)]
pub(super) struct Vocabulary {
    /// As a mapping writes it; `None` for messages.
    pub kind: Option<&'static str>,
    pub names: Names,
}

/// Fields that a message should have and that are worth a remark where they are missing.
pub(super) const EXPECTED: [&str; 5] = ["id", "from", "to", "conversation", "text"];

#[rustfmt::skip]
const MESSAGE: Names = &[
    ("id", &["id", "messageid", "msgid", "uuid", "guid", "eventid", "postid", "mid",
        "identifier", "nr", "uid"]),
    ("from", &[
        "from", "sender", "author", "fromuser", "senderid", "fromid", "sendername", "senderhandle",
        "fromhandle", "nick", "username", "user", "userid", "src", "caller", "handle", "who",
        "name", "absender", "expediteur", "remitente", "mittente", "van", "od", "от", "emisor",
        "отправитель",
        "participant", "contact", "peer", "partner", "phonenumber", "phone", "number",
    ]),
    ("to", &[
        "to", "recipient", "recipients", "receiver", "receivers", "touser", "toid", "dst", "dest",
        "destination", "target", "participants", "empfanger", "empfaenger", "destinataire",
        "destinatario",
        "aan", "do", "кому", "receptor", "получатель", "peer", "partner", "otherparty",
        "counterpart", "with",
    ]),
    ("conversation", &[
        "conversation", "conversationid", "chat", "chatid", "chatname", "room", "roomid",
        "roomname", "channel", "channelid", "group", "groupid", "groupname", "thread", "threadid",
        "conv", "dialog", "gruppe",
    ]),
    ("text", &[
        "text", "body", "message", "content", "msg", "messagetext", "messagebody", "nachricht",
        "bericht", "mensaje", "messaggio", "inhalt", "contenu", "contenido", "contenuto", "texte",
        "texto", "testo", "say", "said", "comment", "txt", "сообщение", "текст",
    ]),
    ("reply_to", &[
        "replyto", "inreplyto", "replytomessageid", "quotedid", "parentid", "replytoid",
    ]),
    ("territory", &["territory", "country", "countrycode"]),
];

#[rustfmt::skip]
const CALL: Names = &[
    ("id", &["callid", "cdrid", "recordid", "callreference", "id"]),
    ("from", &[
        "anumber", "aparty", "ano", "callingnumber", "callingparty", "callingno", "calling",
        "callernumber", "callerid", "caller", "originatingnumber", "originating", "from", "source",
        "src", "anrufer", "rufnummera", "appelant", "numeroa", "a",
    ]),
    ("to", &[
        "bnumber", "bparty", "bno", "callednumber", "calledparty", "calledno", "called", "callee",
        "dialednumber", "dillednumber", "dialled", "destinationnumber", "destination", "to", "dst",
        "angerufener", "rufnummerb", "appele", "numerob", "b",
    ]),
    ("territory", &["territory", "country", "countrycode"]),
];

#[rustfmt::skip]
const LOCATION: Names = &[
    ("id", &["readid", "hitid", "sightingid", "fixid", "recordid", "id"]),
    ("from", &[
        "plate", "licenseplate", "licenceplate", "numberplate", "platenumber", "platetext", "vrm",
        "registration", "kennzeichen", "matricula", "device", "deviceid", "msisdn", "phone",
        "phonenumber", "imsi", "imei", "vehicle", "user", "userid", "subject", "name",
    ]),
    ("conversation", &[
        "camera", "cameraid", "cameraname", "site", "siteid", "sitename", "cell", "cellid",
        "station", "place", "location",
    ]),
    ("territory", &["territory", "country", "countrycode"]),
];

#[rustfmt::skip]
const SIM: Names = &[
    ("from", &["msisdn", "number", "phonenumber", "phone", "rufnummer", "subscribernumber"]),
    ("territory", &["territory", "country", "countrycode"]),
];

#[rustfmt::skip]
const EVENT: Names = &[
    ("id", &["eventid", "id", "recordid", "requestid"]),
    ("from", &[
        "user", "username", "userid", "account", "accountid", "actor", "login", "email", "client",
        "subject", "from", "logger", "app", "process", "program",
    ]),
    ("conversation", &["host", "hostname", "server", "service", "system", "session", "sessionid"]),
    ("text", &[
        "message", "msg", "text", "details", "description", "event", "eventtype", "eventname",
        "action", "activity",
    ]),
];

/// Columns of times, likeliest first.
#[rustfmt::skip]
pub(super) const TIMES: &[&str] = &[
    "time", "timestamp", "datetime", "ts", "sent", "sentat", "senttime", "starttime", "callstart",
    "calltime", "startdatetime", "start", "eventtime", "logtime", "capturetime", "capturedat",
    "captured", "readtime", "seenat", "date", "calldate", "created", "createdat", "when", "at",
    "originserverts", "epoch", "dateunixtime", "activationtime", "activated", "activatedat",
    "activationdate", "assignedfrom", "assigned", "validfrom", "from", "zeit", "zeitpunkt",
    "datum", "uhrzeit", "fecha", "data", "hora", "heure", "tijd", "tijdstip", "beginn", "begin",
];

/// Columns that hold numbers which are no times, whatever they look like.
const NUMBERS: &[&str] = &[
    "id", "number", "phone", "msisdn", "imei", "imsi", "iccid", "nummer", "party", "cell", "lac",
    "account", "lat", "lon", "caller", "called", "calling", "sim", "code", "size", "bytes",
];

/// A name without case, spaces and signs; accents of Western letters left out.
pub(super) fn plain(name: &str) -> String {
    let base = |c: char| match c {
        'ä' | 'à' | 'á' | 'â' => 'a',
        'é' | 'è' | 'ê' => 'e',
        'ö' | 'ó' | 'ô' => 'o',
        'ü' | 'ú' | 'û' => 'u',
        'í' | 'î' => 'i',
        'ç' => 'c',
        'ñ' => 'n',
        c => c,
    };
    name.chars().flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric()).map(base).collect()
}

/// True where a column of this name holds numbers that are no times.
pub(super) fn is_number_name(name: &str) -> bool {
    let name = plain(name);
    NUMBERS.iter().any(|word| name.contains(word))
}

/// The kind of record that columns of these names are of.
pub(super) fn vocabulary(columns: &[Column]) -> Vocabulary {
    let names: Vec<String> = columns.iter().map(|column| plain(last(&column.name))).collect();
    let has = |words: &[&str]| names.iter().any(|name| words.contains(&name.as_str()));
    let field = |names: Names, field: &str| {
        names.iter().find(|(name, _)| *name == field).is_some_and(|(_, words)| has(words))
    };
    let message = Vocabulary { kind: None, names: MESSAGE };
    let of = |kind, names| Vocabulary { kind: Some(kind), names };
    let said = field(MESSAGE, "text");
    let place = has(&["lat", "latitude", "breite", "breitengrad"])
        && has(&["lon", "lng", "long", "longitude", "lange", "langengrad"]);
    let cell = has(&["cell", "cellid", "cgi", "ecgi", "firstcell", "lac", "tac"])
        && has(&["imsi", "imei", "msisdn"]);
    let plate = has(&LOCATION[1].1[..9]);
    let lasts = has(&["talktime", "seconds", "billsec"])
        || names.iter().any(|name| {
            let words =
                ["duration", "callduration", "dauer", "duree", "duur", "durata", "duracion"];
            words.iter().any(|word| name.starts_with(word))
        });
    let parties = field(CALL, "from") && field(CALL, "to");
    let strict = has(&CALL[1].1[..12]) && has(&CALL[2].1[..12]);
    let sim = has(&["imsi", "iccid", "simserial", "sim"])
        && (field(SIM, "from") || has(&["imei", "subscriber"]));
    let event = has(&[
        "event",
        "eventtype",
        "eventname",
        "action",
        "activity",
        "level",
        "severity",
        "ip",
        "ipaddress",
        "clientip",
        "useragent",
        "loglevel",
    ]);
    let talk = field(MESSAGE, "to") || field(MESSAGE, "conversation");
    match () {
        () if !said && (lasts && parties || strict) => of("call", CALL),
        () if !said && (plate || place || cell) => of("location", LOCATION),
        () if !said && sim => of("sim", SIM),
        () if event && !talk => of("event", EVENT),
        () => message,
    }
}

fn last(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or_default()
}

/// Takes the column out of `left` whose name fits one of `names` best.
pub(super) fn take<'c>(
    left: &mut Vec<&'c Column>,
    names: &[&str],
    fits: impl Fn(&Column) -> bool,
) -> Option<&'c Column> {
    for name in names {
        let found = left.iter().position(|column| {
            // The "id" in "room.id" is the room's.
            let nested = !matches!(*name, "id" | "name") && plain(last(&column.name)) == *name;
            (plain(&column.name) == *name || nested) && fits(column)
        });
        if let Some(at) = found {
            return Some(left.remove(at));
        }
    }
    // "from" in "from.username" names the sender better than "username" does.
    let inner = ["id", "username", "handle", "name", "login", "address", "phone", "text", "body"];
    let under = |column: &&Column, wanted: Option<&str>| {
        let mut above = column.name.rsplit('.').skip(1);
        let wanted = wanted.is_none_or(|wanted| plain(last(&column.name)) == wanted);
        wanted && above.any(|part| names.contains(&plain(part).as_str())) && fits(column)
    };
    let ways = inner.into_iter().map(Some).chain([None]);
    let nested = ways.into_iter().find_map(|way| left.iter().position(|column| under(column, way)));
    // "Message Text (UTF-8)" begins as a name does; short names begin too many words.
    let begins = |column: &&Column| {
        let name = plain(&column.name);
        names.iter().any(|known| known.len() >= 5 && name.starts_with(known)) && fits(column)
    };
    let at = nested.or_else(|| left.iter().position(begins))?;
    Some(left.remove(at))
}
