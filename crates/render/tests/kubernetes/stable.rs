//! What is rendered depends on what the definition says, and on nothing else.

use crate::tree::platforms;

#[test]
fn twice_gives_the_same_bytes() {
    for platform in platforms() {
        assert_eq!(platform.render(), platform.render(), "{}", platform.name);
    }
}
