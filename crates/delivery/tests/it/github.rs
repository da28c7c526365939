//! Workflows of GitHub Actions.

use crate::{deeds, read, text};

const ACTION: &str = "name: push
inputs:
  service: {required: true}
  tag:
    default: latest
runs:
  using: composite
  steps:
    - shell: bash
      working-directory: apps
      run: |
        docker build -t ${{ inputs.service }} ./${{ inputs.service }}
        docker push ${{ inputs.service }}:${{ inputs.tag }}
";

#[test]
fn outputs_inputs_and_the_matrix_are_followed_into_composite_actions() {
    let workflow = "on: {push: {branches: [main]}}
jobs:
  version:
    runs-on: x
    outputs:
      tag: ${{ steps.v.outputs.tag }}
    steps:
      - id: v
        run: |
          TAG=\"sha-${GITHUB_SHA::7}\"
          echo \"tag=$TAG\" >> \"$GITHUB_OUTPUT\"
  push:
    needs: version
    strategy: {matrix: {service: [api, web]}}
    steps:
      - uses: ./.github/actions/push
        with:
          service: ${{ matrix.service }}
          tag: ${{ needs.version.outputs.tag || 'none' }}
";
    assert_eq!(
        deeds(&[
            (".github/workflows/a.yml", workflow),
            (".github/actions/push/action.yml", ACTION)
        ]),
        ".github/actions/push/action.yml:12 build ${matrix.service} from ./${matrix.service} < .github/workflows/a.yml:16
.github/actions/push/action.yml:13 push ${matrix.service}:sha-${${github.sha}::7} < .github/workflows/a.yml:16"
    );
}

#[test]
fn reusable_workflows_are_expanded_into_the_calling_one() {
    let caller = "on: push
jobs:
  build:
    steps: [{run: 'true'}]
  deploy:
    needs: build
    uses: ./.github/workflows/deploy.yml
    with: {env: prod}
";
    let called = "on:
  workflow_call:
    inputs:
      env: {type: string}
jobs:
  go:
    environment: ${{ inputs.env }}
    steps:
      - run: kubectl apply -k overlays/${{ inputs.env }}
";
    let (_, facts) = read(&[
        (".github/workflows/ci.yml", caller),
        (".github/workflows/deploy.yml", called),
    ]);
    let caller = &facts.delivery.workflows[0];
    let job = &caller.jobs[1];
    assert_eq!(&*job.id, "deploy / go");
    assert_eq!(&*job.needs[0], "build");
    assert_eq!(job.environment.as_ref().map(text).as_deref(), Some("prod"));
    assert!(job.called_at.is_some());
    assert!(facts.delivery.workflows[1].only_called);
    assert!(
        deeds(&[
            (".github/workflows/ci.yml", caller_text()),
            (".github/workflows/deploy.yml", called)
        ])
        .contains("apply -k overlays/prod")
    );
}

fn caller_text() -> &'static str {
    "on: push\njobs: {d: {uses: ./.github/workflows/deploy.yml, with: {env: prod}}}\n"
}

#[test]
fn alternatives_of_an_expression_are_choices() {
    let workflow = "on: [push, pull_request]
jobs:
  a:
    steps:
      - uses: docker/build-push-action@v6
        with:
          push: ${{ github.event_name == 'push' }}
          tags: |
            r/api:${{ github.head_ref || github.ref_name }}
            r/api:${{ github.event_name == 'push' && 'latest' || 'pr' }}
";
    let (_, facts) = read(&[(".github/workflows/a.yml", workflow)]);
    let (_, deed) = facts.delivery.deeds().next().expect("there is one");
    let seaworthy_facts::delivery::What::BuildImage { tags, push, .. } = &deed.what else {
        panic!("{deed:?}");
    };
    assert!(push);
    assert_eq!(
        text(&tags[0]),
        "r/api:${github.head_ref || github.ref_name}"
    );
    let second = tags[1].text().expect("it is text");
    assert!(
        second.can_be("r/api:latest") && second.can_be("r/api:pr") && !second.can_be("r/api:x")
    );
}

#[test]
fn the_tags_of_metadata_action_are_those_of_the_push() {
    let workflow = "on: push
jobs:
  a:
    steps:
      - uses: aws-actions/amazon-ecr-login@v2
        id: ecr
      - uses: docker/metadata-action@v5
        id: meta
        with:
          images: ${{ steps.ecr.outputs.registry }}/api
          tags: |
            type=sha,format=long
            type=raw,value=edge
      - uses: docker/build-push-action@v6
        with:
          push: true
          tags: ${{ steps.meta.outputs.tags }}
";
    assert_eq!(
        deeds(&[(".github/workflows/a.yml", workflow)]),
        ".github/workflows/a.yml:14 build ${aws.account_id}.dkr.ecr.${aws.region}.amazonaws.com/api:sha-${github.sha},${aws.account_id}.dkr.ecr.${aws.region}.amazonaws.com/api:edge from . and push"
    );
}

#[test]
fn a_file_that_github_does_not_read_is_named() {
    let workflow = "on: push\njobs:\n  a:\n    steps: []\n";
    let (_, facts) = read(&[
        (".github/workflows/scan", workflow),
        (".github/workflows/ok.yml", workflow),
        (".github/workflows/notes", "prose\n"),
        ("sub/.github/workflows/a.yml", workflow),
    ]);
    assert_eq!(facts.delivery.dead_workflows.len(), 2);
    assert_eq!(facts.delivery.workflows.len(), 1);
}
