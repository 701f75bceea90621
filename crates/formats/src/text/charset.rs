//! The encodings that Vietnamese texts come in, by the tables in `reference/encodings`.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::Value;

/// An encoding of Vietnamese text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Charset {
    /// Unicode as it is.
    Utf8,
    /// TCVN3 (ABC): the fonts `.VnTime`, `.VnArial`.
    Tcvn3,
    /// The same bytes in a font of capitals: `.VnTimeH`. Only a person can know the font.
    Tcvn3Capitals,
    /// VNI for Windows: the fonts `VNI-Times`.
    Vni,
    /// What Windows calls Vietnamese: letters, and tone marks behind them.
    Windows1258,
    /// VISCII (RFC 1456).
    Viscii,
    /// VPS.
    Vps,
    /// Western European, as Windows writes it.
    Windows1252,
}

impl Charset {
    /// All encodings.
    pub const ALL: [Charset; 8] = [
        Charset::Utf8,
        Charset::Tcvn3,
        Charset::Tcvn3Capitals,
        Charset::Vni,
        Charset::Windows1258,
        Charset::Viscii,
        Charset::Vps,
        Charset::Windows1252,
    ];

    /// The encoding's code in mappings.
    pub fn code(self) -> &'static str {
        match self {
            Charset::Utf8 => "utf-8",
            Charset::Tcvn3 => "tcvn3",
            Charset::Tcvn3Capitals => "tcvn3-capitals",
            Charset::Vni => "vni",
            Charset::Windows1258 => "windows-1258",
            Charset::Viscii => "viscii",
            Charset::Vps => "vps",
            Charset::Windows1252 => "windows-1252",
        }
    }

    /// The encoding of a code, in any case.
    pub fn from_code(code: &str) -> Option<Charset> {
        Charset::ALL.into_iter().find(|charset| charset.code().eq_ignore_ascii_case(code.trim()))
    }

    /// The encoding's name as people write it.
    pub fn name(self) -> &'static str {
        match self {
            Charset::Utf8 => "UTF-8",
            Charset::Tcvn3 => "TCVN3 (ABC)",
            Charset::Tcvn3Capitals => "TCVN3 (ABC), .Vn…H",
            Charset::Vni => "VNI",
            Charset::Windows1258 => "Windows-1258",
            Charset::Viscii => "VISCII",
            Charset::Vps => "VPS",
            Charset::Windows1252 => "Windows-1252",
        }
    }

    /// The text of bytes, in NFC.
    ///
    /// Bytes from 0x80 to 0x9F that the encoding leaves out are the dashes and quotes of Windows,
    /// which the old fonts share. Another byte that it leaves out is read as Windows-1252, and told.
    pub fn decode(self, bytes: &[u8]) -> Decoded {
        let mut decoded = Decoded::default();
        if self == Charset::Utf8 {
            let text = String::from_utf8_lossy(bytes);
            decoded.lost = std::str::from_utf8(bytes).err().map(|error| bytes[error.valid_up_to()]);
            decoded.text = model::nfc(&text);
            return decoded;
        }
        let mut text = String::with_capacity(bytes.len() + bytes.len() / 2);
        let mut at = 0;
        while at < bytes.len() {
            let byte = bytes[at];
            let pair = (self == Charset::Vni).then(|| bytes.get(at + 1)).flatten();
            if let Some(c) = pair.and_then(|second| TABLES.pair(byte, *second)) {
                text.push(c);
                at += 2;
                continue;
            }
            at += 1;
            match TABLES.single(self, byte) {
                Some(c) => text.push(c),
                None if byte < 0x80 => text.push(char::from(byte)),
                None => {
                    if let Some(c) = TABLES.western[usize::from(byte)] {
                        text.push(c);
                        if byte >= 0xA1 && self != Charset::Windows1252 {
                            decoded.outside.get_or_insert(byte);
                        }
                    } else {
                        text.push(char::REPLACEMENT_CHARACTER);
                        decoded.lost.get_or_insert(byte);
                    }
                }
            }
        }
        decoded.text = model::nfc(&text);
        decoded
    }
}

/// A decoded text, and whether something of it was lost.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Decoded {
    /// The text.
    pub text: String,
    /// The first byte that the encoding has no letter for, read as Windows-1252.
    pub outside: Option<u8>,
    /// The first byte that stands for nothing, and became U+FFFD.
    pub lost: Option<u8>,
}

/// The byte that a Western program would have shown as this character.
pub(super) fn western_byte(c: char) -> Option<u8> {
    match u8::try_from(u32::from(c)) {
        Ok(byte) => Some(byte),
        Err(_) => TABLES.western_bytes.get(&c).copied(),
    }
}

/// Letters by byte.
type Single = [Option<char>; 256];

struct Tables {
    tcvn3: Single,
    viscii: Single,
    vps: Single,
    windows1258: Single,
    western: Single,
    western_bytes: HashMap<char, u8>,
    vni: Single,
    vni_pairs: HashMap<(u8, u8), char>,
}

static TABLES: LazyLock<Tables> = LazyLock::new(Tables::read);

impl Tables {
    fn read() -> Tables {
        let western = single(include_str!("../../../../reference/encodings/windows1252.json"));
        let western_bytes =
            (0x80..=0xFF).filter_map(|byte: u8| Some((western[usize::from(byte)]?, byte))).collect();
        let (mut vni, mut vni_pairs) = ([None; 256], HashMap::new());
        let sequences = table(include_str!("../../../../reference/encodings/vni.json"), "sequences");
        for (letter, bytes) in &sequences {
            let bytes: Vec<u8> = bytes.as_str().unwrap_or_default().split(' ').map(hex).collect();
            let letter = letter.chars().next().expect("a letter stands before its bytes");
            match bytes[..] {
                [one] => vni[usize::from(one)] = Some(letter),
                [first, second] => {
                    vni_pairs.insert((first, second), letter);
                }
                _ => unreachable!("a letter of VNI is one byte or two"),
            }
        }
        Tables {
            tcvn3: single(include_str!("../../../../reference/encodings/tcvn3.json")),
            viscii: single(include_str!("../../../../reference/encodings/viscii.json")),
            vps: single(include_str!("../../../../reference/encodings/vps.json")),
            windows1258: single(include_str!("../../../../reference/encodings/windows1258.json")),
            western,
            western_bytes,
            vni,
            vni_pairs,
        }
    }

    fn single(&self, charset: Charset, byte: u8) -> Option<char> {
        let table = match charset {
            Charset::Utf8 => return None,
            Charset::Tcvn3 | Charset::Tcvn3Capitals => &self.tcvn3,
            Charset::Vni => &self.vni,
            Charset::Windows1258 => &self.windows1258,
            Charset::Viscii => &self.viscii,
            Charset::Vps => &self.vps,
            Charset::Windows1252 => &self.western,
        };
        table[usize::from(byte)]
    }

    /// A letter of VNI in two bytes; a mark of the other case is seen in text typed by hand.
    fn pair(&self, first: u8, second: u8) -> Option<char> {
        if second < 0xC0 {
            return None;
        }
        let pairs = &self.vni_pairs;
        pairs.get(&(first, second)).or_else(|| pairs.get(&(first, second ^ 0x20))).copied()
    }
}

/// The part of a file that maps one thing to another.
fn table(text: &str, part: &str) -> serde_json::Map<String, Value> {
    let mut file: Value = serde_json::from_str(text).expect("the tables are part of the program");
    match file.get_mut(part).map(Value::take) {
        Some(Value::Object(map)) => map,
        _ => unreachable!("a table of an encoding has `{part}`"),
    }
}

fn single(text: &str) -> Single {
    let mut letters = [None; 256];
    for (byte, letter) in &table(text, "byte_to_unicode") {
        letters[usize::from(hex(byte))] = letter.as_str().and_then(|letter| letter.chars().next());
    }
    letters
}

fn hex(text: &str) -> u8 {
    u8::from_str_radix(text, 16).expect("bytes stand in hexadecimal")
}
