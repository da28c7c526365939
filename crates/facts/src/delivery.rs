//! What pipelines, scripts, Dockerfiles and Compose files do.
//!
//! A step of a workflow, a line of a script and a recipe of a Makefile all become [`Deed`]s: "push this image", "apply
//! these manifests". Rules ask for deeds and need not know who does them in which language.

use std::sync::Arc;

use seaworthy_diagnostics::{FileId, Span};

use crate::{Text, Value};

/// Everything that delivers.
#[derive(Debug, Default)]
pub struct Delivery {
    /// Workflows of GitHub Actions, also those that can only be called.
    pub workflows: Vec<Workflow>,
    /// Files that look like workflows and never run, with the reason.
    pub dead_workflows: Vec<(FileId, Span, Box<str>)>,
    /// Composite actions of this repository.
    pub actions: Vec<CompositeAction>,
    /// Pipelines of other systems: Jenkins, GitLab.
    pub pipelines: Vec<Pipeline>,
    /// Shell scripts, recipes of Makefiles, and commands in documents.
    pub scripts: Vec<Script>,
    /// Dockerfiles.
    pub dockerfiles: Vec<Dockerfile>,
    /// Compose projects.
    pub compose: Vec<Compose>,
    /// Skaffold and similar build lists: image, context, Dockerfile.
    pub builds: Vec<Build>,
}

/// A workflow.
#[derive(Debug)]
pub struct Workflow {
    /// Its file.
    pub file: FileId,
    /// Its name, else its file's.
    pub name: Text,
    /// What starts it.
    pub triggers: Vec<Trigger>,
    /// Its jobs; calls of reusable workflows of this repository are expanded into the called jobs.
    pub jobs: Vec<Job>,
    /// All of it as written.
    pub body: Value,
    /// It only runs when another workflow calls it.
    pub only_called: bool,
}

/// What starts a workflow.
#[derive(Debug)]
pub struct Trigger {
    /// `push`, `pull_request`, `workflow_dispatch`.
    pub event: Arc<str>,
    /// `branches`, as written; empty for all.
    pub branches: Vec<Value>,
    /// `branches-ignore`.
    pub branches_ignore: Vec<Value>,
    /// `tags`.
    pub tags: Vec<Value>,
    /// `paths`; empty for all.
    pub paths: Vec<Value>,
    /// `paths-ignore`.
    pub paths_ignore: Vec<Value>,
    /// `types`.
    pub types: Vec<Value>,
    /// Its settings.
    pub body: Value,
    /// Its key.
    pub span: Span,
}

/// A job of a workflow.
#[derive(Debug)]
pub struct Job {
    /// Its key.
    pub id: Arc<str>,
    /// Its key's place.
    pub span: Span,
    /// All of it as written.
    pub body: Value,
    /// Its steps, composite actions of this repository expanded.
    pub steps: Vec<Step>,
    /// `needs`.
    pub needs: Vec<Arc<str>>,
    /// `if`, as written.
    pub condition: Option<Value>,
    /// Whether its condition holds, where that follows from what starts the workflow.
    pub runs: Option<bool>,
    /// The environment's name.
    pub environment: Option<Value>,
    /// Its permissions, else the workflow's.
    pub permissions: Option<Value>,
    /// `concurrency` of the job, else of the workflow.
    pub concurrency: Option<Value>,
    /// The call that brought it here, for a job of a reusable workflow.
    pub called_at: Option<Span>,
    /// The reusable workflow or action of another repository that it calls.
    pub uses: Option<Value>,
}

/// A step of a job.
#[derive(Debug)]
pub struct Step {
    /// Its first line.
    pub span: Span,
    /// All of it as written.
    pub body: Value,
    /// The action: `aws-actions/configure-aws-credentials@v4`.
    pub uses: Option<Value>,
    /// `with`, expressions evaluated to texts with holes; inputs of a composite action are followed.
    pub with: Value,
    /// The environment that its commands see: workflow's, job's and its own.
    pub env: Value,
    /// `if`.
    pub condition: Option<Value>,
    /// `continue-on-error: true`.
    pub continue_on_error: Option<Span>,
    /// What it does.
    pub deeds: Vec<Deed>,
    /// The commands it runs, parsed.
    pub commands: Vec<Command>,
    /// The calls of composite actions around it, outermost first: the place of `uses`.
    pub called_at: Vec<Span>,
    /// What expressions put into the text of its commands before the shell reads it; each at its `${{ … }}`.
    pub inserted: Vec<Value>,
}

/// A composite action of this repository.
#[derive(Debug)]
pub struct CompositeAction {
    /// Its folder.
    pub folder: Arc<str>,
    /// `action.yml`.
    pub file: FileId,
    /// All of it as written.
    pub body: Value,
}

/// A pipeline of another system.
#[derive(Debug)]
pub struct Pipeline {
    /// Its file.
    pub file: FileId,
    /// Whose: `Jenkins`, `GitLab`.
    pub system: Arc<str>,
    /// What it does, in order.
    pub deeds: Vec<Deed>,
    /// The commands it runs.
    pub commands: Vec<Command>,
    /// Stages or jobs: name and place.
    pub stages: Vec<(Arc<str>, Span)>,
    /// Manifests inside it.
    pub manifests: Vec<Value>,
}

/// A script, a make target, or the commands of a document.
#[derive(Debug)]
pub struct Script {
    /// Its file.
    pub file: FileId,
    /// What it is.
    pub kind: ScriptKind,
    /// The target's name, for Makefiles.
    pub target: Option<Arc<str>>,
    /// Where it starts.
    pub span: Span,
    /// What it does, in order; scripts and targets that it calls are expanded where they are called.
    pub deeds: Vec<Deed>,
    /// Its own commands, in order.
    pub commands: Vec<Command>,
}

/// What a script is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScriptKind {
    /// A shell script.
    Shell,
    /// A target of a Makefile or justfile.
    MakeTarget,
    /// Commands in a Markdown file: a person is told to run them.
    Document,
}

/// A simple command of a shell.
#[derive(Debug, Clone)]
pub struct Command {
    /// The program and its arguments, variables put in where they are set in sight.
    pub words: Vec<Value>,
    /// Assignments in front of it, or alone.
    pub assignments: Vec<(Arc<str>, Value)>,
    /// Text given by a heredoc or here-string.
    pub input: Option<Value>,
    /// The file that its output goes to.
    pub output: Option<Value>,
    /// All of it.
    pub span: Span,
    /// The conditions it stands under (`if`, `&&`, `case`), as written.
    pub conditions: Vec<Span>,
    /// `|| true` or its like follows.
    pub failure_ignored: bool,
    /// The command whose output it reads, by its place in the same list.
    pub reads_from: Option<usize>,
    /// The folder it runs in, from the repository's top, as far as `cd` and `working-directory` say.
    pub folder: Text,
}

/// Something that is done to the world.
#[derive(Debug, Clone)]
pub struct Deed {
    /// What.
    pub what: What,
    /// The command, or the step's `uses`.
    pub span: Span,
    /// The calls around it, outermost first: of scripts by scripts, of actions by steps.
    pub called_at: Vec<Span>,
    /// The folder it is done in, from the top of the checked roots.
    pub folder: Text,
    /// The conditions it stands under.
    pub conditions: Vec<Span>,
    /// A failure of it is ignored.
    pub failure_ignored: bool,
}

/// What is done.
#[derive(Debug, Clone)]
#[expect(
    clippy::large_enum_variant,
    reason = "there are hundreds of deeds, not millions, and every reader matches on the fields"
)]
pub enum What {
    /// An image is built.
    BuildImage {
        /// The names it gets, with tags.
        tags: Vec<Value>,
        /// The folder that is built.
        context: Option<Value>,
        /// The Dockerfile, from where the command runs.
        dockerfile: Option<Value>,
        /// The platforms it is for.
        platforms: Vec<Value>,
        /// It is pushed, too.
        push: bool,
    },
    /// An image is pushed.
    PushImage {
        /// Its name and tag.
        image: Value,
    },
    /// An image gets another name.
    TagImage {
        /// The name it has.
        from: Value,
        /// The name it gets.
        to: Value,
    },
    /// Manifests are applied or deleted.
    Apply {
        /// Files, folders, urls; `-` for what is piped in.
        paths: Vec<Value>,
        /// They are kustomizations: `-k`, or `kustomize build |`.
        kustomize: bool,
        /// `--namespace`.
        namespace: Option<Value>,
        /// They are deleted.
        delete: bool,
        /// Manifests given in place.
        text: Option<Value>,
    },
    /// A chart is installed or upgraded.
    InstallChart {
        /// The release.
        release: Option<Value>,
        /// `repo/chart`, a folder or an OCI reference.
        chart: Option<Value>,
        /// The repository's address, where the command or an earlier `helm repo add` says it.
        repository: Option<Value>,
        /// `--version`.
        version: Option<Value>,
        /// `--namespace`.
        namespace: Option<Value>,
        /// `--values`, in order.
        values_files: Vec<Value>,
        /// `--set` and its kin, in order: path and value.
        sets: Vec<(Arc<str>, Value)>,
    },
    /// A chart is taken away.
    UninstallChart {
        /// The release.
        release: Value,
    },
    /// OpenTofu, Terraform or Terragrunt runs.
    Terraform {
        /// `plan`, `apply`, `destroy`, `init`.
        verb: Arc<str>,
        /// The folder of the configuration.
        folder: Text,
        /// Its other words.
        arguments: Vec<Value>,
    },
    /// A deployed image reference is changed: `kubectl set image`, `kustomize edit set image`, `yq`, `sed`.
    SetImage {
        /// The workload, kustomization or file that is changed.
        target: Option<Value>,
        /// The reference it gets.
        image: Option<Value>,
    },
    /// A Secret or ConfigMap is made by a command.
    CreateObject {
        /// `Secret`, `ConfigMap`, `Namespace`, `ServiceAccount`.
        kind: Arc<str>,
        /// Its name.
        name: Value,
        /// Its namespace.
        namespace: Option<Value>,
        /// The keys of its data, and the files or values.
        keys: Vec<(Text, Value)>,
    },
    /// An object is labelled or annotated.
    Mark {
        /// `label` or `annotate`.
        verb: Arc<str>,
        /// `Deployment`, as kinds are called.
        kind: Arc<str>,
        /// Its name.
        name: Option<Value>,
        /// Its namespace.
        namespace: Option<Value>,
        /// What it gets: key and value.
        marks: Vec<(Text, Value)>,
    },
    /// An object is read or touched by name: `kubectl get|describe|port-forward|delete|rollout`.
    TouchObject {
        /// The verb.
        verb: Arc<str>,
        /// Its kind, in the singular and as kinds are written.
        kind: Arc<str>,
        /// Its name.
        name: Value,
        /// Its namespace.
        namespace: Option<Value>,
    },
    /// The AWS API is called.
    CloudCall {
        /// `ecr`.
        service: Arc<str>,
        /// `describe-images`, as the command line writes it.
        operation: Arc<str>,
        /// Its other words.
        arguments: Vec<Value>,
    },
    /// A role is assumed.
    AssumeRole {
        /// Its name or ARN.
        role: Value,
        /// The region.
        region: Option<Value>,
    },
    /// A tool is installed.
    InstallTool {
        /// `opentofu`, `terraform`, `kubectl`.
        tool: Arc<str>,
        /// Which version.
        version: Option<Value>,
    },
    /// A file is changed in place: `sed -i`, `envsubst >`, `yq -i`.
    EditFile {
        /// The file.
        file: Value,
        /// What is looked for.
        from: Option<Text>,
        /// What it becomes.
        to: Option<Text>,
    },
    /// A release of the code host is published, or drafted.
    PublishRelease {
        /// Only a draft.
        draft: bool,
    },
    /// Commits are pushed.
    PushCommits,
    /// A script or make target of this repository runs; what it does follows.
    Call {
        /// Its file, if it is here.
        file: Option<FileId>,
        /// As it is called.
        name: Value,
    },
}

/// A Dockerfile.
#[derive(Debug)]
pub struct Dockerfile {
    /// Its file.
    pub file: FileId,
    /// Its stages, the last is what runs.
    pub stages: Vec<Stage>,
}

/// A stage of a Dockerfile.
#[derive(Debug)]
pub struct Stage {
    /// `FROM`'s image, arguments put in.
    pub from: Value,
    /// `AS`.
    pub name: Option<Arc<str>>,
    /// `--platform`.
    pub platform: Option<Value>,
    /// Every instruction after FROM: its word in capitals, its arguments.
    pub instructions: Vec<Instruction>,
    /// The FROM line.
    pub span: Span,
}

/// An instruction of a Dockerfile.
#[derive(Debug)]
pub struct Instruction {
    /// `RUN`, `COPY`, `EXPOSE`, `USER`, `ENV`, `CMD`.
    pub word: Arc<str>,
    /// Its arguments, flags left out; of the JSON form, its items.
    pub arguments: Vec<Value>,
    /// Its flags: `--from=build`.
    pub flags: Vec<Value>,
    /// The line.
    pub span: Span,
}

/// A Compose project: the base file with the overrides that load by themselves, or one named by a command.
#[derive(Debug)]
pub struct Compose {
    /// Its first file.
    pub file: FileId,
    /// Its services, merged.
    pub services: Vec<ComposeService>,
    /// All of it.
    pub body: Value,
}

/// A service of Compose.
#[derive(Debug)]
pub struct ComposeService {
    /// Its name, which is its host.
    pub name: Arc<str>,
    /// Its key.
    pub span: Span,
    /// All of it, `.env` put in.
    pub body: Value,
    /// Its environment, with that of `env_file`s.
    pub environment: Vec<(Arc<str>, Value)>,
}

/// An image that a build tool is told to build.
#[derive(Debug)]
pub struct Build {
    /// Its name.
    pub image: Value,
    /// The folder.
    pub context: Value,
    /// The Dockerfile, from the context.
    pub dockerfile: Option<Value>,
    /// Who says so.
    pub span: Span,
}

impl Delivery {
    /// Every deed of every workflow, pipeline and script, with who does it. Deeds of documents come too.
    pub fn deeds(&self) -> impl Iterator<Item = (Doer<'_>, &Deed)> {
        let workflows = self.workflows.iter().flat_map(|workflow| {
            workflow.jobs.iter().flat_map(move |job| {
                job.steps.iter().flat_map(move |step| {
                    step.deeds.iter().map(move |deed| {
                        (
                            Doer::Step {
                                workflow,
                                job,
                                step,
                            },
                            deed,
                        )
                    })
                })
            })
        });
        let pipelines = self.pipelines.iter().flat_map(|pipeline| {
            pipeline
                .deeds
                .iter()
                .map(move |deed| (Doer::Pipeline(pipeline), deed))
        });
        let scripts = self.scripts.iter().flat_map(|script| {
            script
                .deeds
                .iter()
                .map(move |deed| (Doer::Script(script), deed))
        });
        workflows.chain(pipelines).chain(scripts)
    }
}

/// Who does a deed.
#[derive(Debug, Clone, Copy)]
pub enum Doer<'a> {
    /// A step of a workflow.
    Step {
        /// The workflow.
        workflow: &'a Workflow,
        /// The job.
        job: &'a Job,
        /// The step.
        step: &'a Step,
    },
    /// A pipeline of another system.
    Pipeline(&'a Pipeline),
    /// A script.
    Script(&'a Script),
}

impl Doer<'_> {
    /// Its file.
    pub fn file(self) -> FileId {
        match self {
            Self::Step { workflow, .. } => workflow.file,
            Self::Pipeline(pipeline) => pipeline.file,
            Self::Script(script) => script.file,
        }
    }

    /// Whether it is only a command in a document.
    pub fn is_document(self) -> bool {
        matches!(self, Self::Script(script) if script.kind == ScriptKind::Document)
    }
}
