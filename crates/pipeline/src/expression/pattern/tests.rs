use super::*;
use proptest::prelude::*;

fn pattern(text: &str) -> DatePattern {
    DatePattern::new(text).unwrap()
}

fn at(text: &str) -> Civil {
    Civil::from_internal(text).unwrap()
}

#[test]
fn dates_are_written() {
    // A Tuesday.
    let evening = at("20200929220507");
    for (given, expected) in [
        ("dd/MM/yyyy", "29/09/2020"),
        ("d/M/yy h:m:s tt", "29/9/20 10:5:7 PM"),
        ("dddd d MMMM yyyy", "Tuesday 29 September 2020"),
        ("ddd dd-MMM-yy", "Tue 29-Sep-20"),
        ("yyyy-MM-ddTHH:mm:ss.fff", "2020-09-29T22:05:07.000"),
        ("HH:mm:ss.FFF", "22:05:07"),
        ("hh 'o''clock' t", "10 oclock P"),
        (r"yyyy\y \d", "2020y d"),
        ("%d", "29"),
        ("H zzz", "22 +02:00"),
        ("H z zz K", "22 +2 +02 +02:00"),
        ("yyyyMMddHHmmss", "20200929220507"),
        ("yyyyy", "02020"),
        ("s", "2020-09-29T22:05:07"),
        ("d", "09/29/2020"),
        ("u", "2020-09-29 22:05:07Z"),
    ] {
        assert_eq!(pattern(given).format(evening, 7200), expected, "{given}");
    }
    assert_eq!(pattern("h tt|K").format(at("20200101000000"), 0), "12 AM|Z");
    assert_eq!(pattern("zzz").format(at("20200101000000"), -16_200), "-04:30");
}

#[test]
fn dates_are_read() {
    for (given, text, expected) in [
        ("dd/MM/yyyy", "29/09/2020", Some("20200929000000")),
        ("dd/MM/yyyy", " 29/09/2020 ", Some("20200929000000")),
        ("dd/MM/yyyy", "29/9/2020", None),
        ("d/M/yyyy", "9/9/2020", Some("20200909000000")),
        ("d/M/yyyy", "29/09/2020", Some("20200929000000")),
        ("dd/MM/yyyy", "30/02/2020", None),
        ("dd/MM/yyyy", "29/02/2020", Some("20200229000000")),
        ("dd/MM/yyyy", "29/02/2021", None),
        ("dd/MM/yyyy", "29/09/2020 10:00", None),
        ("yyyyMMdd", "20200929", Some("20200929000000")),
        ("yy", "49", Some("20490101000000")),
        ("dd/MM/yy", "01/01/50", Some("19500101000000")),
        ("d-MMM-yyyy", "1-feb-2021", Some("20210201000000")),
        ("d MMMM yyyy", "1 FEBRUARY 2021", Some("20210201000000")),
        ("dddd d/M/yyyy", "Tuesday 29/9/2020", Some("20200929000000")),
        ("dddd d/M/yyyy", "Monday 29/9/2020", None),
        ("M/d/yyyy h:mm tt", "9/29/2020 12:30 am", Some("20200929003000")),
        ("M/d/yyyy h:mm tt", "9/29/2020 12:30 PM", Some("20200929123000")),
        ("M/d/yyyy h:mm", "9/29/2020 13:30", None),
        ("yyyy-MM-dd HH:mm:ss.FFF", "2020-09-29 22:05:07", Some("20200929220507")),
        ("yyyy-MM-dd HH:mm:ss.FFF", "2020-09-29 22:05:07.12", Some("20200929220507")),
        ("yyyy-MM-dd HH:mm:ss.ff", "2020-09-29 22:05:07.1", None),
        ("s", "2020-09-29T22:05:07", Some("20200929220507")),
        ("yyyy", "0000", None),
        ("yyyy", "２０２０", None),
    ] {
        let read = pattern(given).parse(text).map(|(civil, _)| civil);
        assert_eq!(read, expected.map(at), "{given} of {text}");
    }
    let offset = |given: &str, text: &str| pattern(given).parse(text).map(|(_, offset)| offset);
    assert_eq!(offset("yyyy zzz", "2020 -04:30"), Some(Some(-16_200)));
    assert_eq!(offset("yyyyK", "2020Z"), Some(Some(0)));
    assert_eq!(offset("yyyyK", "2020"), Some(None));
}

#[test]
fn wrong_patterns_are_refused() {
    for wrong in ["", "x", "yyyy 'open", "yyyy\\", "ffffffff", "yyyy gg", "yyyy%", "%%"] {
        assert!(DatePattern::new(wrong).is_err(), "{wrong}");
    }
    assert!(!pattern("dd/MM").has_year());
}

proptest! {
    #[test]
    fn nothing_panics(given in "\\PC{0,12}|[dMyHhmsftzK%'\\\\ /:.]{0,12}", text in "\\PC*|[0-9 /:.-]{0,20}", seconds in 0i64..200_000_000_000) {
        if let (Ok(pattern), Some(civil)) = (DatePattern::new(&given), Civil::from_seconds(seconds)) {
            let _ = pattern.parse(&text);
            let _ = pattern.parse(&pattern.format(civil, 3600));
        }
    }

    #[test]
    fn reading_is_the_inverse_of_writing(
        given in prop::sample::select(&["dd/MM/yyyy HH:mm:ss", "yyyyMMddHHmmss", "d MMMM yyyy h:m:s tt", "ddd, d MMM yyyy H:m:s K", "o"][..]),
        seconds in -62_135_596_800i64..253_402_300_800,
    ) {
        let civil = Civil::from_seconds(seconds).unwrap();
        prop_assert_eq!(pattern(given).parse(&pattern(given).format(civil, 0)).map(|(civil, _)| civil), Some(civil));
    }
}
