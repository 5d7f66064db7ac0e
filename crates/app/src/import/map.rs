//! Which row is the header, and which column feeds which field.

use super::check::normalise_domain;
use super::country::country_code;
use super::fold::fold;
use super::table::column_name;
use super::{Row, Table};
use crate::dto::{AccountField, ColumnMapping};
use crate::say;
use std::collections::HashMap;

/// How many rows above the list may hold a title or a date.
const HEADER_SEARCH_ROWS: usize = 20;
/// How many rows decide about a column by their content.
const CONTENT_ROWS: usize = 50;
/// Bytes of a cell that can be a header.
const LONGEST_HEADER: usize = 80;

/// Headers by field, the surest first, as [`fold`] spells them. A line a language where there are
/// enough: English, German, French, Spanish, Portuguese, Dutch, Italian.
const HEADERS: [(AccountField, &str); 8] = [
    (
        AccountField::Name,
        "company name|account name|organization name|organisation name|customer name|business name|legal name|\
         client name|\
         firmenname|unternehmensname|name des unternehmens|name der firma|kundenname|accountname|kontoname|\
         raison sociale|nom de la societe|nom de l entreprise|nom societe|nom entreprise|nom du client|\
         nom du compte|nom client|nom de l organisation|\
         nombre de la empresa|nombre empresa|razon social|nombre del cliente|nombre de la cuenta|\
         nombre de la compania|\
         nome da empresa|razao social|nome do cliente|nome da conta|nome empresa|\
         bedrijfsnaam|klantnaam|naam bedrijf|naam organisatie|\
         ragione sociale|\
         company|organization|organisation|account|customer|client|business|\
         firma|unternehmen|kunde|gesellschaft|konto|\
         societe|entreprise|compte|\
         empresa|compania|cliente|cuenta|organizacion|\
         companhia|conta|organizacao|\
         bedrijf|onderneming|klant|organisatie|relatie|\
         azienda|societa|\
         name|nom|nombre|nome|naam",
    ),
    (
        AccountField::Domain,
        "domain|web domain|company domain|domain name|domane|domaene|domainname|domaine|nom de domaine|\
         domaine web|dominio|dominio web|nome de dominio|domein|domeinnaam|\
         website|web site|website url|company website|web address|url|homepage|home page|\
         webseite|internetseite|internetadresse|webadresse|web adresse|webauftritt|\
         site web|site internet|adresse web|adresse internet|\
         sitio web|pagina web|direccion web|\
         pagina da web|endereco web|sitio|site|\
         webadres|webpagina|sito web|sito|www|web|internet",
    ),
    (
        AccountField::Country,
        "country|country code|country name|country region|billing country|hq country|headquarters country|\
         iso country|nation|\
         land|landercode|laendercode|landeskennzeichen|landerkennzeichen|landkurzel|staat|\
         pays|code pays|pais|codigo de pais|codigo pais|codigo do pais|landcode|paese|nazione",
    ),
    (
        AccountField::Industry,
        "industry|industry sector|primary industry|industry name|sector|vertical|line of business|\
         branche|industrie|branchenname|wirtschaftszweig|sektor|industriezweig|\
         secteur|secteur d activite|domaine d activite|activite|\
         industria|sector de actividad|ramo|actividad|\
         setor|ramo de atividade|setor de atividade|atividade|bedrijfstak|settore|segment",
    ),
    (
        AccountField::Owner,
        "account owner|owner|owner name|account owner name|company owner|account manager|account executive|\
         sales rep|sales representative|salesperson|sales owner|assigned to|responsible|rep|ae|\
         accountinhaber|kontoinhaber|kundenbetreuer|betreuer|verantwortlich|verantwortlicher|verantwortliche|\
         zustandig|zustaendig|zustandiger|besitzer|inhaber|vertriebsmitarbeiter|vertriebler|bearbeiter|\
         proprietaire du compte|proprietaire|responsable|responsable du compte|commercial|charge de compte|\
         gestionnaire|charge de clientele|\
         propietario|propietario de la cuenta|comercial|responsable de cuenta|ejecutivo de cuenta|vendedor|\
         gestor|proprietario|proprietario da conta|responsavel|gestor da conta|gerente de conta|dono|\
         eigenaar|accounteigenaar|accountmanager|verantwoordelijke|verkoper|beheerder|relatiebeheerder",
    ),
    (
        AccountField::Duns,
        "duns|duns number|d u n s|d u n s number|duns no|dnb duns|duns nummer|numero duns|n duns",
    ),
    (
        AccountField::Relation,
        "relationship|relation|customer status|account status|account type|lifecycle stage|\
         kundenstatus|beziehung|statut client|type de compte|estado del cliente|relacion|\
         status do cliente|relacionamento|klantstatus",
    ),
    (
        AccountField::Named,
        "named account|named|strategic account|key account|zielkunde|compte nomme|cuenta nombrada|\
         conta nomeada",
    ),
];

/// Words that make a longer header mean something else: a person's first name, the parent company.
const OTHER_MEANING: &str = "parent|contact|first|last|size|email|mail|phone|id|number|no|nr|date|type|status|\
    vorname|nachname|telefon|ansprechpartner|mutter|nummer|prenom|contacto|contato|apellido|telefono|telefone|\
    numero|voornaam|achternaam|user|product";

/// How the columns of a table are read.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// Field of each column.
    fields: Vec<Option<AccountField>>,
    headers: Vec<String>,
    /// Index of the first row with data.
    first: usize,
    /// Cells that a row of delimited text has when nothing is lost.
    pub(super) width: usize,
    /// Cells that a row has at least: trailing empty columns of the header need not be written.
    pub(super) least: usize,
    blocked: Option<String>,
    notes: Vec<String>,
}

impl Mapping {
    /// Finds the header and maps the columns: as told, or by header and content when nothing is told.
    pub fn new(table: &Table, told: Option<&[ColumnMapping]>) -> Self {
        let (header, mut notes) = find_header(table);
        let first = header.map_or(0, |index| index + 1);
        let top = table.row(header.unwrap_or(0));
        let (least, written) = top.map_or((0, 0), |row| (row.used(), row.len()));
        // Columns without a header count when they hold data.
        let columns = table
            .rows_from(first)
            .map(|row| row.used())
            .filter(|used| !table.strict_width || *used <= written)
            .fold(least, usize::max);
        let headers = headers(header.and_then(|index| table.row(index)), columns, &mut notes);
        let mut mapping =
            Self { fields: vec![None; columns], headers, first, width: written, least, blocked: None, notes };
        match told {
            Some(told) => mapping.follow(told),
            None => mapping.guess(table, header),
        }
        if mapping.blocked.is_none() && mapping.column_of(AccountField::Name).is_none() {
            mapping.blocked = Some(say!("Choose the column that holds the company name."));
        }
        mapping
    }

    /// What keeps the import from starting, a sentence.
    pub fn blocked(&self) -> Option<&str> {
        self.blocked.as_deref()
    }

    /// Header of each column.
    pub fn headers(&self) -> &[String] {
        &self.headers
    }

    /// What to know about the header.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The mapping as the window shows it, one entry a column.
    pub fn columns(&self) -> Vec<ColumnMapping> {
        self.fields.iter().zip(0..).map(|(field, column)| ColumnMapping { column, field: *field }).collect()
    }

    /// The rows below the header.
    pub fn data<'a>(&self, table: &'a Table) -> impl Iterator<Item = Row<'a>> + use<'a> {
        table.rows_from(self.first)
    }

    /// How many rows lie below the header.
    pub fn data_len(&self, table: &Table) -> usize {
        table.len().saturating_sub(self.first)
    }

    /// The column that feeds a field.
    pub fn column_of(&self, field: AccountField) -> Option<usize> {
        self.fields.iter().position(|mapped| *mapped == Some(field))
    }

    fn follow(&mut self, told: &[ColumnMapping]) {
        for mapping in told {
            let Some(field) = mapping.field else { continue };
            if self.column_of(field).is_some_and(|column| column != mapping.column as usize) {
                self.blocked.get_or_insert(twice(field));
            }
            let columns = self.fields.len();
            match self.fields.get_mut(mapping.column as usize) {
                Some(slot) => *slot = Some(field),
                None => {
                    let column = column_name(mapping.column as usize);
                    let sentence = say!(
                        "The mapping names column {column}, but the file has {columns} columns.",
                        column = column,
                        columns = columns
                    );
                    self.blocked.get_or_insert(sentence);
                }
            }
        }
    }

    fn guess(&mut self, table: &Table, header: Option<usize>) {
        let mut matches: Vec<(usize, usize, AccountField)> = Vec::new();
        if let Some(row) = header.and_then(|index| table.row(index)) {
            for (column, header) in row.cells().enumerate().take(self.fields.len()) {
                matches.extend(meanings(header).into_iter().map(|(rank, field)| (rank, column, field)));
            }
        }
        // The surest match first; the left column on a tie.
        matches.sort_unstable();
        for (_, column, field) in matches {
            self.assign(column, field);
        }
        for (field, fits) in [
            (AccountField::Domain, is_domain as fn(&str) -> bool),
            (AccountField::Country, |cell| country_code(cell).is_some()),
        ] {
            if let Some(column) = self.column_like(table, fits) {
                self.assign(column, field);
            }
        }
        if header.is_none()
            && let Some(column) = self.column_like(table, |cell| !is_value(cell))
        {
            self.assign(column, AccountField::Name);
        }
    }

    fn assign(&mut self, column: usize, field: AccountField) {
        if self.column_of(field).is_none()
            && let Some(slot @ None) = self.fields.get_mut(column)
        {
            *slot = Some(field);
        }
    }

    /// The first free column whose cells nearly all pass.
    fn column_like(&self, table: &Table, fits: fn(&str) -> bool) -> Option<usize> {
        (0..self.fields.len()).filter(|column| self.fields.get(*column) == Some(&None)).find(|column| {
            let cells = table.rows_from(self.first).take(CONTENT_ROWS).map(|row| row.cell(*column));
            let (mut filled, mut fitting) = (0, 0);
            for cell in cells.filter(|cell| !cell.is_empty()) {
                filled += 1;
                fitting += usize::from(fits(cell));
            }
            filled > 0 && fitting * 10 >= filled * 8
        })
    }
}

/// Two columns feed one field.
fn twice(field: AccountField) -> String {
    match field {
        AccountField::Name => say!("Two columns feed the company name; choose one."),
        AccountField::Domain => say!("Two columns feed the web domain; choose one."),
        AccountField::Country => say!("Two columns feed the country; choose one."),
        AccountField::Industry => say!("Two columns feed the industry; choose one."),
        AccountField::Owner => say!("Two columns feed the owner; choose one."),
        AccountField::Duns => say!("Two columns feed the DUNS number; choose one."),
        AccountField::Relation => say!("Two columns say what the account is to us; choose one."),
        AccountField::Named => say!("Two columns say whether it is a named account; choose one."),
    }
}

/// The fields a header can mean, with a rank: the lower the surer.
fn meanings(header: &str) -> Vec<(usize, AccountField)> {
    if header.len() > LONGEST_HEADER {
        return Vec::new();
    }
    let folded = fold(header);
    let exact: Vec<_> = HEADERS
        .iter()
        .filter_map(|(field, known)| Some((known.split('|').position(|word| word == folded)?, *field)))
        .collect();
    let other = || OTHER_MEANING.split('|').any(|word| folded.split(' ').any(|part| part == word));
    if !exact.is_empty() || folded.is_empty() || other() {
        return exact;
    }
    // "Billing Country", "Company (legal)", "Website URL": part of the header is a known one. The last
    // words say most about its meaning, then the first.
    let mut partial = Vec::new();
    for (field, known) in HEADERS {
        for (rank, word) in known.split('|').enumerate() {
            let edge = |part: Option<&str>| part.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
            let ends = folded.strip_suffix(word).is_some_and(|rest| rest.ends_with(' '));
            let begins = edge(folded.strip_prefix(word));
            if ends || begins {
                partial.push((if ends { 1_000 } else { 2_000 } + rank, field));
                break;
            }
        }
    }
    partial
}

/// The header row: the one in which most cells are known headers. Returns its index, and what to tell.
fn find_header(table: &Table) -> (Option<usize>, Vec<String>) {
    let mut best = (0, 0);
    for (index, row) in table.rows_from(0).take(HEADER_SEARCH_ROWS).enumerate() {
        let mut fields: Vec<AccountField> = row
            .cells()
            .filter(|cell| !cell.is_empty())
            .flat_map(|cell| meanings(cell).into_iter().filter(|(rank, _)| *rank < 1_000))
            .map(|(_, field)| field)
            .collect();
        fields.sort_unstable();
        fields.dedup();
        // Further down one known word can be a value: "Industrie" in a column of industries.
        if fields.len() > best.0 && (index == 0 || fields.len() > 1) {
            best = (fields.len(), index);
        }
    }
    let (known, index) = best;
    let mut notes = Vec::new();
    if known > 0 {
        if index > 0 {
            let number = table.row(index).map_or(0, |row| row.number());
            notes.push(say!(
                "Row {number} is the header; what stands above it was left out.",
                number = number
            ));
        }
        return (Some(index), notes);
    }
    let Some(first) = table.row(0) else { return (None, notes) };
    if first.cells().any(is_value) {
        notes.push(say!("The file has no header; the first row is imported too."));
        (None, notes)
    } else {
        notes.push(say!("No header was recognized; the first row was taken as the header."));
        (Some(0), notes)
    }
}

/// Whether a cell can only be data: a number, a web address, a country.
fn is_value(cell: &str) -> bool {
    let number = cell.bytes().all(|b| b.is_ascii_digit() || b" .,-+/:%".contains(&b));
    !cell.is_empty() && (number || is_domain(cell) || cell.contains('@') || country_code(cell).is_some())
}

fn is_domain(cell: &str) -> bool {
    cell.contains('.') && !cell.contains('@') && normalise_domain(cell).is_some()
}

/// The header of each column, each once; a column without one has its letters.
fn headers(row: Option<Row<'_>>, columns: usize, notes: &mut Vec<String>) -> Vec<String> {
    let mut seen: HashMap<String, u32> = HashMap::new();
    let mut repeated = Vec::new();
    let mut headers = Vec::with_capacity(columns);
    for column in 0..columns {
        let text = row.map_or("", |row| row.cell(column));
        let mut header: String =
            text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(LONGEST_HEADER).collect();
        if header.is_empty() {
            header = say!("Column {name}", name = column_name(column));
        }
        let times = seen.entry(header.to_lowercase()).or_default();
        *times += 1;
        if *times > 1 {
            repeated.push(header.clone());
            header = format!("{header} ({times})");
        }
        headers.push(header);
    }
    repeated.dedup();
    if !repeated.is_empty() {
        let list = repeated.join(", ");
        notes.push(say!(
            "Several columns have the same header ({list}); they are numbered, and the first one is used.",
            list = list
        ));
    }
    headers
}
