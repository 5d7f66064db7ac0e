//! Checking rows one by one: what becomes an account, what repeats one, what is wrong.

use super::country::country_code;
use super::fold::fold;
use super::map::Mapping;
use super::{Row, Table};
use crate::dto::{AccountField, RowError};
use crate::say;
use domain::entity::Relation;
use std::collections::HashMap;

/// Longest name, industry or owner, in characters.
pub const MAX_NAME_CHARS: usize = 200;

/// What people write where they know nothing.
const NOTHING: [&str; 9] = ["n a", "na", "none", "null", "nil", "unknown", "k a", "unbekannt", "tbd"];

/// One row that can become an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRowIn {
    /// Row as a spreadsheet counts.
    pub row: u32,
    /// Company name, with single spaces.
    pub name: String,
    /// Registrable domain, lower case and Punycode.
    pub domain: Option<String>,
    /// ISO 3166-1 alpha-2 code.
    pub country: Option<String>,
    /// Industry.
    pub industry: Option<String>,
    /// Who looks after it.
    pub owner: Option<String>,
    /// DUNS number, nine digits.
    pub duns: Option<String>,
    /// What it is to the vendor.
    pub relation: Option<Relation>,
    /// A named account of the vendor; none when the list does not say.
    pub named: Option<bool>,
    /// Whether it is on file already, and brought up to date.
    pub on_file: bool,
}

/// What one row turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Becomes an account.
    Good(AccountRowIn),
    /// Repeats an account of the file or one on file; the message says which.
    Duplicate(RowError),
    /// Cannot be imported.
    Bad(RowError),
}

/// The registrable domain of a web address as people write it: no scheme, path or `www`, lower case.
pub fn normalise_domain(text: &str) -> Option<String> {
    domain::claim::registrable_domain(text)
}

/// The form in which two names are compared: no case, accents or punctuation. Legal forms stay,
/// because "Acme GmbH" and "Acme Ltd" are two companies.
pub fn name_key(name: &str) -> String {
    let key = fold(name);
    if key.is_empty() { name.to_lowercase() } else { key }
}

/// The accounts a list is compared with.
///
/// Two accounts are the same when their domains are. Where one side has no domain, the name decides;
/// where both have one, two companies may share a name.
#[derive(Debug, Clone, Default)]
pub struct Existing {
    known: Known,
    updates: bool,
}

impl Existing {
    /// What a list says of an account on file besides its name is taken over.
    pub fn updating(self) -> Self {
        Self { updates: true, ..self }
    }

    /// Adds an account that is on file.
    pub fn add(&mut self, domain: Option<&str>, name: &str) {
        let domain = domain.map(|text| normalise_domain(text).unwrap_or_else(|| text.to_lowercase()));
        self.known.add(domain, name_key(name), 0);
    }
}

#[derive(Debug, Clone, Default)]
struct Known {
    /// Row of the first account with this domain.
    domains: HashMap<String, u32>,
    names: HashMap<String, Named>,
}

#[derive(Debug, Clone, Copy)]
struct Named {
    row: u32,
    /// Row of an account of this name that has no domain.
    without_domain: Option<u32>,
}

impl Known {
    fn add(&mut self, domain: Option<String>, name: String, row: u32) {
        let without_domain = domain.is_none().then_some(row);
        if let Some(domain) = domain {
            self.domains.entry(domain).or_insert(row);
        }
        let named = self.names.entry(name).or_insert(Named { row, without_domain });
        named.without_domain = named.without_domain.or(without_domain);
    }

    fn find(&self, domain: Option<&str>, name: &str) -> Option<u32> {
        match domain {
            Some(domain) => self
                .domains
                .get(domain)
                .copied()
                .or_else(|| self.names.get(name).and_then(|n| n.without_domain)),
            None => self.names.get(name).map(|named| named.row),
        }
    }
}

/// Judges the rows of a table in order.
pub fn verdicts<'a>(
    table: &'a Table,
    mapping: &'a Mapping,
    existing: &'a Existing,
) -> impl Iterator<Item = Verdict> + 'a {
    let mut check = Check {
        strict_width: table.strict_width,
        mapping,
        existing,
        seen: Known::default(),
        columns: Columns {
            name: mapping.column_of(AccountField::Name),
            domain: mapping.column_of(AccountField::Domain),
            country: mapping.column_of(AccountField::Country),
            industry: mapping.column_of(AccountField::Industry),
            owner: mapping.column_of(AccountField::Owner),
            duns: mapping.column_of(AccountField::Duns),
            relation: mapping.column_of(AccountField::Relation),
            named: mapping.column_of(AccountField::Named),
        },
    };
    mapping.data(table).map(move |row| check.verdict(row))
}

struct Columns {
    name: Option<usize>,
    domain: Option<usize>,
    country: Option<usize>,
    industry: Option<usize>,
    owner: Option<usize>,
    duns: Option<usize>,
    relation: Option<usize>,
    named: Option<usize>,
}

struct Check<'a> {
    strict_width: bool,
    mapping: &'a Mapping,
    existing: &'a Existing,
    seen: Known,
    columns: Columns,
}

impl Check<'_> {
    fn verdict(&mut self, row: Row<'_>) -> Verdict {
        let account = match self.account(row) {
            Ok(account) => account,
            Err(error) => return Verdict::Bad(error),
        };
        let key = name_key(&account.name);
        let domain = account.domain.as_deref();
        let columns = &self.columns;
        let says_more = columns.duns.is_some() || columns.relation.is_some() || columns.named.is_some();
        let on_file = self.existing.known.find(domain, &key).is_some();
        let message = if on_file && !(self.existing.updates && says_more) {
            say!("This account is already on file.")
        } else if let Some(earlier) = self.seen.find(domain, &key) {
            say!("This row repeats row {earlier}.", earlier = earlier)
        } else {
            self.seen.add(account.domain.clone(), key, account.row);
            return Verdict::Good(AccountRowIn { on_file, ..account });
        };
        let value = account.domain.unwrap_or(account.name);
        Verdict::Duplicate(RowError { row: account.row, message, value })
    }

    fn account(&self, row: Row<'_>) -> Result<AccountRowIn, RowError> {
        let wrong = |message: String, value: &str| RowError {
            row: row.number(),
            message,
            value: crate::shortened(value, MAX_NAME_CHARS),
        };
        if row.unclosed_quote() {
            let message = say!("A quotation mark that opens in this row is never closed.");
            return Err(wrong(message, row.cell(0)));
        }
        let (width, cells) = (self.mapping.width, row.len());
        let too_many = cells > width && row.used() > width;
        if self.strict_width && (too_many || cells < self.mapping.least) {
            let message = if cells == 1 {
                say!("The row has 1 cell where the first row has {width}.", width = width)
            } else {
                say!(
                    "The row has {cells} cells where the first row has {width}.",
                    cells = cells,
                    width = width
                )
            };
            return Err(wrong(message, row.cell(0)));
        }

        let raw = |column: Option<usize>| column.map_or("", |column| row.cell(column));
        let text = |column: Option<usize>, too_long: fn() -> String| {
            let text = one_line(raw(column));
            if text.chars().nth(MAX_NAME_CHARS).is_some() {
                return Err(wrong(too_long(), &text));
            }
            Ok(if is_nothing(&text) { None } else { Some(text) })
        };
        // A company may be called "None" or "N.A."; only a mark without a letter is no name.
        let name = one_line(raw(self.columns.name));
        if !name.chars().any(char::is_alphanumeric) {
            return Err(wrong(say!("The name is missing."), &name));
        }
        if name.chars().nth(MAX_NAME_CHARS).is_some() {
            return Err(wrong(
                say!("The name is longer than {most} characters.", most = MAX_NAME_CHARS),
                &name,
            ));
        }
        let domain = match raw(self.columns.domain) {
            cell if is_nothing(cell) => None,
            cell => match normalise_domain(cell) {
                Some(domain) => Some(domain),
                None => return Err(wrong(say!("This is not a web domain."), cell)),
            },
        };
        let country = match raw(self.columns.country) {
            // "NA" is Namibia.
            cell if is_nothing(cell) && country_code(cell).is_none() => None,
            cell => match country_code(cell) {
                Some(code) => Some(code.to_owned()),
                None => return Err(wrong(say!("This is not a country name or ISO 3166 code."), cell)),
            },
        };
        let duns = match raw(self.columns.duns) {
            cell if is_nothing(cell) => None,
            // Spreadsheets drop zeros at the front, seldom more than two.
            cell => match domain::company::duns(&match cell.len() {
                7 | 8 => format!("{cell:0>9}"),
                _ => cell.to_owned(),
            }) {
                Some(number) => Some(number),
                None => return Err(wrong(say!("A DUNS number has nine digits."), cell)),
            },
        };
        let relation = match raw(self.columns.relation) {
            cell if is_nothing(cell) => None,
            cell => match relation(cell) {
                Some(relation) => Some(relation),
                None => {
                    let message = say!("Write customer, open opportunity or prospect.");
                    return Err(wrong(message, cell));
                }
            },
        };
        Ok(AccountRowIn {
            duns,
            relation,
            named: self.columns.named.map(|column| YES.contains(&fold(row.cell(column)).as_str())),
            on_file: false,
            row: row.number(),
            name,
            domain,
            country,
            industry: text(self.columns.industry, || {
                say!("The industry is longer than {most} characters.", most = MAX_NAME_CHARS)
            })?,
            owner: text(self.columns.owner, || {
                say!("The owner is longer than {most} characters.", most = MAX_NAME_CHARS)
            })?,
        })
    }
}

/// What people write for yes.
const YES: [&str; 9] = ["yes", "y", "true", "1", "x", "ja", "oui", "si", "sim"];

/// What people write about what an account is to the vendor, in our languages, Dutch and Italian, as [`fold`]
/// spells it.
const RELATIONS: [(Relation, &str); 3] = [
    (
        Relation::Customer,
        "customer|existing customer|active customer|current customer|customer direct|customer channel|client|\
         existing client|active client|install base|installed base|kunde|bestandskunde|aktiver kunde|client actif|\
         cliente|cliente activo|cliente ativo|cliente attivo|clientes|klant|bestaande klant|顧客|عميل",
    ),
    (
        Relation::OpenOpportunity,
        "open opportunity|opportunity|opp|open opp|in progress|offene chance|verkaufschance|offene verkaufschance|offene opportunity|\
         opportunite|opportunite ouverte|oportunidad|oportunidad abierta|oportunidade|oportunidade aberta|\
         opportunita|verkoopkans|open kans|商談中|فرصة مفتوحة",
    ),
    (
        Relation::Prospect,
        "prospect|lead|target|target account|former customer|ex customer|lost|none|interessent|ehemaliger kunde|\
         ancien client|prospecto|cliente potencial|cliente em potencial|ex cliente|prospectie|見込み客|عميل محتمل",
    ),
];

/// What a cell says about what an account is to the vendor.
fn relation(cell: &str) -> Option<Relation> {
    let folded = fold(cell);
    RELATIONS
        .iter()
        .find(|(_, known)| known.split('|').any(|word| word == folded))
        .map(|(relation, _)| *relation)
}

/// Whether a cell only says that nothing is known.
fn is_nothing(cell: &str) -> bool {
    // Anything longer says something, and need not be folded.
    cell.is_empty()
        || (cell.len() <= 10 && {
            let folded = fold(cell);
            folded.is_empty() || NOTHING.contains(&folded.as_str())
        })
}

/// Text on one line with single spaces, without control characters.
fn one_line(text: &str) -> String {
    if !text.chars().any(|c| c.is_whitespace() && c != ' ' || c.is_control()) && !text.contains("  ") {
        return text.to_owned();
    }
    let spaced = |c: char| c.is_whitespace() || c.is_control();
    text.split(spaced).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}
