//! An answer in XML as a tree that is asked by names. What is not there reads as empty, since AWS leaves out what is.

use crate::Error;

/// An element with its text or its children; namespaces and attributes are left out.
#[derive(Debug, Clone, Default)]
pub struct Element {
    name: String,
    text: String,
    children: Vec<Element>,
}

impl Element {
    /// Reads a document.
    pub(crate) fn read(text: &str, asked: &str) -> Result<Self, Error> {
        let document = roxmltree::Document::parse(text).map_err(|error| Error::ReadAnswer {
            asked: asked.to_owned(),
            why: error.to_string(),
        })?;
        Ok(Self::of(document.root_element()))
    }

    fn of(node: roxmltree::Node<'_, '_>) -> Self {
        Self {
            name: node.tag_name().name().to_owned(),
            text: node.text().unwrap_or_default().trim().to_owned(),
            children: node
                .children()
                .filter(roxmltree::Node::is_element)
                .map(Self::of)
                .collect(),
        }
    }

    /// The element's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Every element at a path such as `reservationSet/item/instancesSet/item`.
    pub fn all(&self, path: &str) -> Vec<&Self> {
        let mut level = vec![self];
        for name in path.split('/') {
            level = level
                .into_iter()
                .flat_map(|element| &element.children)
                .filter(|child| child.name == name)
                .collect();
        }
        level
    }

    /// The text of the first element at a path; empty when there is none.
    pub fn text(&self, path: &str) -> &str {
        self.all(path)
            .first()
            .map_or("", |element| element.text.as_str())
    }

    /// The element's own text.
    pub fn own_text(&self) -> &str {
        &self.text
    }

    /// The first element of a name at any depth.
    pub fn find(&self, name: &str) -> Option<&Self> {
        if self.name == name {
            return Some(self);
        }
        self.children.iter().find_map(|child| child.find(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_asked_by_names_without_namespaces() {
        let text =
            r#"<A xmlns="urn:x"><set><item><id>1</id></item><item><id>2</id></item></set></A>"#;
        let answer = Element::read(text, "a test").expect("it is XML");
        let ids: Vec<&str> = answer
            .all("set/item/id")
            .iter()
            .map(|id| id.own_text())
            .collect();
        assert_eq!(ids, ["1", "2"]);
        assert_eq!(answer.text("set/item/id"), "1");
        assert_eq!(answer.text("set/nothing"), "");
        assert_eq!(answer.find("id").map(Element::own_text), Some("1"));
    }
}
