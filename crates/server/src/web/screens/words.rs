//! What screens say: message catalogues in English, French and German, and how numbers and times are written.
//!
//! A catalogue is a file with a line `key = text` for each message; `{0}` stands for what is filled in.

use super::assets::assets;
use askama::filters::HtmlSafe;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::OnceLock;

/// Languages that screens speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Language {
    #[default]
    English,
    French,
    German,
}

impl Language {
    pub(crate) const ALL: [Language; 3] = [Language::English, Language::French, Language::German];

    /// `en`.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::French => "fr",
            Language::German => "de",
        }
    }

    /// Its own name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Language::English => "English",
            Language::French => "Français",
            Language::German => "Deutsch",
        }
    }

    /// The language of a tag such as `de-CH`.
    pub(crate) fn of(tag: &str) -> Option<Language> {
        let main = tag.trim().split(['-', ';', '_']).next()?.to_ascii_lowercase();
        Language::ALL.into_iter().find(|language| language.code() == main)
    }

    pub(super) fn text(self) -> &'static str {
        match self {
            Language::English => include_str!("../../../assets/words/en.txt"),
            Language::French => include_str!("../../../assets/words/fr.txt"),
            Language::German => include_str!("../../../assets/words/de.txt"),
        }
    }

    fn catalogue(self) -> &'static BTreeMap<&'static str, &'static str> {
        static ALL: OnceLock<[BTreeMap<&'static str, &'static str>; 3]> = OnceLock::new();
        let all = ALL.get_or_init(|| Language::ALL.map(|language| lines(language.text()).collect()));
        match self {
            Language::English => &all[0],
            Language::French => &all[1],
            Language::German => &all[2],
        }
    }
}

/// Keys and texts of a catalogue.
pub(super) fn lines(text: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('='))
        .map(|(key, text)| (key.trim(), text.trim()))
}

/// Text that is safe to stand in a page as it is: made here, with everything foreign escaped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Markup(String);

impl fmt::Display for Markup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Markup {}

/// The words of one language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Words(pub(crate) Language);

impl Words {
    /// A message. A key that no catalogue has is shown as it is.
    pub(crate) fn t<'k>(&self, key: &'k str) -> &'k str {
        self.0.catalogue().get(key).copied().unwrap_or(key)
    }

    /// Whether there is such a message.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.0.catalogue().contains_key(key)
    }

    /// The first of two messages that there is.
    pub(crate) fn either(&self, first: String, second: String) -> String {
        self.t(if self.has(&first) { &first } else { &second }).to_owned()
    }

    /// A message with its gaps filled.
    pub(crate) fn with<S: fmt::Display>(&self, key: &str, gaps: &[S]) -> String {
        let mut text = self.t(key).to_owned();
        for (n, gap) in gaps.iter().enumerate() {
            text = text.replace(&format!("{{{n}}}"), &gap.to_string());
        }
        text
    }

    /// A message with one gap, for templates.
    pub(crate) fn one(&self, key: &str, gap: impl fmt::Display) -> String {
        self.with(key, &[gap])
    }

    /// A message with two gaps, for templates.
    pub(crate) fn two(&self, key: &str, first: impl fmt::Display, second: impl fmt::Display) -> String {
        self.with(key, &[first.to_string(), second.to_string()])
    }

    /// A text as a part of an address.
    pub(crate) fn url(&self, text: impl fmt::Display) -> String {
        super::context::encoded(&text.to_string())
    }

    /// Code of the language.
    pub(crate) fn code(&self) -> &'static str {
        self.0.code()
    }

    /// A whole number with its thousands apart.
    pub(crate) fn number(&self, number: impl fmt::Display) -> String {
        let digits = number.to_string();
        let apart = match self.0 {
            Language::English => ',',
            Language::French => '\u{202f}',
            Language::German => '.',
        };
        let mut text = String::new();
        for (n, digit) in digits.chars().enumerate() {
            if n > 0 && (digits.len() - n).is_multiple_of(3) {
                text.push(apart);
            }
            text.push(digit);
        }
        text
    }

    /// A picture. It tells nothing that words do not.
    pub(crate) fn icon(&self, name: &str) -> Markup {
        let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        Markup(format!("<svg class=\"i\" aria-hidden=\"true\"><use href=\"{}#{name}\"/></svg>", assets().icons))
    }

    /// The state of a job, task, session, connector or change.
    pub(crate) fn badge(&self, state: &str) -> Markup {
        let (kind, icon) = look(state);
        let key = format!("state.{state}");
        let spin = if state == "InProgress" { " spin" } else { "" };
        let icon =
            format!("<svg class=\"i{spin}\" aria-hidden=\"true\"><use href=\"{}#{icon}\"/></svg>", assets().icons);
        Markup(format!("<span class=\"badge {kind}\">{icon}{}</span>", escaped(self.t(&key))))
    }

    /// An instant, UTC.
    pub(crate) fn time(&self, micros: impl fmt::Display) -> Markup {
        let micros: i64 = micros.to_string().parse().unwrap_or_default();
        let full = provost_model::query::format_instant(micros.div_euclid(1_000_000) * 1_000_000);
        let shown = full.trim_end_matches('Z').replace('T', " ");
        Markup(format!("<time datetime=\"{full}\" title=\"{shown} UTC\">{}</time>", &shown[..shown.len() - 3]))
    }

    /// An instant, UTC, where there may be none.
    pub(crate) fn maybe_time(&self, micros: &Option<i64>) -> Markup {
        micros.map_or_else(|| Markup("<span class=\"dim\">–</span>".to_owned()), |micros| self.time(micros))
    }

    /// A span of time.
    pub(crate) fn span(&self, micros: impl fmt::Display) -> String {
        let micros: i64 = micros.to_string().parse().unwrap_or_default();
        let seconds = micros.max(0) / 1_000_000;
        match seconds {
            0 => format!("{} ms", micros.max(0) / 1000),
            1..60 => format!("{seconds} s"),
            60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
            _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
        }
    }
}

/// Colour and shape of a state.
fn look(state: &str) -> (&'static str, &'static str) {
    match state {
        "Completed" | "Applied" | "Active" | "Reachable" => ("ok", "check"),
        // Workflow states by their numbers, then provisioning states.
        "W16" | "W18" | "W116" | "W118" | "P4" | "P8" => ("ok", "check"),
        "W1" | "W3" | "W24" | "W27" | "W119" => ("warn", "warn"),
        "W2" | "W4" | "W5" | "W8" | "W9" | "W10" | "W11" | "W12" | "W13" | "W25" | "P1" | "P2" => ("info", "clock"),
        "W17" | "W20" | "P3" | "P7" => ("bad", "cross"),
        "W26" => ("bad", "stop"),
        "P5" => ("warn", "stop"),
        "InProgress" => ("info", "ring"),
        "Warning" => ("warn", "warn"),
        "Errored" | "Failed" => ("bad", "cross"),
        "Blocked" => ("bad", "stop"),
        "Sealed" | "Open" => ("info", "clock"),
        "Skipped" => ("idle", "skip"),
        "Insert" => ("ok", "plus"),
        "Update" => ("info", "arrow"),
        "Delete" => ("bad", "dash"),
        "NotStarted" => ("idle", "clock"),
        _ => ("idle", "dash"),
    }
}

/// Text with everything that means something in a page made harmless.
pub(crate) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}
