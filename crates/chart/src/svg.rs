//! Writing SVG: short numbers, escaped text, and nothing that a strict content policy forbids.
//!
//! Drawings carry classes and presentation attributes only; the stylesheet inks them, so that one
//! drawing serves light, dark and print. There is never a `style` attribute or a script in them.

use std::fmt::{self, Display, Write};

/// A drawing under way.
#[derive(Debug, Default)]
pub struct Drawing(String);

impl Drawing {
    /// Appends markup.
    pub fn push(&mut self, markup: fmt::Arguments<'_>) {
        self.0.write_fmt(markup).expect("writing to a string does not fail");
    }

    /// Text at a point, with its class (`e`, `m` or `s` in it anchors end, middle or start).
    pub fn text(&mut self, x: f64, y: f64, class: &str, text: &str) {
        self.push(format_args!(r#"<text x="{}" y="{}" class="{class}">{}</text>"#, N(x), N(y), Esc(text)));
    }

    /// A straight line.
    pub fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let mut path = Path::default();
        path.move_to(from.0, from.1);
        path.line_to(to.0, to.1);
        self.path(class, &path);
    }

    /// A path, unless it is empty.
    pub fn path(&mut self, class: &str, path: &Path) {
        if !path.data.is_empty() {
            self.push(format_args!(r#"<path class="{class}" d="{}"/>"#, path.data));
        }
    }

    /// The markup.
    pub fn finish(self) -> String {
        self.0
    }
}

/// The data of a path in relative coordinates of a tenth of a pixel, which are short.
#[derive(Debug, Default)]
pub struct Path {
    data: String,
    at: (i64, i64),
}

impl Path {
    /// Begins a new stroke.
    pub fn move_to(&mut self, x: f64, y: f64) {
        self.at = tenths(x, y);
        let (x, y) = self.at;
        write!(self.data, "M{} {}", T(x), T(y)).expect("writing to a string does not fail");
    }

    /// Draws to a point.
    pub fn line_to(&mut self, x: f64, y: f64) {
        let next = tenths(x, y);
        let (dx, dy) = (next.0 - self.at.0, next.1 - self.at.1);
        self.at = next;
        let result = match (dx, dy) {
            (0, 0) => Ok(()),
            (_, 0) => write!(self.data, "h{}", T(dx)),
            (0, _) => write!(self.data, "v{}", T(dy)),
            _ if dy < 0 => write!(self.data, "l{}{}", T(dx), T(dy)),
            _ => write!(self.data, "l{} {}", T(dx), T(dy)),
        };
        result.expect("writing to a string does not fail");
    }

    /// Closes the stroke.
    pub fn close(&mut self) {
        self.data.push('z');
    }

    /// The path's data, for a `d` attribute.
    pub fn data(&self) -> &str {
        &self.data
    }
}

#[expect(clippy::cast_possible_truncation, reason = "clamped to the size of a drawing")]
fn tenths(x: f64, y: f64) -> (i64, i64) {
    let tenth = |v: f64| if v.is_finite() { (v.clamp(-1e6, 1e6) * 10.0).round() as i64 } else { 0 };
    (tenth(x), tenth(y))
}

/// A number of tenths, as short as it can be written.
struct T(i64);

impl Display for T {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, tenth) = (self.0.unsigned_abs() / 10, self.0.unsigned_abs() % 10);
        match (whole, tenth) {
            (_, 0) => write!(f, "{sign}{whole}"),
            (0, _) => write!(f, "{sign}.{tenth}"),
            _ => write!(f, "{sign}{whole}.{tenth}"),
        }
    }
}

/// A coordinate with at most one decimal place.
pub struct N(pub f64);

impl Display for N {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        T(tenths(self.0, 0.0).0).fmt(f)
    }
}

/// Text in markup.
pub struct Esc<'a>(pub &'a str);

impl Display for Esc<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '&' => f.write_str("&amp;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                // Control characters are not allowed in XML at all.
                c if c.is_control() => f.write_char(' ')?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}
