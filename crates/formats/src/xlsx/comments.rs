//! The cells of a sheet that people have put comments to (ECMA-376 part 1 §18.7). What they say is not handed out: it
//! may name persons.

use crate::layout::cell_name;
use crate::marked::AUTHOR;
use crate::xml::{Node, Xml};

/// The deepest nesting of a list of comments.
const MAX_DEPTH: u32 = 64;
/// Comments that are kept of one sheet.
const MAX_KEPT: usize = 1000;

/// The cells (row, column) with comments, but for those that this program has written into a workbook that it gave back.
/// What is damaged in a list of comments says nothing of the cells.
pub(super) fn cells(content: &[u8]) -> Vec<(u32, u16)> {
    let mut xml = Xml::new(content, MAX_DEPTH);
    let (mut authors, mut cells): (Vec<String>, Vec<(u32, u16)>) = (Vec::new(), Vec::new());
    let mut is_author = false;
    while let Ok(node) = xml.next() {
        match node {
            Node::Start(element) if element.is("author") => {
                authors.push(String::new());
                is_author = true;
            }
            Node::Text(text) if is_author => {
                if let Some(author) = authors.last_mut() {
                    author.push_str(&text);
                }
            }
            Node::End => is_author = false,
            Node::Start(element) if element.is("comment") => {
                let attribute = |name: &str| element.attribute(name).ok().flatten();
                let author: Option<usize> = attribute("authorId").and_then(|id| id.parse().ok());
                let author = author.and_then(|at| authors.get(at));
                let is_own = author.is_some_and(|author| author.trim() == AUTHOR);
                let cell = attribute("ref").and_then(|name| cell_name(name.as_bytes()));
                if let Some(cell) = cell.filter(|_| !is_own && cells.len() < MAX_KEPT) {
                    cells.push(cell);
                }
            }
            Node::Eof => break,
            _ => {}
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::cells;

    #[test]
    fn comments_of_people_are_told_from_our_own() {
        let list = r#"<comments><authors><author>Cửu Long</author><author>Lan</author><author/></authors><commentList>
            <comment ref="C2" authorId="0"><text><t>Ô này</t></text></comment><comment ref="C3" authorId="1"><text/></comment>
            <comment ref="D4" authorId="2"/><comment ref="?" authorId="1"/></commentList></comments>"#;
        assert_eq!(cells(list.as_bytes()), [(3, 3), (4, 4)]);
    }
}
