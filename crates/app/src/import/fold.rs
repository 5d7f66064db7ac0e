//! One spelling for words that people write in many ways.

/// Lower case, no accents, no punctuation, single spaces: `L’Oréal  S.A.` becomes `l oreal s a`.
///
/// Headers, country names and account names are compared in this form.
pub(super) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let mut gap = false;
    for c in text.chars() {
        // Most text is ASCII, and its path must stay cheap: every cell of a long list comes through here.
        if c.is_ascii_alphanumeric() {
            open(&mut folded, &mut gap);
            folded.push(c.to_ascii_lowercase());
        } else if c.is_ascii() {
            gap = true;
        } else if matches!(c, '\u{300}'..='\u{36f}') {
            // A combining accent, as macOS writes them: it belongs to the letter before it.
        } else if c.is_alphanumeric() {
            open(&mut folded, &mut gap);
            for lower in c.to_lowercase() {
                match plain(lower) {
                    "" if matches!(lower, '\u{300}'..='\u{36f}') => {}
                    "" => folded.push(lower),
                    letters => folded.push_str(letters),
                }
            }
        } else {
            gap = true;
        }
    }
    folded
}

fn open(folded: &mut String, gap: &mut bool) {
    if *gap && !folded.is_empty() {
        folded.push(' ');
    }
    *gap = false;
}

/// The ASCII letters for an accented Latin one; empty for any other character.
fn plain(c: char) -> &'static str {
    match c {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ā' | 'ă' | 'ą' | 'ǎ' | 'ạ' | 'ả' | 'ấ' | 'ầ' | 'ậ' | 'ắ'
        | 'ằ' => "a",
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' | 'ẹ' | 'ẻ' | 'ế' | 'ề' | 'ệ' | 'ə' => {
            "e"
        }
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => "g",
        'ĥ' | 'ħ' => "h",
        'ì' | 'í' | 'î' | 'ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' | 'ị' => "i",
        'ĵ' => "j",
        'ķ' => "k",
        'ĺ' | 'ļ' | 'ľ' | 'ŀ' | 'ł' => "l",
        'ñ' | 'ń' | 'ņ' | 'ň' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' | 'ō' | 'ŏ' | 'ő' | 'ọ' | 'ố' | 'ồ' | 'ộ' | 'ơ' | 'ờ' | 'ợ' => {
            "o"
        }
        'ŕ' | 'ŗ' | 'ř' => "r",
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => "s",
        'ţ' | 'ť' | 'ŧ' | 'ț' => "t",
        'ù' | 'ú' | 'û' | 'ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' | 'ụ' | 'ư' | 'ừ' | 'ử' | 'ữ' => {
            "u"
        }
        'ŵ' => "w",
        'ý' | 'ÿ' | 'ŷ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'þ' => "th",
        _ => "",
    }
}
