//! Whether two companies are one: by registrable domain, DUNS number, e-mail domain, or legal name and
//! country.
//!
//! A score is in basis points: 10,000 is certain. What is looked up are [`keys`]; what was found under them
//! is scored by [`alike`].

use crate::claim::registrable_domain;
use crate::search::text::fold;
use minicbor::{Decode, Encode};

/// Letters at each end of a name by which similar ones are found.
const NAME_KEY: usize = 4;

/// A company, as far as somebody knows it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Company {
    /// Name.
    #[n(1)]
    pub name: String,
    /// Registrable domain; empty when unknown.
    #[n(2)]
    pub domain: String,
    /// Country, ISO 3166-1 alpha-2; empty when unknown.
    #[n(3)]
    pub country: String,
    /// DUNS number, nine digits.
    #[n(4)]
    pub duns: Option<String>,
    /// Registrable domain of the e-mail address of a contact, unless anybody can have one there.
    #[n(5)]
    pub email: Option<String>,
}

/// By what two companies are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum MatchKey {
    /// The registrable domain.
    #[n(0)]
    Domain,
    /// The DUNS number.
    #[n(1)]
    Duns,
    /// The e-mail address of a contact has the domain of the other.
    #[n(2)]
    Email,
    /// Legal name and country.
    #[n(3)]
    Name,
}

/// What each way to be the same counts, in basis points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Weights {
    /// The registrable domain.
    #[n(1)]
    pub domain: u32,
    /// The DUNS number.
    #[n(2)]
    pub duns: u32,
    /// The domain of a contact's e-mail address.
    #[n(3)]
    pub email: u32,
    /// Legal name and country, when they are equal; less for names that are only similar.
    #[n(4)]
    pub name: u32,
}

/// The digits of a DUNS number as people write it; `None` unless there are nine that are not all the same.
pub fn duns(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|c| !matches!(c, '-' | ' ')).collect();
    let sound = digits.len() == 9 && digits.bytes().all(|b| b.is_ascii_digit());
    // Nine times the same is what people write who do not know it.
    let known = digits.bytes().any(|b| Some(b) != digits.bytes().next());
    (sound && known).then_some(digits)
}

/// The domain of an e-mail address that says something about who somebody works for; `None` for what is
/// no address, and for providers of mailboxes for everybody.
pub fn email_domain(address: &str) -> Option<String> {
    let (local, host) = address.trim().rsplit_once('@')?;
    let domain = registrable_domain(host).filter(|_| !local.is_empty())?;
    let brand = domain.split('.').next().unwrap_or_default();
    (!MAILBOXES.contains(&domain.as_str()) && !BRANDS.contains(&brand)).then_some(domain)
}

/// Providers of mailboxes for everybody that have a domain in many countries.
const BRANDS: &[&str] =
    &["gmail", "gmx", "googlemail", "hotmail", "live", "outlook", "protonmail", "yahoo", "yandex"];

/// Further ones.
const MAILBOXES: &[&str] = &[
    "126.com",
    "163.com",
    "aol.com",
    "bol.com.br",
    "btinternet.com",
    "comcast.net",
    "docomo.ne.jp",
    "ezweb.ne.jp",
    "free.fr",
    "freenet.de",
    "icloud.com",
    "kpnmail.nl",
    "laposte.net",
    "libero.it",
    "mac.com",
    "mail.com",
    "mail.ru",
    "me.com",
    "msn.com",
    "naver.com",
    "orange.fr",
    "proton.me",
    "qq.com",
    "sfr.fr",
    "sky.com",
    "softbank.ne.jp",
    "t-online.de",
    "telefonica.net",
    "terra.com.br",
    "uol.com.br",
    "wanadoo.fr",
    "web.de",
    "ymail.com",
    "ziggo.nl",
    "zoho.com",
];

/// Legal forms as they stand at the end of a name, folded as words of a text are (after ISO 20275, the
/// commonest where our languages are spoken).
const LEGAL_FORMS: &[&str] = &[
    "ab",
    "ag",
    "ao",
    "aps",
    "as",
    "asa",
    "bv",
    "bvba",
    "co",
    "company",
    "corp",
    "corporation",
    "cv",
    "eg",
    "eirl",
    "ek",
    "ev",
    "eurl",
    "fzco",
    "fze",
    "gbr",
    "gesmbh",
    "gmbh",
    "inc",
    "incorporated",
    "kft",
    "kg",
    "kgaa",
    "kk",
    "lda",
    "limited",
    "limitada",
    "llc",
    "llp",
    "lp",
    "ltd",
    "ltda",
    "me",
    "mbh",
    "nv",
    "ohg",
    "oy",
    "oyj",
    "plc",
    "pte",
    "pty",
    "pvt",
    "sa",
    "sae",
    "sarl",
    "sas",
    "sasu",
    "sca",
    "scs",
    "se",
    "sl",
    "slu",
    "snc",
    "spa",
    "spzoo",
    "sro",
    "srl",
    "ug",
    "vof",
    "wll",
];

/// Most words of a name that are one form, as in "Sp. z o. o.".
const FORM_WORDS: usize = 4;

/// Forms that stand at either end of a name without a space.
const JOINED_FORMS: &[&str] = &["株式会社", "有限会社", "合同会社"];

/// Letters of a name that are compared.
const NAME_MAX: usize = 64;

/// A legal name as it is compared: letters and digits in lower case without accents, without a leading
/// article and the legal form.
pub fn legal_name(name: &str) -> String {
    // "B.V." and "S/A" are one word each.
    let joined = name.replace(['.', '/'], "");
    let words = joined.split(|c: char| c.is_whitespace() || matches!(c, ',' | '&' | '-' | '(' | ')'));
    let mut words: Vec<String> = words.map(fold).filter(|word| !word.is_empty()).collect();
    while let Some(rest) = without_form(&words) {
        words.truncate(rest);
    }
    if words.len() > 1 && words.first().is_some_and(|first| first == "the") {
        words.remove(0);
    }
    let mut name = words.concat();
    for form in JOINED_FORMS {
        let bare =
            name.strip_prefix(form).or_else(|| name.strip_suffix(form)).filter(|bare| !bare.is_empty());
        if let Some(bare) = bare.map(str::to_owned) {
            name = bare;
        }
    }
    name.chars().take(NAME_MAX).collect()
}

/// How many words are left without a legal form at the end; none when there is no such form, or nothing else.
fn without_form(words: &[String]) -> Option<usize> {
    let most = FORM_WORDS.min(words.len().saturating_sub(1));
    (1..=most)
        .rev()
        .map(|form| words.len() - form)
        .find(|rest| words.get(*rest..).is_some_and(|form| LEGAL_FORMS.contains(&form.concat().as_str())))
}

/// Both ends of a legal name, under which similar ones are found; the whole of a short one, empty when there is
/// none. The beginning alone would be shared by too many: half the utilities of a country are called
/// Stadtwerke.
pub fn name_key(name: &str) -> String {
    let letters: Vec<char> = legal_name(name).chars().collect();
    let rest = letters.len().saturating_sub(NAME_KEY).max(NAME_KEY);
    letters.iter().take(NAME_KEY).chain(letters.iter().skip(rest)).collect()
}

/// Under what a company is to be found: equal companies share one of these.
pub fn keys(company: &Company) -> Vec<String> {
    let mut keys = Vec::new();
    if !company.domain.is_empty() {
        keys.push(format!("domain/{}", company.domain));
    }
    if let Some(email) = company.email.as_ref().filter(|email| **email != company.domain) {
        keys.push(format!("domain/{email}"));
    }
    keys.extend(company.duns.as_ref().map(|duns| format!("duns/{duns}")));
    let name = name_key(&company.name);
    if !name.is_empty() {
        keys.push(format!("name/{name}"));
    }
    keys
}

/// How sure it is that two companies are one, and by what: the strongest of all ways. `None` when nothing
/// says so.
pub fn alike(weights: &Weights, one: &Company, other: &Company) -> Option<(MatchKey, u32)> {
    let same = |a: &str, b: &str| !a.is_empty() && a == b;
    let either = |a: &Option<String>, b: &str| a.as_deref().is_some_and(|a| same(a, b));
    let mut found = Vec::new();
    if same(&one.domain, &other.domain) {
        found.push((MatchKey::Domain, weights.domain));
    }
    if one.duns.is_some() && one.duns == other.duns {
        found.push((MatchKey::Duns, weights.duns));
    }
    if either(&one.email, &other.domain)
        || either(&other.email, &one.domain)
        || (one.email.is_some() && one.email == other.email)
    {
        found.push((MatchKey::Email, weights.email));
    }
    let name = part(weights.name, similarity(one, other));
    if name > 0 {
        found.push((MatchKey::Name, name));
    }
    // Of equals the first: it is the plainer evidence.
    found.into_iter().rev().max_by_key(|(_, score)| *score)
}

/// How similar name and country are, in basis points: nothing in two countries, a tenth less where one is
/// not known.
fn similarity(one: &Company, other: &Company) -> u32 {
    let country = match (one.country.as_str(), other.country.as_str()) {
        ("", _) | (_, "") => 9_000,
        (a, b) if a == b => 10_000,
        _ => return 0,
    };
    let (a, b) = (legal_name(&one.name), legal_name(&other.name));
    let (long, short) = (a.chars().count().max(b.chars().count()), a.chars().count().min(b.chars().count()));
    // "Clinic 1" and "Clinic 2" are two.
    let digits = |name: &str| name.chars().filter(|c| c.is_numeric()).collect::<String>();
    // What is half as long again cannot be called similar, and need not be compared.
    if short == 0 || short * 3 < long * 2 || digits(&a) != digits(&b) {
        return 0;
    }
    let apart = if a == b { 0 } else { strsim::osa_distance(&a, &b) };
    let alike = long.saturating_sub(apart) * 10_000 / long;
    part(country, u32::try_from(alike).unwrap_or_default())
}

/// A part in basis points of something in basis points.
fn part(of: u32, basis_points: u32) -> u32 {
    u32::try_from(u64::from(of) * u64::from(basis_points) / 10_000).unwrap_or(u32::MAX)
}
