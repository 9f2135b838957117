//! What the app writes in the languages it speaks: halves of the day, media left out, edits.

use super::digits::is_mark;
use super::header::LEFT_TO_RIGHT;

/// The half of the day beside a time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Half {
    /// None is written: the clock has 24 hours.
    Absent,
    Am,
    Pm,
    /// A word is written that is not known.
    Unknown,
}

/// Words before noon, lower case, without spaces, dots and marks.
#[rustfmt::skip]
const AM: [&str; 26] = [
    "am", "a", "上午", "午前", "오전", "凌晨", "早上", "清晨", "ص", "قظ", "πμ", "पूर्वाह्न", "मपू",
    "পূর্বাহ্ণ", "ก่อนเที่ยง", "לפנה״צ", "sa", "öö", "dop", "de", "fm", "ap", "vorm", "vm", "pd",
    "priešpiet",
];
/// Words after noon.
#[rustfmt::skip]
const PM: [&str; 25] = [
    "pm", "p", "下午", "午後", "오후", "中午", "晚上", "傍晚", "م", "بظ", "μμ", "अपराह्न", "मउ",
    "অপরাহ্ণ", "หลังเที่ยง", "אחה״צ", "ch", "ös", "odp", "du", "em", "ip", "nachm", "nm", "md",
];

/// The half of the day that `word` names; absent where it holds no letter.
pub(super) fn half(word: &str) -> Half {
    let plain: String = word
        .chars()
        .filter(|c| !c.is_whitespace() && !is_mark(*c) && !matches!(c, '.' | ',' | '\u{60c}'))
        .flat_map(char::to_lowercase)
        .collect();
    match plain.as_str() {
        "" => Half::Absent,
        word if AM.contains(&word) => Half::Am,
        word if PM.contains(&word) => Half::Pm,
        _ => Half::Unknown,
    }
}

/// True where a name says that it is of an export.
pub(super) fn is_export_name(name: &str) -> bool {
    name.to_lowercase().contains("whatsapp") || name.ends_with("_chat.txt")
}

/// Levels of a program's log, which stand where a sender would.
pub(super) fn is_log_level(sender: &str) -> bool {
    const LEVELS: [&str; 13] = [
        "INFO",
        "ERROR",
        "WARN",
        "WARNING",
        "DEBUG",
        "FATAL",
        "TRACE",
        "NOTICE",
        "CRITICAL",
        "ALERT",
        "SEVERE",
        "VERBOSE",
        "EMERGENCY",
    ];
    let last = sender.rsplit([' ', '.', '-', '[', '(']).next().unwrap_or_default();
    LEVELS.contains(&last.trim_end_matches([']', ')']))
}

/// A sender's name, and whether the app marks it with a tilde: the address book does not have
/// the sender, who calls himself so. A tilde without a space behind it is of the name.
pub(super) fn sender_name(sender: &str) -> (&str, bool) {
    let name = sender.strip_prefix('~').and_then(|rest| {
        let name = rest.trim_start_matches([' ', '\u{a0}', '\u{202f}']);
        (name.len() < rest.len() && !name.is_empty()).then_some(name)
    });
    (name.unwrap_or(sender), name.is_some())
}

/// What exports are called before the name of the chat, lower case.
#[rustfmt::skip]
const CHAT_WITH: [&str; 14] = [
    "whatsapp chat with ", "whatsapp chat - ", "whatsapp chat mit ", "whatsapp-chat mit ",
    "whatsapp-chat met ", "chat de whatsapp con ", "discussion whatsapp avec ",
    "chat whatsapp con ", "conversa do whatsapp com ", "chat do whatsapp com ",
    "чат whatsapp с контактом ", "чат whatsapp с ", "czat whatsapp z ", "whatsapp chat-",
];

/// The chat's name in a file's stem.
pub(super) fn chat_name(stem: &str) -> &str {
    // Lower case may be longer: the prefix is compared character by character.
    CHAT_WITH
        .iter()
        .find_map(|prefix| {
            let mut rest = stem.chars();
            let fits = prefix.chars().all(|wanted| {
                rest.next().is_some_and(|c| c.to_lowercase().eq(std::iter::once(wanted)))
            });
            fits.then_some(rest.as_str())
        })
        .filter(|name| !name.is_empty())
        .unwrap_or(stem)
        .trim_matches(is_mark)
}

/// What is left out, in the words of Android, lower case, in `<` and `>`.
#[rustfmt::skip]
const OMITTED: [&str; 22] = [
    "media omitted", "medien ausgeschlossen", "multimedia omitido", "archivo omitido",
    "médias omis", "fichier omis", "media omessi", "mídia oculta", "arquivo de mídia oculto",
    "ficheiro não revelado", "media weggelaten", "без медиафайлов", "medya dahil edilmedi",
    "pominięto multimedia", "media dilewati", "hiányzó médiafájl", "medya atlanmış",
    "メディアは含まれていません", "मीडिया के बिना", "تم استبعاد الوسائط",
    "미디어 파일을 생략한 대화내용", "省略多媒體檔案",
];
/// How iOS ends a line about something left out, lower case.
#[rustfmt::skip]
const OMITTED_ENDS: [&str; 18] = [
    " omitted", " weggelassen", " omitida", " omitido", " omitidos", " omis", " omise",
    " absente", " absent", " omesso", " omessa", " ocultado", " ocultada", " weggelaten",
    " пропущено", " dahil edilmedi", " pominięto", " dilewati",
];
/// What Android writes behind the name of a file, lower case.
#[rustfmt::skip]
const ATTACHED: [&str; 14] = [
    "file attached", "datei angehängt", "archivo adjunto", "fichier joint", "file allegato",
    "arquivo anexado", "ficheiro anexado", "bestand bijgevoegd", "файл добавлен",
    "файл прикреплён", "dosya ekli", "załączono plik", "plik dołączony", "file terlampir",
];
/// What the app adds to a message that was edited, lower case, in `<` and `>`.
#[rustfmt::skip]
const EDITED: [&str; 12] = [
    "this message was edited", "diese nachricht wurde bearbeitet", "se editó este mensaje",
    "ce message a été modifié", "questo messaggio è stato modificato", "mensagem editada",
    "dit bericht is bewerkt", "данное сообщение изменено", "bu mesaj düzenlendi",
    "wiadomość edytowana", "pesan ini diedit", "यह संदेश संपादित किया गया",
];

/// What the text of a message tells besides what was said.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct Parts<'t> {
    /// What was said; empty where the app alone speaks.
    pub text: &'t str,
    /// The name of an attached file.
    pub file: Option<&'t str>,
    /// The words that say that media were left out.
    pub omitted: Option<&'t str>,
    /// The words that say that the message was edited.
    pub edited: Option<&'t str>,
    /// The app put its mark before the words: they are its own.
    pub app_words: bool,
}

/// Takes apart what was said in a message.
pub(super) fn parts(said: &str) -> Parts<'_> {
    let mut parts = Parts { text: said, ..Parts::default() };
    if let Some((before, words)) = last_angle(parts.text)
        && is_one_of(words, &EDITED)
    {
        (parts.text, parts.edited) = (before, Some(words));
    }
    let marked = parts.text.starts_with(LEFT_TO_RIGHT);
    let plain = parts.text.trim_matches(is_mark);
    if let Some(words) = plain.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'))
        && is_one_of(words, &OMITTED)
    {
        return Parts { text: "", omitted: Some(words), ..parts };
    }
    let short = marked && plain.len() <= WORDS_BYTES_MAX && !plain.contains('\n');
    let lower = if short { plain.to_lowercase() } else { String::new() };
    if OMITTED_ENDS.iter().any(|end| lower.ends_with(end)) {
        return Parts { text: "", omitted: Some(plain), ..parts };
    }
    if let Some((before, words)) = last_angle(parts.text)
        && let Some((_, file)) = words.split_once(':')
        && is_file_name(file.trim())
    {
        return Parts { text: before, file: Some(file.trim()), ..parts };
    }
    if let Some((file, caption)) = attached(parts.text) {
        return Parts { text: caption, file: Some(file), ..parts };
    }
    Parts { app_words: marked, ..parts }
}

/// Longest words of the app, in bytes.
const WORDS_BYTES_MAX: usize = 512;

fn is_one_of(words: &str, known: &[&str]) -> bool {
    if words.len() > WORDS_BYTES_MAX {
        return false;
    }
    let words = words.trim_end_matches('.').to_lowercase();
    known.contains(&words.as_str())
}

/// What stands in `<` and `>` at the very end, and the text before it.
fn last_angle(text: &str) -> Option<(&str, &str)> {
    let inner = text.trim_end_matches(is_mark).strip_suffix('>')?;
    let floor = inner.len().saturating_sub(WORDS_BYTES_MAX);
    let open = inner.as_bytes()[floor..].iter().rposition(|byte| *byte == b'<')? + floor;
    let before = inner[..open].trim_end_matches(|c: char| is_mark(c) || c.is_whitespace());
    Some((before, inner[open + 1..].trim_matches(is_mark)))
}

/// A file's name: no line end, a short extension.
fn is_file_name(name: &str) -> bool {
    let Some((stem, extension)) = name.rsplit_once('.') else { return false };
    let short = (1..=5).contains(&extension.len());
    short
        && !stem.is_empty()
        && extension.chars().all(|c| c.is_ascii_alphanumeric())
        && !name.contains(['\n', '\r', '<', '/'])
}

/// `name.ext (file attached)` and the caption on the lines below.
fn attached(text: &str) -> Option<(&str, &str)> {
    let (line, caption) = text.split_once('\n').unwrap_or((text, ""));
    let line = line.trim_matches(|c| is_mark(c) || c == '\r');
    let (name, words) = line.strip_suffix(')')?.rsplit_once(" (")?;
    let known = is_one_of(words, &ATTACHED) || is_app_file(name);
    (known && is_file_name(name)).then_some((name, caption))
}

/// `IMG-20200102-WA0001.jpg`: a name that only the app gives.
fn is_app_file(name: &str) -> bool {
    let mut pieces = name.splitn(3, '-');
    let kind = pieces.next().unwrap_or_default();
    let day = pieces.next().unwrap_or_default();
    let number = pieces.next().unwrap_or_default();
    kind.len() == 3 && day.len() == 8 && number.starts_with("WA")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_app_adds_is_told_from_what_was_said() {
        let cases = [
            ("hi", "hi", None, None, None),
            ("<Media omitted>", "", None, Some("Media omitted"), None),
            ("<Medien ausgeschlossen>", "", None, Some("Medien ausgeschlossen"), None),
            ("<Hiányzó médiafájl>", "", None, Some("Hiányzó médiafájl"), None),
            ("<メディアは含まれていません>", "", None, Some("メディアは含まれていません"), None),
            ("<तस्वीर>", "<तस्वीर>", None, None, None),
            ("<मीडिया के बिना>", "", None, Some("मीडिया के बिना"), None),
            ("\u{200f}<تم استبعاد الوسائط>", "", None, Some("تم استبعاد الوسائط"), None),
            ("<html>", "<html>", None, None, None),
            ("\u{200e}image omitted", "", None, Some("image omitted"), None),
            ("I was omitted", "I was omitted", None, None, None),
            ("\u{200e}<attached: 0012-PHOTO.jpg>", "", Some("0012-PHOTO.jpg"), None, None),
            (
                "nests.pdf • \u{200e}3 pages \u{200e}<Anhang: 0013-nests.pdf>",
                "nests.pdf • \u{200e}3 pages",
                Some("0013-nests.pdf"),
                None,
                None,
            ),
            (
                "\u{200e}IMG-20200102-WA0001.jpg (file attached)\nlook",
                "look",
                Some("IMG-20200102-WA0001.jpg"),
                None,
                None,
            ),
            ("notes.txt (Datei angehängt)", "", Some("notes.txt"), None, None),
            ("notes.txt (final)", "notes.txt (final)", None, None, None),
            (
                "two eggs \u{200e}<This message was edited>",
                "two eggs",
                None,
                None,
                Some("This message was edited"),
            ),
        ];
        for (said, text, file, omitted, edited) in cases {
            let found = parts(said);
            assert_eq!((found.text, found.file), (text, file), "{said}");
            assert_eq!((found.omitted, found.edited), (omitted, edited), "{said}");
        }
    }

    #[test]
    fn a_tilde_of_the_app_is_no_part_of_a_name() {
        assert_eq!(sender_name("~\u{202f}Heron"), ("Heron", true));
        assert_eq!(sender_name("~ Heron"), ("Heron", true));
        for name in ["Heron", "~Heron", "~", "~ "] {
            assert_eq!(sender_name(name), (name, false));
        }
    }

    #[test]
    fn the_chat_is_named_in_the_file_name() {
        assert_eq!(chat_name("WhatsApp Chat with Heron & Owl"), "Heron & Owl");
        assert_eq!(chat_name("Chat de WhatsApp con Garza"), "Garza");
        assert_eq!(chat_name("WhatsApp Chat - Birds"), "Birds");
        assert_eq!(chat_name("birds"), "birds");
    }
}
