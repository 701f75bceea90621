//! What the file of a raster says beside its pixels, and what of it is not kept.

/// What a file says of its bands, and what it holds that is not kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Besides {
    /// What each band is called; empty where the file does not say it.
    pub names: Vec<String>,
    /// The unit of all bands, as the file writes it.
    pub unit: Option<String>,
    /// What is not kept.
    pub left_out: Vec<LeftOut>,
}

/// Something of a file that is not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// What it is: one of the codes here.
    pub what: &'static str,
    /// What it is called, or says.
    pub names: Vec<String>,
}

impl LeftOut {
    /// The colours of classes.
    pub const COLOURS: &'static str = "colours";
    /// More images than the first.
    pub const IMAGES: &'static str = "images";
    /// A text about the whole.
    pub const DESCRIPTION: &'static str = "description";
    /// A value for none that is no number.
    pub const NODATA: &'static str = "nodata";
    /// Variables that say how good others are.
    pub const QUALITY: &'static str = "quality";
    /// Variables that are no grids.
    pub const VARIABLES: &'static str = "variables";
    /// What the numbers of classes stand for.
    pub const CLASSES: &'static str = "classes";
    /// From where and which way heights are counted.
    pub const DATUM: &'static str = "datum";
    /// Items of GDAL's metadata.
    pub const ITEMS: &'static str = "items";
    /// Groups of variables.
    pub const GROUPS: &'static str = "groups";
}

/// Items that are told not to be kept, at most.
const MAX_ITEMS: usize = 12;
/// How the names of items begin that are of the picture and not of what it shows.
const OF_PICTURE: [&str; 7] = [
    "AREA_OR_POINT",
    "STATISTICS_",
    "TIFFTAG_",
    "OVR_RESAMPLING",
    "LAYER_TYPE",
    "SOURCE_COLOR_SPACE",
    "PHOTOMETRIC",
];

/// An item of GDAL's metadata (`<Item name="SCALE" sample="0" role="scale">0.1</Item>` in the tag 42112).
pub(super) struct Item {
    pub(super) name: String,
    /// The band that it is of; the first where it does not say.
    pub(super) band: usize,
    pub(super) role: String,
    pub(super) text: String,
}

/// The items of GDAL's metadata.
pub(super) fn items(metadata: &str) -> Vec<Item> {
    let item = |item: &str| {
        let (attributes, rest) = item.split_once('>')?;
        let attribute = |name: &str| {
            let (_, rest) = attributes.split_once(&format!(" {name}="))?;
            let mark = rest.chars().next().filter(|mark| matches!(mark, '"' | '\''))?;
            rest[1..].split_once(mark).map(|(text, _)| text)
        };
        let band = attribute("sample").map_or(Some(0), |text| text.parse::<usize>().ok())?;
        let text = plain(rest.split('<').next()?.trim());
        let name = attribute("name").unwrap_or_default().to_owned();
        Some(Item { name, band, role: attribute("role").unwrap_or_default().to_owned(), text })
    };
    metadata.split("<Item").skip(1).filter_map(item).collect()
}

fn plain(text: &str) -> String {
    let marks = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
    marks.iter().fold(text.to_owned(), |text, (mark, letter)| text.replace(mark, letter))
}

impl Besides {
    /// What GDAL's metadata says of the bands.
    pub(super) fn of(metadata: &str, bands: u16) -> Besides {
        let mut names = vec![String::new(); usize::from(bands)];
        let mut units = names.clone();
        for Item { band, role, text, .. } in items(metadata) {
            match (role.as_str(), names.get_mut(band), units.get_mut(band)) {
                ("description", Some(name), _) => *name = text.chars().take(200).collect(),
                ("unittype", _, Some(unit)) => *unit = text,
                _ => {}
            }
        }
        // What GDAL computes or knows of the picture itself says nothing of what it is of.
        let is_told = |item: &Item| {
            let name = item.name.to_ascii_uppercase();
            item.role.is_empty()
                && !item.text.is_empty()
                && !OF_PICTURE.iter().any(|begin| name.starts_with(begin))
        };
        let unread: Vec<String> = items(metadata)
            .iter()
            .filter(|item| is_told(item))
            .map(|Item { name, text, .. }| format!("{name} = {text}").chars().take(80).collect())
            .take(MAX_ITEMS)
            .collect();
        let unread = LeftOut { what: LeftOut::ITEMS, names: unread };
        let left_out = Some(unread).filter(|left| !left.names.is_empty()).into_iter().collect();
        let unit = units.first().filter(|first| !first.is_empty() && units.iter().all(|unit| unit == *first));
        Besides { unit: unit.cloned(), names, left_out }
    }
}
