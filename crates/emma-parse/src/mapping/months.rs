//! Month names by language, as found in exported times. Names are compared lower-case.

/// A language's month names: any of the spellings in a row means the month of that row.
pub(super) type Months = [&'static [&'static str]; 12];

/// The languages by code, sorted.
#[rustfmt::skip]
pub(super) const LANGUAGES: &[(&str, Months)] = &[
    ("ar", [
        &["يناير", "كانون الثاني"], &["فبراير", "شباط"], &["مارس", "آذار"],
        &["أبريل", "ابريل", "إبريل", "نيسان"], &["مايو", "أيار"], &["يونيو", "حزيران"],
        &["يوليو", "تموز"], &["أغسطس", "اغسطس", "آب"], &["سبتمبر", "أيلول"],
        &["أكتوبر", "اكتوبر", "تشرين الأول"], &["نوفمبر", "تشرين الثاني"],
        &["ديسمبر", "كانون الأول"],
    ]),
    ("cs", [
        &["leden", "ledna", "led"], &["únor", "února", "úno"], &["březen", "března", "bře"],
        &["duben", "dubna", "dub"], &["květen", "května", "kvě"], &["červen", "června", "čvn"],
        &["červenec", "července", "čvc"], &["srpen", "srpna", "srp"], &["září", "zář"],
        &["říjen", "října", "říj"], &["listopad", "listopadu", "lis"],
        &["prosinec", "prosince", "pro"],
    ]),
    ("da", [
        &["januar", "jan"], &["februar", "feb"], &["marts", "mar"], &["april", "apr"], &["maj"],
        &["juni", "jun"], &["juli", "jul"], &["august", "aug"], &["september", "sep", "sept"],
        &["oktober", "okt"], &["november", "nov"], &["december", "dec"],
    ]),
    ("de", [
        &["januar", "jänner", "jan", "jän"], &["februar", "feber", "feb"],
        &["märz", "maerz", "mär", "mrz", "mar"], &["april", "apr"], &["mai"],
        &["juni", "jun"], &["juli", "jul"], &["august", "aug"], &["september", "sept", "sep"],
        &["oktober", "okt"], &["november", "nov"], &["dezember", "dez"],
    ]),
    ("el", [
        &["ιανουάριος", "ιανουαρίου", "ιαν"], &["φεβρουάριος", "φεβρουαρίου", "φεβ"],
        &["μάρτιος", "μαρτίου", "μαρ", "μάρ"], &["απρίλιος", "απριλίου", "απρ"],
        &["μάιος", "μαΐου", "μαι", "μάι", "μαΐ"], &["ιούνιος", "ιουνίου", "ιουν", "ιούν"],
        &["ιούλιος", "ιουλίου", "ιουλ", "ιούλ"], &["αύγουστος", "αυγούστου", "αυγ", "αύγ"],
        &["σεπτέμβριος", "σεπτεμβρίου", "σεπ", "σεπτ"], &["οκτώβριος", "οκτωβρίου", "οκτ"],
        &["νοέμβριος", "νοεμβρίου", "νοε", "νοέ"], &["δεκέμβριος", "δεκεμβρίου", "δεκ"],
    ]),
    ("en", [
        &["january", "jan"], &["february", "feb"], &["march", "mar"], &["april", "apr"], &["may"],
        &["june", "jun"], &["july", "jul"], &["august", "aug"], &["september", "sep", "sept"],
        &["october", "oct"], &["november", "nov"], &["december", "dec"],
    ]),
    ("es", [
        &["enero", "ene"], &["febrero", "feb"], &["marzo", "mar"], &["abril", "abr"],
        &["mayo", "may"], &["junio", "jun"], &["julio", "jul"], &["agosto", "ago"],
        &["septiembre", "setiembre", "sept", "sep", "set"], &["octubre", "oct"],
        &["noviembre", "nov"], &["diciembre", "dic"],
    ]),
    ("fi", [
        &["tammikuu", "tammikuuta", "tammi"], &["helmikuu", "helmikuuta", "helmi"],
        &["maaliskuu", "maaliskuuta", "maalis"], &["huhtikuu", "huhtikuuta", "huhti"],
        &["toukokuu", "toukokuuta", "touko"], &["kesäkuu", "kesäkuuta", "kesä"],
        &["heinäkuu", "heinäkuuta", "heinä"], &["elokuu", "elokuuta", "elo"],
        &["syyskuu", "syyskuuta", "syys"], &["lokakuu", "lokakuuta", "loka"],
        &["marraskuu", "marraskuuta", "marras"], &["joulukuu", "joulukuuta", "joulu"],
    ]),
    ("fr", [
        &["janvier", "janv", "jan"], &["février", "fevrier", "févr", "fevr", "fév", "fev"],
        &["mars", "mar"], &["avril", "avr"], &["mai"], &["juin"],
        &["juillet", "juil"], &["août", "aout", "aoû"], &["septembre", "sept", "sep"],
        &["octobre", "oct"], &["novembre", "nov"], &["décembre", "decembre", "déc", "dec"],
    ]),
    ("it", [
        &["gennaio", "gen"], &["febbraio", "feb"], &["marzo", "mar"], &["aprile", "apr"],
        &["maggio", "mag"], &["giugno", "giu"], &["luglio", "lug"], &["agosto", "ago"],
        &["settembre", "set", "sett"], &["ottobre", "ott"], &["novembre", "nov"],
        &["dicembre", "dic"],
    ]),
    ("nl", [
        &["januari", "jan"], &["februari", "feb"], &["maart", "mrt", "maa"], &["april", "apr"],
        &["mei"], &["juni", "jun"], &["juli", "jul"], &["augustus", "aug"],
        &["september", "sep", "sept"], &["oktober", "okt"], &["november", "nov"],
        &["december", "dec"],
    ]),
    ("no", [
        &["januar", "jan"], &["februar", "feb"], &["mars", "mar"], &["april", "apr"], &["mai"],
        &["juni", "jun"], &["juli", "jul"], &["august", "aug"], &["september", "sep", "sept"],
        &["oktober", "okt"], &["november", "nov"], &["desember", "des"],
    ]),
    ("pl", [
        &["styczeń", "stycznia", "sty"], &["luty", "lutego", "lut"], &["marzec", "marca", "mar"],
        &["kwiecień", "kwietnia", "kwi"], &["maj", "maja"], &["czerwiec", "czerwca", "cze"],
        &["lipiec", "lipca", "lip"], &["sierpień", "sierpnia", "sie"],
        &["wrzesień", "września", "wrz"], &["październik", "października", "paź"],
        &["listopad", "listopada", "lis"], &["grudzień", "grudnia", "gru"],
    ]),
    ("pt", [
        &["janeiro", "jan"], &["fevereiro", "fev"], &["março", "marco", "mar"],
        &["abril", "abr"], &["maio", "mai"], &["junho", "jun"], &["julho", "jul"],
        &["agosto", "ago"], &["setembro", "set"], &["outubro", "out"], &["novembro", "nov"],
        &["dezembro", "dez"],
    ]),
    ("ro", [
        &["ianuarie", "ian"], &["februarie", "feb"], &["martie", "mar"], &["aprilie", "apr"],
        &["mai"], &["iunie", "iun"], &["iulie", "iul"], &["august", "aug"],
        &["septembrie", "sept", "sep"], &["octombrie", "oct"], &["noiembrie", "noi", "nov"],
        &["decembrie", "dec"],
    ]),
    ("ru", [
        &["январь", "января", "янв"], &["февраль", "февраля", "фев", "февр"],
        &["март", "марта", "мар"], &["апрель", "апреля", "апр"], &["май", "мая"],
        &["июнь", "июня", "июн"], &["июль", "июля", "июл"], &["август", "августа", "авг"],
        &["сентябрь", "сентября", "сен", "сент"], &["октябрь", "октября", "окт"],
        &["ноябрь", "ноября", "ноя", "нояб"], &["декабрь", "декабря", "дек"],
    ]),
    ("sv", [
        &["januari", "jan"], &["februari", "feb"], &["mars", "mar"], &["april", "apr"], &["maj"],
        &["juni", "jun"], &["juli", "jul"], &["augusti", "aug"], &["september", "sep", "sept"],
        &["oktober", "okt"], &["november", "nov"], &["december", "dec"],
    ]),
    ("tr", [
        &["ocak", "oca"], &["şubat", "subat", "şub"], &["mart", "mar"], &["nisan", "nis"],
        &["mayıs", "mayis", "may"], &["haziran", "haz"], &["temmuz", "tem"],
        &["ağustos", "agustos", "ağu"], &["eylül", "eylul", "eyl"], &["ekim", "eki"],
        &["kasım", "kasim", "kas"], &["aralık", "aralik", "ara"],
    ]),
    ("uk", [
        &["січень", "січня", "січ"], &["лютий", "лютого", "лют"], &["березень", "березня", "бер"],
        &["квітень", "квітня", "кві", "квіт"], &["травень", "травня", "тра", "трав"],
        &["червень", "червня", "чер", "черв"], &["липень", "липня", "лип"],
        &["серпень", "серпня", "сер", "серп"], &["вересень", "вересня", "вер"],
        &["жовтень", "жовтня", "жов", "жовт"], &["листопад", "листопада", "лис", "лист"],
        &["грудень", "грудня", "гру", "груд"],
    ]),
];

/// The names of `language`, if emma knows them.
pub(super) fn of_language(language: &str) -> Option<&'static Months> {
    LANGUAGES.iter().find(|(code, _)| *code == language).map(|(_, months)| months)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn names_are_lower_case_and_mean_one_month_each() {
        for (code, months) in LANGUAGES {
            let mut seen = BTreeMap::new();
            for (number, names) in months.iter().enumerate() {
                for name in *names {
                    assert_eq!(*name, name.to_lowercase(), "{code}");
                    assert_eq!(seen.insert(*name, number), None, "{code} {name}");
                }
            }
        }
        assert!(LANGUAGES.is_sorted_by_key(|(code, _)| *code));
    }
}
