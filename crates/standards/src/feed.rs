//! Atom feeds (RFC 4287), sitemaps (sitemaps.org 0.9) and robots.txt.

use chrono::{DateTime, Utc};

use crate::record::instant;
use crate::xml::Element;

/// A feed.
#[derive(Debug, Clone)]
pub struct Feed {
    /// Its id: its own address.
    pub address: String,
    /// Its title.
    pub title: String,
    /// The language of its texts.
    pub lang: &'static str,
    /// The page that it is about.
    pub page: String,
    /// Who publishes.
    pub author: String,
    /// Under which terms.
    pub rights: Option<String>,
    /// When anything in it changed last.
    pub updated: DateTime<Utc>,
    /// Its entries, newest first.
    pub entries: Vec<Entry>,
}

/// An entry of a feed.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its id, which never changes.
    pub id: String,
    /// Its title.
    pub title: String,
    /// When it happened.
    pub updated: DateTime<Utc>,
    /// What happened.
    pub summary: String,
    /// Where to read on.
    pub page: String,
    /// Words that describe it.
    pub categories: Vec<String>,
}

/// The feed as a document.
pub fn atom(feed: &Feed) -> String {
    let plain = |name: &'static str, text: &str| Element::new(name).text(text);
    let link = |rel: &'static str, href: &str, kind: &'static str| {
        Element::new("link").attribute("rel", rel).attribute("href", href).attribute("type", kind)
    };
    let entries = feed.entries.iter().map(|entry| {
        Element::new("entry")
            .child(plain("id", &entry.id))
            .child(plain("title", &entry.title))
            .child(plain("updated", &instant(entry.updated)))
            .child(link("alternate", &entry.page, "text/html"))
            .children(
                entry.categories.iter().map(|term| Element::new("category").attribute("term", term.as_str())),
            )
            .child(plain("summary", &entry.summary))
    });
    Element::new("feed")
        .attribute("xmlns", "http://www.w3.org/2005/Atom")
        .attribute("xml:lang", feed.lang)
        .child(plain("id", &feed.address))
        .child(plain("title", &feed.title))
        .child(plain("updated", &instant(feed.updated)))
        .child(link("self", &feed.address, "application/atom+xml"))
        .child(link("alternate", &feed.page, "text/html"))
        .child(Element::new("author").child(plain("name", &feed.author)))
        .children(feed.rights.as_deref().map(|rights| plain("rights", rights)))
        .children(entries)
        .document()
}

/// A page of a site: its address, when it changed last, and its address in each language.
pub type SitePage = (String, Option<DateTime<Utc>>, Vec<(&'static str, String)>);

/// A page of a sitemap: addresses, when they changed, and the same page in other languages.
pub fn sitemap(pages: &[SitePage]) -> String {
    let pages = pages.iter().map(|(address, changed, others)| {
        Element::new("url")
            .child(Element::new("loc").text(address))
            .children(changed.map(|time| Element::new("lastmod").text(&instant(time))))
            .children(others.iter().map(|(tag, href)| {
                Element::new("xhtml:link")
                    .attribute("rel", "alternate")
                    .attribute("hreflang", *tag)
                    .attribute("href", href.as_str())
            }))
    });
    Element::new("urlset")
        .attribute("xmlns", "http://www.sitemaps.org/schemas/sitemap/0.9")
        .attribute("xmlns:xhtml", "http://www.w3.org/1999/xhtml")
        .children(pages)
        .document()
}

/// The index of the pages of a sitemap.
pub fn sitemap_index(pages: &[String]) -> String {
    Element::new("sitemapindex")
        .attribute("xmlns", "http://www.sitemaps.org/schemas/sitemap/0.9")
        .children(pages.iter().map(|page| Element::new("sitemap").child(Element::new("loc").text(page))))
        .document()
}

/// What crawlers may read, and where the sitemap is. Reads that cost more than a page are not theirs.
pub fn robots(sitemap: &str) -> String {
    format!(
        "User-agent: *\n\
         Disallow: /v1/sql\n\
         Disallow: /v1/datasets/\n\
         Disallow: /intake/\n\
         Disallow: /sign-in\n\
         Disallow: /trace\n\
         Disallow: /theme\n\
         Disallow: /ckan/api/3/action/datastore_\n\
         Sitemap: {sitemap}\n"
    )
}
