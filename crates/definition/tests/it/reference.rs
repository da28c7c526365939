//! The reference page is what the shape says.

use std::path::Path;

#[test]
fn the_reference_page_is_up_to_date() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/definition.md");
    let page = seaworthy_definition::reference();
    if std::env::var_os("UPDATE_REFERENCE").is_some() {
        std::fs::create_dir_all(file.parent().expect("a file is in a folder"))
            .expect("the folder can be made");
        std::fs::write(&file, &page).expect("the page is writable");
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        written == page,
        "docs/reference/definition.md is stale: UPDATE_REFERENCE=1 cargo test -p seaworthy-definition reference"
    );
}
