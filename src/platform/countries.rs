//! The countries that CloudFront tells of viewers, as data, and what a text that is none of them was meant to be.
//!
//! CloudFront looks viewers up in MaxMind's databases, which have the codes of ISO 3166-1 alpha-2 (API reference,
//! `API_GeoRestriction`) and `XK` for Kosovo, a code that ISO leaves to its users. The list is ISO's as of [`AS_OF`],
//! taken from `iso3166.tab` of the tz database 2025b, the codes of three letters from Debian's iso-codes 4.15; both have
//! the same 249. The names are short English ones without accents, for people who write a name in the place of a code.
//! What an event says is a fact: nothing here ever judges it.

use crate::text::nearest;

/// When the list was last the very list of ISO 3166-1.
pub const AS_OF: &str = "2023-04";

/// Code, code of three letters, name; in the order of the codes. A data table.
const COUNTRIES: [(&str, &str, &str); 250] = [
    ("AD", "AND", "Andorra"),
    ("AE", "ARE", "United Arab Emirates"),
    ("AF", "AFG", "Afghanistan"),
    ("AG", "ATG", "Antigua and Barbuda"),
    ("AI", "AIA", "Anguilla"),
    ("AL", "ALB", "Albania"),
    ("AM", "ARM", "Armenia"),
    ("AO", "AGO", "Angola"),
    ("AQ", "ATA", "Antarctica"),
    ("AR", "ARG", "Argentina"),
    ("AS", "ASM", "American Samoa"),
    ("AT", "AUT", "Austria"),
    ("AU", "AUS", "Australia"),
    ("AW", "ABW", "Aruba"),
    ("AX", "ALA", "Aland Islands"),
    ("AZ", "AZE", "Azerbaijan"),
    ("BA", "BIH", "Bosnia and Herzegovina"),
    ("BB", "BRB", "Barbados"),
    ("BD", "BGD", "Bangladesh"),
    ("BE", "BEL", "Belgium"),
    ("BF", "BFA", "Burkina Faso"),
    ("BG", "BGR", "Bulgaria"),
    ("BH", "BHR", "Bahrain"),
    ("BI", "BDI", "Burundi"),
    ("BJ", "BEN", "Benin"),
    ("BL", "BLM", "Saint Barthelemy"),
    ("BM", "BMU", "Bermuda"),
    ("BN", "BRN", "Brunei"),
    ("BO", "BOL", "Bolivia"),
    ("BQ", "BES", "Caribbean Netherlands"),
    ("BR", "BRA", "Brazil"),
    ("BS", "BHS", "Bahamas"),
    ("BT", "BTN", "Bhutan"),
    ("BV", "BVT", "Bouvet Island"),
    ("BW", "BWA", "Botswana"),
    ("BY", "BLR", "Belarus"),
    ("BZ", "BLZ", "Belize"),
    ("CA", "CAN", "Canada"),
    ("CC", "CCK", "Cocos (Keeling) Islands"),
    ("CD", "COD", "Democratic Republic of the Congo"),
    ("CF", "CAF", "Central African Republic"),
    ("CG", "COG", "Congo"),
    ("CH", "CHE", "Switzerland"),
    ("CI", "CIV", "Cote d'Ivoire"),
    ("CK", "COK", "Cook Islands"),
    ("CL", "CHL", "Chile"),
    ("CM", "CMR", "Cameroon"),
    ("CN", "CHN", "China"),
    ("CO", "COL", "Colombia"),
    ("CR", "CRI", "Costa Rica"),
    ("CU", "CUB", "Cuba"),
    ("CV", "CPV", "Cabo Verde"),
    ("CW", "CUW", "Curacao"),
    ("CX", "CXR", "Christmas Island"),
    ("CY", "CYP", "Cyprus"),
    ("CZ", "CZE", "Czechia"),
    ("DE", "DEU", "Germany"),
    ("DJ", "DJI", "Djibouti"),
    ("DK", "DNK", "Denmark"),
    ("DM", "DMA", "Dominica"),
    ("DO", "DOM", "Dominican Republic"),
    ("DZ", "DZA", "Algeria"),
    ("EC", "ECU", "Ecuador"),
    ("EE", "EST", "Estonia"),
    ("EG", "EGY", "Egypt"),
    ("EH", "ESH", "Western Sahara"),
    ("ER", "ERI", "Eritrea"),
    ("ES", "ESP", "Spain"),
    ("ET", "ETH", "Ethiopia"),
    ("FI", "FIN", "Finland"),
    ("FJ", "FJI", "Fiji"),
    ("FK", "FLK", "Falkland Islands"),
    ("FM", "FSM", "Micronesia"),
    ("FO", "FRO", "Faroe Islands"),
    ("FR", "FRA", "France"),
    ("GA", "GAB", "Gabon"),
    ("GB", "GBR", "United Kingdom"),
    ("GD", "GRD", "Grenada"),
    ("GE", "GEO", "Georgia"),
    ("GF", "GUF", "French Guiana"),
    ("GG", "GGY", "Guernsey"),
    ("GH", "GHA", "Ghana"),
    ("GI", "GIB", "Gibraltar"),
    ("GL", "GRL", "Greenland"),
    ("GM", "GMB", "Gambia"),
    ("GN", "GIN", "Guinea"),
    ("GP", "GLP", "Guadeloupe"),
    ("GQ", "GNQ", "Equatorial Guinea"),
    ("GR", "GRC", "Greece"),
    ("GS", "SGS", "South Georgia and the South Sandwich Islands"),
    ("GT", "GTM", "Guatemala"),
    ("GU", "GUM", "Guam"),
    ("GW", "GNB", "Guinea-Bissau"),
    ("GY", "GUY", "Guyana"),
    ("HK", "HKG", "Hong Kong"),
    ("HM", "HMD", "Heard Island and McDonald Islands"),
    ("HN", "HND", "Honduras"),
    ("HR", "HRV", "Croatia"),
    ("HT", "HTI", "Haiti"),
    ("HU", "HUN", "Hungary"),
    ("ID", "IDN", "Indonesia"),
    ("IE", "IRL", "Ireland"),
    ("IL", "ISR", "Israel"),
    ("IM", "IMN", "Isle of Man"),
    ("IN", "IND", "India"),
    ("IO", "IOT", "British Indian Ocean Territory"),
    ("IQ", "IRQ", "Iraq"),
    ("IR", "IRN", "Iran"),
    ("IS", "ISL", "Iceland"),
    ("IT", "ITA", "Italy"),
    ("JE", "JEY", "Jersey"),
    ("JM", "JAM", "Jamaica"),
    ("JO", "JOR", "Jordan"),
    ("JP", "JPN", "Japan"),
    ("KE", "KEN", "Kenya"),
    ("KG", "KGZ", "Kyrgyzstan"),
    ("KH", "KHM", "Cambodia"),
    ("KI", "KIR", "Kiribati"),
    ("KM", "COM", "Comoros"),
    ("KN", "KNA", "Saint Kitts and Nevis"),
    ("KP", "PRK", "North Korea"),
    ("KR", "KOR", "South Korea"),
    ("KW", "KWT", "Kuwait"),
    ("KY", "CYM", "Cayman Islands"),
    ("KZ", "KAZ", "Kazakhstan"),
    ("LA", "LAO", "Laos"),
    ("LB", "LBN", "Lebanon"),
    ("LC", "LCA", "Saint Lucia"),
    ("LI", "LIE", "Liechtenstein"),
    ("LK", "LKA", "Sri Lanka"),
    ("LR", "LBR", "Liberia"),
    ("LS", "LSO", "Lesotho"),
    ("LT", "LTU", "Lithuania"),
    ("LU", "LUX", "Luxembourg"),
    ("LV", "LVA", "Latvia"),
    ("LY", "LBY", "Libya"),
    ("MA", "MAR", "Morocco"),
    ("MC", "MCO", "Monaco"),
    ("MD", "MDA", "Moldova"),
    ("ME", "MNE", "Montenegro"),
    ("MF", "MAF", "Saint Martin"),
    ("MG", "MDG", "Madagascar"),
    ("MH", "MHL", "Marshall Islands"),
    ("MK", "MKD", "North Macedonia"),
    ("ML", "MLI", "Mali"),
    ("MM", "MMR", "Myanmar"),
    ("MN", "MNG", "Mongolia"),
    ("MO", "MAC", "Macau"),
    ("MP", "MNP", "Northern Mariana Islands"),
    ("MQ", "MTQ", "Martinique"),
    ("MR", "MRT", "Mauritania"),
    ("MS", "MSR", "Montserrat"),
    ("MT", "MLT", "Malta"),
    ("MU", "MUS", "Mauritius"),
    ("MV", "MDV", "Maldives"),
    ("MW", "MWI", "Malawi"),
    ("MX", "MEX", "Mexico"),
    ("MY", "MYS", "Malaysia"),
    ("MZ", "MOZ", "Mozambique"),
    ("NA", "NAM", "Namibia"),
    ("NC", "NCL", "New Caledonia"),
    ("NE", "NER", "Niger"),
    ("NF", "NFK", "Norfolk Island"),
    ("NG", "NGA", "Nigeria"),
    ("NI", "NIC", "Nicaragua"),
    ("NL", "NLD", "Netherlands"),
    ("NO", "NOR", "Norway"),
    ("NP", "NPL", "Nepal"),
    ("NR", "NRU", "Nauru"),
    ("NU", "NIU", "Niue"),
    ("NZ", "NZL", "New Zealand"),
    ("OM", "OMN", "Oman"),
    ("PA", "PAN", "Panama"),
    ("PE", "PER", "Peru"),
    ("PF", "PYF", "French Polynesia"),
    ("PG", "PNG", "Papua New Guinea"),
    ("PH", "PHL", "Philippines"),
    ("PK", "PAK", "Pakistan"),
    ("PL", "POL", "Poland"),
    ("PM", "SPM", "Saint Pierre and Miquelon"),
    ("PN", "PCN", "Pitcairn"),
    ("PR", "PRI", "Puerto Rico"),
    ("PS", "PSE", "Palestine"),
    ("PT", "PRT", "Portugal"),
    ("PW", "PLW", "Palau"),
    ("PY", "PRY", "Paraguay"),
    ("QA", "QAT", "Qatar"),
    ("RE", "REU", "Reunion"),
    ("RO", "ROU", "Romania"),
    ("RS", "SRB", "Serbia"),
    ("RU", "RUS", "Russia"),
    ("RW", "RWA", "Rwanda"),
    ("SA", "SAU", "Saudi Arabia"),
    ("SB", "SLB", "Solomon Islands"),
    ("SC", "SYC", "Seychelles"),
    ("SD", "SDN", "Sudan"),
    ("SE", "SWE", "Sweden"),
    ("SG", "SGP", "Singapore"),
    ("SH", "SHN", "Saint Helena"),
    ("SI", "SVN", "Slovenia"),
    ("SJ", "SJM", "Svalbard and Jan Mayen"),
    ("SK", "SVK", "Slovakia"),
    ("SL", "SLE", "Sierra Leone"),
    ("SM", "SMR", "San Marino"),
    ("SN", "SEN", "Senegal"),
    ("SO", "SOM", "Somalia"),
    ("SR", "SUR", "Suriname"),
    ("SS", "SSD", "South Sudan"),
    ("ST", "STP", "Sao Tome and Principe"),
    ("SV", "SLV", "El Salvador"),
    ("SX", "SXM", "Sint Maarten"),
    ("SY", "SYR", "Syria"),
    ("SZ", "SWZ", "Eswatini"),
    ("TC", "TCA", "Turks and Caicos Islands"),
    ("TD", "TCD", "Chad"),
    ("TF", "ATF", "French Southern Territories"),
    ("TG", "TGO", "Togo"),
    ("TH", "THA", "Thailand"),
    ("TJ", "TJK", "Tajikistan"),
    ("TK", "TKL", "Tokelau"),
    ("TL", "TLS", "Timor-Leste"),
    ("TM", "TKM", "Turkmenistan"),
    ("TN", "TUN", "Tunisia"),
    ("TO", "TON", "Tonga"),
    ("TR", "TUR", "Turkey"),
    ("TT", "TTO", "Trinidad and Tobago"),
    ("TV", "TUV", "Tuvalu"),
    ("TW", "TWN", "Taiwan"),
    ("TZ", "TZA", "Tanzania"),
    ("UA", "UKR", "Ukraine"),
    ("UG", "UGA", "Uganda"),
    ("UM", "UMI", "US minor outlying islands"),
    ("US", "USA", "United States"),
    ("UY", "URY", "Uruguay"),
    ("UZ", "UZB", "Uzbekistan"),
    ("VA", "VAT", "Vatican City"),
    ("VC", "VCT", "Saint Vincent and the Grenadines"),
    ("VE", "VEN", "Venezuela"),
    ("VG", "VGB", "British Virgin Islands"),
    ("VI", "VIR", "US Virgin Islands"),
    ("VN", "VNM", "Vietnam"),
    ("VU", "VUT", "Vanuatu"),
    ("WF", "WLF", "Wallis and Futuna"),
    ("WS", "WSM", "Samoa"),
    ("XK", "XKX", "Kosovo"),
    ("YE", "YEM", "Yemen"),
    ("YT", "MYT", "Mayotte"),
    ("ZA", "ZAF", "South Africa"),
    ("ZM", "ZMB", "Zambia"),
    ("ZW", "ZWE", "Zimbabwe"),
];

/// What people write in the place of a code: other lists have it, or it is a name that no list has.
const OTHER_NAMES: [(&str, &str); 12] = [
    ("UK", "GB"),
    ("EL", "GR"),
    ("ENGLAND", "GB"),
    ("GREAT BRITAIN", "GB"),
    ("UNITED STATES OF AMERICA", "US"),
    ("BRASIL", "BR"),
    ("DEUTSCHLAND", "DE"),
    ("ESPANA", "ES"),
    ("ESPAÑA", "ES"),
    ("HOLLAND", "NL"),
    ("KOREA", "KR"),
    ("CZECH REPUBLIC", "CZ"),
];

/// Languages whose codes are no country's, and countries that may have been meant.
const LANGUAGES: [(&str, &str); 6] =
    [("EN", "`GB` or `US`"), ("JA", "`JP`"), ("KO", "`KR`"), ("ZH", "`CN`"), ("DA", "`DK`"), ("CS", "`CZ`")];

/// A text that is not a country.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a country code: {cure}")]
pub struct NotACountry {
    /// As it was written.
    pub text: String,
    /// What to do.
    pub cure: String,
}

/// Judges a text that stands for a country, wherever people write one. O(log of the list) where it is one.
///
/// # Errors
/// The text is none of the codes that CloudFront sends: two capital letters.
pub fn check_country(text: &str) -> Result<(), NotACountry> {
    if is_code(text) { Ok(()) } else { Err(NotACountry { text: text.to_owned(), cure: cure(text) }) }
}

fn is_code(text: &str) -> bool {
    COUNTRIES.binary_search_by_key(&text, |(code, ..)| code).is_ok()
}

fn cure(text: &str) -> String {
    let upper = text.trim().replace('.', "").to_ascii_uppercase();
    if is_code(&upper) {
        return format!("write `{upper}`, two capital letters");
    }
    if let Some((_, countries)) = LANGUAGES.iter().find(|(language, _)| *language == upper) {
        return format!("it is a language: write a country, such as {countries}, or use `language`");
    }
    match upper.as_str() {
        "EU" => return "name the countries, such as `DE` and `FR`".to_owned(),
        "" | "-" => return "leave it out where no country is known".to_owned(),
        _ => {}
    }
    if let Some(country) = upper.rsplit(['-', '_']).next().filter(|end| end.len() < upper.len() && is_code(end)) {
        return format!("write `{country}`, the country alone");
    }
    match meant(&upper.to_uppercase()).map(|code| (code, name(code))) {
        Some((code, name)) => format!("write `{code}` for {name}"),
        None => "write the two capital letters of ISO 3166-1, such as `BR`".to_owned(),
    }
}

/// The code of what is written in capitals: another code, a name, or nearly one.
fn meant(upper: &str) -> Option<&'static str> {
    let other = OTHER_NAMES.iter().find(|(name, _)| *name == upper).map(|(_, code)| *code);
    let is_it = |(_, long, name): &&(&str, &str, &str)| *long == upper || name.eq_ignore_ascii_case(upper);
    let known = || COUNTRIES.iter().find(is_it).map(|(code, ..)| *code);
    // Any three letters are nearly some name of four.
    let near = || nearest(upper, COUNTRIES.iter().map(|(.., name)| *name)).filter(|_| upper.chars().count() > 3);
    let near = || near().and_then(|near| COUNTRIES.iter().find(|(.., name)| *name == near)).map(|(code, ..)| *code);
    other.or_else(known).or_else(near)
}

fn name(code: &str) -> &'static str {
    COUNTRIES.iter().find(|(other, ..)| *other == code).map_or("", |(.., name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_has_each_code_once() {
        assert!(COUNTRIES.is_sorted_by(|one, next| one.0 < next.0));
        for (code, long, _) in COUNTRIES {
            assert!(code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase()), "{code}");
            assert_eq!(COUNTRIES.iter().filter(|(_, other, _)| *other == long).count(), 1, "{long}");
        }
        for (_, code) in OTHER_NAMES {
            assert!(is_code(code), "{code}");
        }
    }

    #[test]
    fn what_is_no_code_is_told_the_code_that_was_meant() {
        let fallback = "write the two capital letters of ISO 3166-1, such as `BR`";
        let rows = [
            ("br", "write `BR`, two capital letters"),
            (" BR", "write `BR`, two capital letters"),
            ("UK", "write `GB` for United Kingdom"),
            ("uk", "write `GB` for United Kingdom"),
            ("EN", "it is a language: write a country, such as `GB` or `US`, or use `language`"),
            ("EU", "name the countries, such as `DE` and `FR`"),
            ("pt-BR", "write `BR`, the country alone"),
            ("BRA", "write `BR` for Brazil"),
            ("brazil", "write `BR` for Brazil"),
            ("Brasil", "write `BR` for Brazil"),
            ("Brazl", "write `BR` for Brazil"),
            ("south korea", "write `KR` for South Korea"),
            ("XX", fallback),
            ("B", fallback),
            ("Atlantis", fallback),
            ("", "leave it out where no country is known"),
            ("-", "leave it out where no country is known"),
            ("u.k.", "write `GB` for United Kingdom"),
            ("U.S.", "write `US`, two capital letters"),
            ("ß", fallback),
        ];
        for (text, expected) in rows {
            assert_eq!(check_country(text).unwrap_err().cure, expected, "{text}");
        }
        for (text, cure) in rows {
            let codes = cure.split('`').skip(1).step_by(2).filter(|code| *code != "language");
            codes.for_each(|code| assert_eq!(check_country(code), Ok(()), "what is to be written is one: {text}"));
        }
        for code in ["BR", "GB", "US", "XK"] {
            assert_eq!(check_country(code), Ok(()));
        }
    }
}
