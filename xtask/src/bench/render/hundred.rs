//! A platform of a hundred services in three environments, all of them released.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::Failure;

pub(super) const SERVICES: usize = 100;
pub(super) const ENVIRONMENTS: [&str; 3] = ["development", "staging", "production"];

/// Of so many services one has a database, and one a route.
const EVERY: usize = 10;

/// Writes the definition, and which builds run.
pub(super) fn write(folder: &Path) -> Result<(), Failure> {
    fs::write(folder.join("seaworthy.yaml"), definition())?;
    for environment in ENVIRONMENTS {
        let images = folder.join(format!("gitops/environments/{environment}/images"));
        fs::create_dir_all(&images)?;
        fs::write(images.join("kustomization.yaml"), released())?;
    }
    Ok(())
}

fn definition() -> String {
    let mut text = String::from("platform: shop\nrepository: github.com/acme/shop\n\nservices:\n");
    for number in 0..SERVICES {
        // Writing into a string cannot fail.
        let _ = write!(
            text,
            "  s{number:03}:
    build: {{ context: . }}
    ports: {{ http: 8080, admin: 9090 }}
    probes:
      startup: {{ path: /startup, port: admin }}
      readiness: {{ path: /readiness, port: admin }}
      liveness: {{ path: /liveness, port: admin }}
    metrics: {{ path: /metrics, port: admin }}
    scale: {{ min: 2, max: 10, cpu: 70% }}
    env:
      LOG_LEVEL: info
"
        );
        if number > 0 {
            let _ = writeln!(text, "      UPSTREAM: ${{s{:03}.url}}", number - 1);
        }
        if number % EVERY == 0 {
            let _ = writeln!(text, "      DB: ${{db{number:03}.url}}");
            let _ = writeln!(
                text,
                "    migrate: [migrate]\n    route: {{ host: s{number:03}.example.com }}"
            );
        }
    }
    text.push_str("\ndatabases:\n");
    for number in (0..SERVICES).step_by(EVERY) {
        let _ = writeln!(
            text,
            "  db{number:03}: {{ engine: postgres, version: 17, size: small }}"
        );
    }
    text.push_str("\nenvironments:\n");
    for (number, environment) in (1..).zip(ENVIRONMENTS) {
        let account = number.to_string().repeat(12);
        let _ = writeln!(
            text,
            "  {environment}: {{ account: \"{account}\", region: eu-central-1 }}"
        );
    }
    text
}

/// The images file of an environment. The registry stands where production is.
fn released() -> String {
    let account = ENVIRONMENTS.len().to_string().repeat(12);
    let digest = "0123456789abcdef".repeat(4);
    let mut text =
        String::from("apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nimages:\n");
    for number in 0..SERVICES {
        let _ = writeln!(
            text,
            "- name: {account}.dkr.ecr.eu-central-1.amazonaws.com/shop/s{number:03}
  newTag: v1.0.0
  digest: sha256:{digest}"
        );
    }
    text
}
