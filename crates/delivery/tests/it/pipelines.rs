//! Pipelines of other systems.

use crate::{deeds, read};

#[test]
fn jenkins_steps_are_shell_with_groovy_put_in() {
    let file = "pipeline {
  agent { kubernetes { yaml '''
kind: Pod
spec: {}
''' } }
  environment {
    REGISTRY = 'registry.example/team'
    TAG = \"${env.BRANCH_NAME}-1\"
  }
  stages {
    stage('Build') {
      steps {
        // sh 'docker push no'
        sh \"docker build -t ${REGISTRY}/api:${TAG} .\"
        sh '''
          docker push $REGISTRY/api:$TAG
        '''
        dir('infra') {
          sh(script: 'terraform apply -auto-approve', returnStdout: true)
        }
        sh 'kubectl apply -f k8s/'
      }
    }
  }
}
";
    assert_eq!(
        deeds(&[("Jenkinsfile", file)]),
        "Jenkinsfile:14 build registry.example/team/api:${env.BRANCH_NAME}-1 from .
Jenkinsfile:16 push registry.example/team/api:${env.BRANCH_NAME}-1
Jenkinsfile:19 apply infra
Jenkinsfile:21 apply k8s/"
    );
    let (_, facts) = read(&[("Jenkinsfile", file)]);
    assert_eq!(facts.delivery.pipelines[0].manifests.len(), 1);
    assert_eq!(&*facts.delivery.pipelines[0].stages[0].0, "Build");
}

#[test]
fn gitlab_jobs_see_variables_and_what_they_extend() {
    let file = "variables:
  IMAGE: $CI_REGISTRY_IMAGE/api
.deploy:
  before_script: [cd infra]
  script:
    - tofu apply -auto-approve
build:
  script:
    - docker build -t $IMAGE:$CI_COMMIT_SHORT_SHA .
    - docker push $IMAGE:$CI_COMMIT_SHORT_SHA
prod:
  extends: .deploy
";
    assert_eq!(
        deeds(&[(".gitlab-ci.yml", file)]),
        ".gitlab-ci.yml:9 build ${CI_REGISTRY_IMAGE}/api:${CI_COMMIT_SHORT_SHA} from .
.gitlab-ci.yml:10 push ${CI_REGISTRY_IMAGE}/api:${CI_COMMIT_SHORT_SHA}
.gitlab-ci.yml:6 apply infra"
    );
}
