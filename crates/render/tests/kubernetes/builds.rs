//! `kustomize` builds every overlay, and makes of base and patches what the environment asks for.

use crate::tree::platforms;

#[test]
fn every_overlay_builds_with_images_by_digest() {
    for platform in platforms() {
        let written = platform.write();
        let mut overlays = 0;
        for environment in written.environments() {
            for overlay in written.overlays(&environment) {
                let built = written.build(&overlay);
                overlays += 1;
                for line in built.lines() {
                    if let Some(image) =
                        line.trim().trim_start_matches("- ").strip_prefix("image: ")
                    {
                        assert!(
                            image.contains("@sha256:"),
                            "{}: {overlay}: {image}",
                            platform.name
                        );
                    }
                    assert!(
                        !line.contains("outputs/"),
                        "{}: {overlay}: {line}",
                        platform.name
                    );
                }
                assert!(
                    !built.contains("local-config"),
                    "{}: {overlay}: the outputs are applied",
                    platform.name
                );
            }
        }
        assert!(overlays >= 2, "{}: {overlays} overlays", platform.name);
    }
}
