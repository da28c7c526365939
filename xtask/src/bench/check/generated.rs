//! A repository of any size that hangs together: services with their objects, identities and the role that each
//! assumes. Every sixth file is OpenTofu, the rest are objects.

use std::fs;
use std::path::Path;

use crate::Failure;

/// Services whose roles stand in one folder.
const TEAM: usize = 40;

/// Writes about this many files below `folder`, and gives how many there are.
pub(super) fn write(folder: &Path, files: usize) -> Result<usize, Failure> {
    let services = files / 6;
    let mut written = 0;
    let mut put = |path: String, text: String| -> Result<(), Failure> {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().ok_or("a file is in a folder")?)?;
        fs::write(path, text)?;
        written += 1;
        Ok(())
    };
    for n in 0..services {
        let team = n / TEAM;
        let app = format!("apps/team-{team}/service-{n}");
        put(format!("{app}/deployment.yaml"), deployment(n))?;
        put(format!("{app}/service.yaml"), service(n))?;
        put(format!("{app}/configmap.yaml"), config_map(n))?;
        put(format!("{app}/serviceaccount.yaml"), service_account(n))?;
        put(
            format!("{app}/kustomization.yaml"),
            KUSTOMIZATION.to_owned(),
        )?;
        put(format!("infra/team-{team}/service_{n}.tf"), role(n))?;
        if n % TEAM == 0 {
            put(format!("infra/team-{team}/main.tf"), TEAM_MAIN.to_owned())?;
        }
    }
    Ok(written)
}

const KUSTOMIZATION: &str = "apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: shop
resources:
  - deployment.yaml
  - service.yaml
  - configmap.yaml
  - serviceaccount.yaml
";

const TEAM_MAIN: &str = "variable \"account\" {
  type    = string
  default = \"123456789012\"
}

variable \"issuer\" {
  type    = string
  default = \"oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF\"
}
";

fn deployment(n: usize) -> String {
    format!(
        "apiVersion: apps/v1
kind: Deployment
metadata:
  name: service-{n}
spec:
  replicas: 2
  selector:
    matchLabels:
      app: service-{n}
  template:
    metadata:
      labels:
        app: service-{n}
    spec:
      serviceAccountName: service-{n}
      containers:
        - name: api
          image: 123456789012.dkr.ecr.eu-west-1.amazonaws.com/service-{n}:1.{n}.0
          ports:
            - name: http
              containerPort: 8080
          env:
            - name: LEVEL
              valueFrom:
                configMapKeyRef:
                  name: service-{n}
                  key: level
            - name: NEXT
              value: http://service-{}.shop.svc.cluster.local
          readinessProbe:
            httpGet:
              path: /healthz
              port: http
          resources:
            requests:
              cpu: 100m
              memory: 128Mi
            limits:
              memory: 128Mi
",
        n / 2
    )
}

fn service(n: usize) -> String {
    format!(
        "apiVersion: v1
kind: Service
metadata:
  name: service-{n}
spec:
  selector:
    app: service-{n}
  ports:
    - port: 80
      targetPort: http
"
    )
}

fn config_map(n: usize) -> String {
    format!(
        "apiVersion: v1
kind: ConfigMap
metadata:
  name: service-{n}
data:
  level: info
"
    )
}

fn service_account(n: usize) -> String {
    format!(
        "apiVersion: v1
kind: ServiceAccount
metadata:
  name: service-{n}
  annotations:
    eks.amazonaws.com/role-arn: arn:aws:iam::123456789012:role/service-{n}
"
    )
}

fn role(n: usize) -> String {
    format!(
        r#"resource "aws_iam_role" "service_{n}" {{
  name = "service-{n}"
  assume_role_policy = jsonencode({{
    Version = "2012-10-17"
    Statement = [{{
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = {{ Federated = "arn:aws:iam::${{var.account}}:oidc-provider/${{var.issuer}}" }}
      Condition = {{
        StringEquals = {{
          "${{var.issuer}}:sub" = "system:serviceaccount:shop:service-{n}"
          "${{var.issuer}}:aud" = "sts.amazonaws.com"
        }}
      }}
    }}]
  }})
}}

resource "aws_ecr_repository" "service_{n}" {{
  name                 = "service-{n}"
  image_tag_mutability = "IMMUTABLE"
}}
"#
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn there_are_about_as_many_files_as_asked_for() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let files = super::write(folder.path(), 600).expect("files can be written");
        assert!((600..=620).contains(&files), "{files}");
        let walked = walk(folder.path());
        assert_eq!(walked, files);
    }

    fn walk(folder: &std::path::Path) -> usize {
        std::fs::read_dir(folder)
            .expect("it is a folder")
            .filter_map(Result::ok)
            .map(|entry| {
                if entry.path().is_dir() {
                    walk(&entry.path())
                } else {
                    1
                }
            })
            .sum()
    }
}
