//! Invented people: given and family names that are common in ten European countries, paired at random.

/// Given and family names of one country.
pub(super) struct Culture {
    pub(super) given: &'static [&'static str],
    pub(super) family: &'static [&'static str],
}

#[rustfmt::skip]
pub(super) const CULTURES: &[Culture] = &[
    Culture {
        given: &["Anaïs", "Benoît", "Camille", "Chloé", "Elodie", "François", "Gaëlle", "Hélène", "Jérôme", "Léa", "Mathéo", "Noémie", "Océane", "Rémi", "Sébastien", "Zoé"],
        family: &["Aubry", "Béranger", "Chevallier", "Delacroix", "Fontaine", "Gauthier", "Jacquemin", "Lefèvre", "Maréchal", "Noël", "Pélissier", "Quémener", "Rivière", "Saint-Yves", "Thévenet", "Vauquelin"],
    },
    Culture {
        given: &["Anke", "Björn", "Dörte", "Friedrich", "Gisela", "Günther", "Heike", "Jürgen", "Käthe", "Lukas", "Maximilian", "Renate", "Sönke", "Ulrike", "Wiebke", "Xaver"],
        family: &["Ackermann", "Böhm", "Dürr", "Eßer", "Feldkamp", "Größler", "Hüttner", "Jäger", "Köhler", "Lindemann", "Möller", "Pfützner", "Rößler", "Schäfer", "Tönnies", "Weiß"],
    },
    Culture {
        given: &["Agnieszka", "Bartłomiej", "Dorota", "Elżbieta", "Grzegorz", "Jadwiga", "Krzysztof", "Łukasz", "Małgorzata", "Paweł", "Radosław", "Stanisław", "Tomasz", "Urszula", "Wojciech", "Zofia"],
        family: &["Bąk", "Czarnecki", "Dąbrowska", "Gołębiowski", "Jabłoński", "Kaźmierczak", "Leśniak", "Majchrzak", "Ołdak", "Piątek", "Rutkowski", "Ślusarczyk", "Wąsik", "Wróbel", "Zając", "Żurawski"],
    },
    Culture {
        given: &["Alžběta", "Bohumil", "Daniela", "František", "Hynek", "Jiří", "Kateřina", "Libuše", "Matěj", "Ondřej", "Růžena", "Šimon", "Tereza", "Václav", "Zdeněk", "Žaneta"],
        family: &["Čapek", "Dvořák", "Fišer", "Hájek", "Chudoba", "Jirásek", "Kučera", "Lněnička", "Mašek", "Novotný", "Ptáček", "Řezníček", "Svoboda", "Šťastný", "Vondráček", "Žižka"],
    },
    Culture {
        given: &["Afonso", "Beatriz", "Conceição", "Duarte", "Estêvão", "Filipa", "Gonçalo", "Inês", "João", "Lúcia", "Margarida", "Nuno", "Rúben", "Simão", "Tomé", "Vitória"],
        family: &["Assunção", "Bragança", "Coutinho", "Falcão", "Guimarães", "Leitão", "Magalhães", "Neves", "Pacheco", "Queirós", "Ramalho", "Simões", "Tavares", "Vasconcelos", "Ximenes", "Zambujal"],
    },
    Culture {
        given: &["Asbjørn", "Birgitte", "Dorthe", "Eskild", "Frode", "Gitte", "Henning", "Ingrid", "Jørgen", "Kirsten", "Mikkel", "Niels", "Søren", "Trine", "Vibeke", "Øjvind"],
        family: &["Ahlgreen", "Bjerregård", "Christoffersen", "Dalsgaard", "Frølund", "Gråbæk", "Højland", "Kjærulff", "Lundsgård", "Mølgaard", "Nørskov", "Overgaard", "Rødgaard", "Skjødt", "Thorsø", "Ærenlund"],
    },
    Culture {
        given: &["Aisling", "Brónagh", "Cormac", "Dáithí", "Eimear", "Fionn", "Gráinne", "Líadan", "Máirtín", "Niamh", "Oisín", "Pádraig", "Róisín", "Seán", "Tadhg", "Úna"],
        family: &["Brannigan", "Cullinane", "Devaney", "Fallon", "Geraghty", "Hanlon", "Kinsella", "Lonergan", "MacGiolla", "Ní Dhomhnaill", "O'Callaghan", "O'Driscoll", "Prendergast", "Rafferty", "Tierney", "Ó Súilleabháin"],
    },
    Culture {
        given: &["Aino", "Eetu", "Hilla", "Ilkka", "Jyrki", "Kaisa", "Lauri", "Marjatta", "Niilo", "Päivi", "Riikka", "Sauli", "Tuomas", "Veikko", "Väinö", "Yrjö"],
        family: &["Ahtiainen", "Hämäläinen", "Ikonen", "Järvelä", "Kekäläinen", "Laaksonen", "Mäenpää", "Niskanen", "Ojanperä", "Pöyhönen", "Rautiainen", "Salmela", "Tiihonen", "Uusitalo", "Väisänen", "Ylönen"],
    },
    Culture {
        given: &["Adrián", "Begoña", "Concepción", "Elías", "Fermín", "Gema", "Héctor", "Íñigo", "Joaquín", "Lucía", "Macarena", "Nicolás", "Raúl", "Sofía", "Tomás", "Ximena"],
        family: &["Arriaga", "Bermúdez", "Calderón", "Domínguez", "Echevarría", "Fernández", "Garcés", "Ibáñez", "Jiménez", "Lázaro", "Muñoz", "Núñez", "Peñalver", "Quiñones", "Rincón", "Zúñiga"],
    },
    Culture {
        given: &["Alessandra", "Beatrice", "Corrado", "Debora", "Edoardo", "Fabrizio", "Giulia", "Ilaria", "Lorenzo", "Mattia", "Niccolò", "Ornella", "Raffaele", "Serena", "Tommaso", "Viola"],
        family: &["Bellandi", "Castagnetti", "D'Ambrosio", "Fabbri", "Gallinari", "Iacobelli", "Locatelli", "Mantovani", "Nardò", "Orlandi", "Pellegrini", "Quarantelli", "Rizzo", "Santangelo", "Tagliaferri", "Zanetti"],
    },
];

/// Job titles of people at a desk.
pub(super) const OFFICE_TITLES: &[&str] = &[
    "Analyst",
    "Assistant",
    "Buyer",
    "Clerk",
    "Controller",
    "Coordinator",
    "Designer",
    "Engineer",
    "Planner",
    "Project lead",
    "Specialist",
    "Technician",
];

/// Job titles of people at a bench, a line or a dock.
pub(super) const FLOOR_TITLES: &[&str] =
    &["Assembler", "Calibrator", "Driver", "Machinist", "Packer", "Polisher", "Setter", "Storekeeper"];

/// The letters that mail addresses and logins are made of.
pub(super) fn ascii(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        match c {
            'a'..='z' | '0'..='9' => out.push(c),
            'á' | 'à' | 'ã' | 'â' | 'ą' => out.push('a'),
            'ä' | 'æ' => out.push_str("ae"),
            'å' => out.push_str("aa"),
            'ç' | 'č' | 'ć' => out.push('c'),
            'ď' => out.push('d'),
            'é' | 'è' | 'ê' | 'ë' | 'ě' | 'ę' => out.push('e'),
            'í' | 'ï' | 'î' => out.push('i'),
            'ł' => out.push('l'),
            'ñ' | 'ň' | 'ń' => out.push('n'),
            'ó' | 'ò' | 'õ' | 'ô' => out.push('o'),
            'ö' | 'ø' => out.push_str("oe"),
            'ř' => out.push('r'),
            'š' | 'ś' => out.push('s'),
            'ß' => out.push_str("ss"),
            'ť' => out.push('t'),
            'ú' | 'ů' => out.push('u'),
            'ü' => out.push_str("ue"),
            'ý' => out.push('y'),
            'ž' | 'ź' | 'ż' => out.push('z'),
            '-' | ' ' => out.push('-'),
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_has_an_ascii_form() {
        assert_eq!(ascii("Šťastný"), "stastny");
        assert_eq!(ascii("Ó Súilleabháin"), "o-suilleabhain");
        assert_eq!(ascii("D'Ambrosio"), "dambrosio");
        for name in CULTURES.iter().flat_map(|culture| culture.given.iter().chain(culture.family)) {
            let n_letters = name.chars().filter(|c| c.is_alphabetic()).count();
            let n_ascii = ascii(name).chars().filter(char::is_ascii_alphabetic).count();
            assert!(n_ascii >= n_letters, "{name} → {}", ascii(name));
        }
    }
}
