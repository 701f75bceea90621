//! A drawing that stands alone, without a page's stylesheet: with the rules and the colours of a light page.

/// The rules of charts. Colours are the names that a stylesheet gives them.
pub const STYLE: &str = include_str!("../chart.css");

/// The colours and the font of a light page, as the portal's stylesheet has them too.
pub const LIGHT: [(&str, &str); 15] = [
    ("--bg", "#FBFAF6"),
    ("--line", "#D9D6CA"),
    ("--control", "#7C8B8F"),
    ("--ink", "#10252B"),
    ("--ink-2", "#46585D"),
    ("--ink-3", "#5F7075"),
    ("--accent", "#A8481A"),
    ("--danger", "#A3231F"),
    ("--c1", "#0B4A63"),
    ("--c2", "#8C3A0A"),
    ("--c3", "#439C78"),
    ("--c4", "#CB60C2"),
    ("--c5", "#8A7E1C"),
    ("--c6", "#5A22BE"),
    ("--font-ui", "\"CuuLong Sans\",\"Noto Sans Khmer\",system-ui,\"Segoe UI\",Roboto,sans-serif"),
];

/// The markup of a drawing as a file of its own.
pub(crate) fn alone(drawing: &str) -> String {
    let Some((attributes, rest)) = drawing.strip_prefix("<svg ").and_then(|rest| rest.split_once('>')) else {
        return drawing.to_owned();
    };
    let style = LIGHT
        .iter()
        .fold(STYLE.to_owned(), |style, (name, value)| style.replace(&format!("var({name})"), value));
    let ground = LIGHT[0].1;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" {attributes}><style>svg{{background:{ground}}}\n{style}</style>{rest}"
    )
}
