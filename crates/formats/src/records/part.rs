//! Whether a document says that it is a part of something larger: a page of an answer, or an answer that was cut.

use wording::told;

use crate::LeftOut;

/// Members that lead to what follows, in letters and digits.
const NEXT: [&str; 14] = [
    "next",
    "nextlink",
    "nextpage",
    "nextpageurl",
    "nexturl",
    "nexturi",
    "nextpagetoken",
    "nextcursor",
    "nexttoken",
    "iotnextlink",
    "odatanextlink",
    "continuationtoken",
    "resumptiontoken",
    "nextoffset",
];
/// Members that say whether something follows.
const MORE: [&str; 10] = [
    "hasmore",
    "hasnext",
    "hasnextpage",
    "more",
    "moredata",
    "morepages",
    "truncated",
    "istruncated",
    "exceededtransferlimit",
    "incomplete",
];
/// Members that say how many things there are in all.
const TOTALS: [&str; 16] = [
    "total",
    "count",
    "totalcount",
    "totalresults",
    "totalrecords",
    "totalrows",
    "totalitems",
    "totalelements",
    "totalhits",
    "numbermatched",
    "nummatched",
    "iotcount",
    "odatacount",
    "recordstotal",
    "resultcount",
    "recordcount",
];
/// Members that say how many pages there are.
const PAGES: [&str; 6] = ["totalpages", "pages", "pagecount", "numpages", "lastpage", "pagestotal"];

/// Whether a member beside so many things says that there are more of them.
fn says_more(name: &str, text: &str, count: u32) -> bool {
    let name: String = name.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    let is = |list: &[&str]| list.contains(&name.as_str());
    let text = text.trim();
    let is_nothing = || text.is_empty() || ["FALSE", "false", "null", "None", "0", "-1"].contains(&text);
    let exceeds = |least: u64| text.parse::<u64>().is_ok_and(|number| number > least);
    is(&NEXT) && !is_nothing()
        || is(&MORE) && text.eq_ignore_ascii_case("true")
        || is(&TOTALS) && exceeds(u64::from(count))
        || is(&PAGES) && exceeds(1)
}

/// The first of what stands beside so many things that says so.
pub(super) fn more<'a>(beside: impl Iterator<Item = (&'a str, &'a str)>, count: u32) -> Option<LeftOut> {
    let mut beside = beside;
    beside
        .find(|(name, text)| says_more(name, text, count))
        .map(|(name, text)| follows(format!("{name}: {text}")))
}

/// What follows a document, as what it says of it.
pub(crate) fn follows(name: String) -> LeftOut {
    LeftOut { name, why: told!("formats-more-follows", "the document says that it is not all of it") }
}

#[cfg(test)]
mod tests {
    use super::says_more;

    #[test]
    fn a_page_says_that_there_are_others() {
        for (name, text, count, expected) in [
            ("next", "http://localhost/?page=2", 2, true),
            ("next", "", 2, false),
            ("@iot.nextLink", "http://localhost", 2, true),
            ("has_more", "TRUE", 2, true),
            ("has_more", "FALSE", 2, false),
            ("total", "500", 2, true),
            ("total", "2", 2, false),
            ("total_pages", "3", 2, true),
            ("total_pages", "1", 2, false),
            ("exceededTransferLimit", "TRUE", 2, true),
            ("unit", "500", 2, false),
        ] {
            assert_eq!(says_more(name, text, count), expected, "{name} {text}");
        }
    }
}
