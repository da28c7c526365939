//! Shell scripts and Makefiles.

use crate::{deeds, read};

#[test]
fn variables_are_put_in_and_what_is_not_known_stays_a_hole() {
    let script = "#!/bin/bash
ACCOUNT=$(aws sts get-caller-identity --query Account --output text)
REGISTRY=$ACCOUNT.dkr.ecr.$REGION.amazonaws.com
TAG=${1:-latest}
docker build -t api ./api
docker tag api:latest $REGISTRY/api:$TAG
docker push \"$REGISTRY/api:$TAG\"
";
    assert_eq!(
        deeds(&[("push.sh", script), ("api/Dockerfile", "FROM scratch\n")]),
        "push.sh:2 sts get-caller-identity
push.sh:5 build api from ./api
push.sh:6 tag api:latest as ${$(aws sts get-caller-identity --query Account --output text)}.dkr.ecr.${REGION}.amazonaws.com/api:${1}
push.sh:7 push ${$(aws sts get-caller-identity --query Account --output text)}.dkr.ecr.${REGION}.amazonaws.com/api:${1}"
    );
}

#[test]
fn loops_over_words_are_choices_and_branches_are_alternatives() {
    let script = "#!/bin/sh
for s in api web; do
  docker push registry/$s:v1
done
if [ \"$1\" = prod ]; then TAG=stable; else TAG=edge; fi
docker push registry/x:$TAG
";
    let (_, facts) = read(&[("a.sh", script)]);
    let images: Vec<_> = facts
        .delivery
        .deeds()
        .filter_map(|(_, deed)| match &deed.what {
            seaworthy_facts::delivery::What::PushImage { image } => image.text(),
            _ => None,
        })
        .collect();
    assert!(images[0].can_be("registry/web:v1"));
    assert!(!images[0].can_be("registry/worker:v1"));
    assert!(images[1].can_be("registry/x:edge"));
    assert!(!images[1].can_be("registry/x:latest"));
}

#[test]
fn pipes_and_heredocs_reach_kubectl() {
    let script = "#!/bin/bash
NS=prod
kustomize build overlays/prod | kubectl apply -f -
cat <<EOF | kubectl apply -f - || true
kind: Namespace
name: $NS
EOF
kubectl create secret generic db --from-literal=url=x --dry-run=client -o yaml | kubectl apply -f -
kubectl apply -k base && helm repo add g https://charts.example && helm upgrade --install graf g/grafana --set a=1,b=2
kubectl delete -f old.yaml || true
kubectl apply --dry-run=server -f x.yaml
";
    assert_eq!(
        deeds(&[("a.sh", script)]),
        "a.sh:3 apply -k overlays/prod
a.sh:4 apply - \"kind: Namespace\\nname: prod\\n\" (ignored)
a.sh:8 create Secret db url
a.sh:9 apply -k base
a.sh:9 chart graf g/grafana of https://charts.example a=1,b=2
a.sh:10 delete old.yaml (ignored)"
    );
}

#[test]
fn what_a_called_script_does_is_done_by_the_caller_with_its_arguments() {
    let outer =
        "#!/bin/bash\ncd \"$(dirname \"$0\")/..\"\n./bin/one.sh prod\nmake -C k8s deploy TAG=v2\n";
    let inner = "#!/bin/bash\nkubectl apply -f k8s/$1\nbin/outer.sh\n";
    let make = "TAG ?= latest\nIMAGE := api:$(TAG)\n\n.PHONY: deploy\ndeploy: build\n\t@echo $$HOME\n\tdocker push $(IMAGE)\n\nbuild:\n\tdocker build -t $(IMAGE) . \\\n\t  --pull\n";
    let all = deeds(&[
        ("bin/outer.sh", outer),
        ("bin/one.sh", inner),
        ("k8s/Makefile", make),
    ]);
    assert!(
        all.contains("bin/outer.sh:3 call ./bin/one.sh here"),
        "{all}"
    );
    assert!(
        all.contains("bin/one.sh:2 apply k8s/prod < bin/outer.sh:3"),
        "{all}"
    );
    assert!(
        all.contains("k8s/Makefile:7 push api:v2 < bin/outer.sh:4"),
        "{all}"
    );
    assert!(all.contains("k8s/Makefile:10 build api:v2 from ."), "{all}");
    assert!(all.contains("k8s/Makefile:7 push api:latest\n"), "{all}");
}

#[test]
fn terraform_runs_where_cd_and_chdir_say() {
    let script = "#!/bin/bash\n(cd infra && terraform apply -auto-approve)\ntofu -chdir=./live/prod plan || true\nterragrunt run-all apply --terragrunt-working-dir live\n";
    assert_eq!(
        deeds(&[("a.sh", script)]),
        "a.sh:2 apply infra\na.sh:3 plan live/prod (ignored)\na.sh:4 apply live"
    );
}

#[test]
fn a_folder_is_guessed_by_the_paths_that_exist() {
    let script = "#!/bin/bash\nkubectl apply -f manifests/app.yaml\n";
    let (_, facts) = read(&[
        ("deploy/run.sh", script),
        ("deploy/manifests/app.yaml", "kind: Service\n"),
    ]);
    let (_, deed) = facts.delivery.deeds().next().expect("there is one");
    assert_eq!(deed.folder.literal(), Some("deploy"));
}

#[test]
fn commands_of_documents_come_as_documents() {
    let text = "# Deploy\n\n```console\n$ kubectl apply -f x.yaml\nservice/x created\n```\n\n```yaml\nkubectl apply -f no.yaml\n```\n";
    let (_, facts) = read(&[("README.md", text)]);
    let all: Vec<_> = facts.delivery.deeds().collect();
    assert_eq!(all.len(), 1);
    assert!(all[0].0.is_document());
}

#[test]
fn edits_of_images_are_known() {
    let script = "#!/bin/bash\nsed -i \"s|image: .*|image: repo/api:$TAG|\" k8s/api.yaml\nyq -i \".image.tag = \\\"$TAG\\\"\" values.yaml\ncd o && kustomize edit set image api=repo/api:$TAG\nkubectl set image deployment/api api=repo/api:$TAG\n";
    assert_eq!(
        deeds(&[("a.sh", script)]),
        "a.sh:2 set image of k8s/api.yaml to image: repo/api:${TAG}
a.sh:2 edit k8s/api.yaml
a.sh:3 set image of values.yaml to ${TAG}
a.sh:3 edit values.yaml
a.sh:4 set image of kustomization.yaml to api=repo/api:${TAG}
a.sh:5 set image of api to repo/api:${TAG}"
    );
}
