//! Runs templates.

use std::collections::HashMap;
use std::rc::Rc;

use seaworthy_facts::{Data, FileId, Span, Unknown, UnknownKind};

use super::functions;
use super::rope::{Piece, Rope};
use super::template::{Node, Pipeline, Term};
use super::value::{NOWHERE, V};

/// Nodes and commands that one chart may run.
const BUDGET: usize = 400_000;
/// Bytes that one file may print.
const LARGEST: usize = 4 << 20;
/// Templates within templates.
const DEEPEST: usize = 50;

/// A template with its file.
#[derive(Clone)]
pub(crate) struct Template {
    /// The tree.
    pub(crate) nodes: Rc<Vec<Node>>,
    /// The file.
    pub(crate) file: FileId,
    /// The file's text.
    pub(crate) text: Rc<str>,
}

/// Runs the templates of one chart for one release.
pub(crate) struct Evaluator {
    /// By name.
    pub(crate) templates: HashMap<String, Template>,
    /// Templates of templates that were parsed for `tpl`.
    pub(crate) steps: usize,
    /// A condition could not be decided.
    pub(crate) uncertain: bool,
    depth: usize,
    /// Files of the chart, for `.Files.Get`.
    pub(crate) files: HashMap<String, Rc<str>>,
}

/// Variables, innermost last, and the dot.
struct Scope {
    dot: V,
    variables: Vec<(String, V)>,
}

enum Flow {
    On,
    Break,
    Continue,
}

type Out<T> = Result<T, String>;

impl Evaluator {
    /// Knows these templates.
    pub(crate) fn new(
        templates: HashMap<String, Template>,
        files: HashMap<String, Rc<str>>,
    ) -> Self {
        Self {
            templates,
            steps: 0,
            uncertain: false,
            depth: 0,
            files,
        }
    }

    /// What a template prints.
    pub(crate) fn run(&mut self, template: &Template, dot: V) -> Out<Rope> {
        self.depth += 1;
        if self.depth > DEEPEST {
            self.depth -= 1;
            return Err("templates call each other without end".into());
        }
        let mut scope = Scope {
            variables: vec![(String::new(), dot.clone())],
            dot,
        };
        let mut rope = Rope::default();
        let result = self.nodes(&template.nodes, template, &mut scope, &mut rope);
        self.depth -= 1;
        result.map(|_| rope)
    }

    /// What a named template prints.
    pub(crate) fn include(&mut self, name: &str, dot: V) -> Out<Rope> {
        let template = self
            .templates
            .get(name)
            .cloned()
            .ok_or_else(|| format!("there is no template `{name}`"))?;
        self.run(&template, dot)
    }

    /// `tpl`: a text that is a template itself.
    pub(crate) fn tpl(&mut self, text: &str, dot: V) -> Out<Rope> {
        let parsed = super::template::parse(text)?;
        let template = Template {
            nodes: parsed.body,
            file: NOWHERE.file,
            text: text.into(),
        };
        self.run(&template, dot)
    }

    fn step(&mut self) -> Out<()> {
        self.steps += 1;
        if self.steps > BUDGET {
            return Err("it does too much".into());
        }
        Ok(())
    }

    fn nodes(
        &mut self,
        nodes: &[Node],
        template: &Template,
        scope: &mut Scope,
        out: &mut Rope,
    ) -> Out<Flow> {
        for node in nodes {
            self.step()?;
            if out.pieces.len() > 100_000 || (out.pieces.len() % 64 == 63 && out.len() > LARGEST) {
                return Err("it prints too much".into());
            }
            match self.node(node, template, scope, out)? {
                Flow::On => {}
                flow => return Ok(flow),
            }
        }
        Ok(Flow::On)
    }

    fn node(
        &mut self,
        node: &Node,
        template: &Template,
        scope: &mut Scope,
        out: &mut Rope,
    ) -> Out<Flow> {
        match node {
            Node::Text(range) => {
                let at = (template.file != NOWHERE.file)
                    .then(|| Span::new(template.file, range.clone()));
                out.pieces.push(Piece {
                    text: template.text[range.clone()].to_owned(),
                    hole: None,
                    verbatim: at.is_some(),
                    at,
                    from: None,
                    printed: false,
                });
            }
            Node::Action(pipeline, range) => {
                let value = self.pipeline(pipeline, scope)?;
                if pipeline.variables.is_empty() {
                    let mut rope = value.rope();
                    if template.file != NOWHERE.file {
                        rope.stands_at(Span::new(template.file, range.clone()));
                    }
                    out.push(rope);
                }
            }
            Node::If {
                branches,
                otherwise,
            } => {
                let before = scope.variables.len();
                for (condition, body) in branches {
                    let truth = self.pipeline(condition, scope)?.truth();
                    if truth.is_none() {
                        self.uncertain = true;
                    }
                    if truth.unwrap_or(true) {
                        let flow = self.nodes(body, template, scope, out)?;
                        scope.variables.truncate(before);
                        return Ok(flow);
                    }
                }
                let flow = self.nodes(otherwise, template, scope, out)?;
                scope.variables.truncate(before);
                return Ok(flow);
            }
            Node::With {
                pipeline,
                body,
                otherwise,
            } => {
                let before = scope.variables.len();
                let value = self.pipeline(pipeline, scope)?;
                let truth = value.truth();
                if truth.is_none() {
                    self.uncertain = true;
                }
                let flow = if truth.unwrap_or(true) {
                    let dot = std::mem::replace(&mut scope.dot, value);
                    let flow = self.nodes(body, template, scope, out);
                    scope.dot = dot;
                    flow?
                } else {
                    self.nodes(otherwise, template, scope, out)?
                };
                scope.variables.truncate(before);
                return Ok(flow);
            }
            Node::Range {
                pipeline,
                body,
                otherwise,
            } => return self.range(pipeline, body, otherwise, template, scope, out),
            Node::Template(name, argument, range) => {
                let dot = match argument {
                    Some(pipeline) => self.pipeline(pipeline, scope)?,
                    None => V::nil(),
                };
                let mut rope = self.include(name, dot)?;
                if template.file != NOWHERE.file {
                    rope.stands_at(Span::new(template.file, range.clone()));
                }
                out.push(rope);
            }
            Node::Break => return Ok(Flow::Break),
            Node::Continue => return Ok(Flow::Continue),
        }
        Ok(Flow::On)
    }

    fn range(
        &mut self,
        pipeline: &Pipeline,
        body: &[Node],
        otherwise: &[Node],
        template: &Template,
        scope: &mut Scope,
        out: &mut Rope,
    ) -> Out<Flow> {
        let before = scope.variables.len();
        let names = pipeline.variables.clone();
        let over = self.commands(pipeline, scope)?;
        if over.as_unknown().is_some() {
            self.uncertain = true;
            return Ok(Flow::On);
        }
        let pairs: Vec<(V, V)> = if let Some(items) = over.items() {
            items
                .into_iter()
                .enumerate()
                .map(|(index, item)| (V::number(index_number(index)), item))
                .collect()
        } else if let Some(entries) = over.entries() {
            entries
                .into_iter()
                .map(|(key, value)| (V::text(key), value))
                .collect()
        } else if let Some(count) = over.as_number() {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "bounded"
            )]
            let count = count.clamp(0.0, 10_000.0) as usize;
            (0..count)
                .map(|index| {
                    (
                        V::number(index_number(index)),
                        V::number(index_number(index)),
                    )
                })
                .collect()
        } else {
            Vec::new()
        };
        if pairs.is_empty() {
            return self.nodes(otherwise, template, scope, out);
        }
        for (key, value) in pairs {
            self.step()?;
            scope.variables.truncate(before);
            match names.as_slice() {
                [one] => scope.variables.push((one.clone(), value.clone())),
                [first, second] => {
                    scope.variables.push((first.clone(), key));
                    scope.variables.push((second.clone(), value.clone()));
                }
                _ => {}
            }
            let dot = std::mem::replace(&mut scope.dot, value);
            let flow = self.nodes(body, template, scope, out);
            scope.dot = dot;
            if matches!(flow?, Flow::Break) {
                break;
            }
        }
        scope.variables.truncate(before);
        Ok(Flow::On)
    }

    fn pipeline(&mut self, pipeline: &Pipeline, scope: &mut Scope) -> Out<V> {
        let value = self.commands(pipeline, scope)?;
        if let [name] = pipeline.variables.as_slice() {
            if pipeline.declares {
                scope.variables.push((name.clone(), value.clone()));
            } else if let Some((_, old)) = scope
                .variables
                .iter_mut()
                .rev()
                .find(|(own, _)| own == name)
            {
                *old = value.clone();
            }
        }
        Ok(value)
    }

    fn commands(&mut self, pipeline: &Pipeline, scope: &mut Scope) -> Out<V> {
        let mut last = None;
        for command in &pipeline.commands {
            self.step()?;
            last = Some(self.command(command, last.take(), scope)?);
        }
        Ok(last.unwrap_or_else(V::nil))
    }

    fn command(&mut self, command: &[Term], last: Option<V>, scope: &mut Scope) -> Out<V> {
        let Some((first, rest)) = command.split_first() else {
            return Ok(V::nil());
        };
        if let Term::Function(name) = first {
            // These do not look at what they do not need.
            if matches!(name.as_str(), "and" | "or") {
                return self.logic(name == "and", rest, last, scope);
            }
            let mut arguments = Vec::with_capacity(rest.len() + 1);
            for term in rest {
                arguments.push(self.term(term, scope)?);
            }
            arguments.extend(last);
            return functions::call(self, name, &arguments);
        }
        // `.Files.Get "x"`, `.Capabilities.APIVersions.Has "x"`: methods take arguments.
        if let Term::Field(path) | Term::Variable(_, path) = first
            && let Some((method, before)) = path.split_last()
            && matches!(
                method.as_str(),
                "Get" | "Has" | "Glob" | "GetBytes" | "Lines" | "AsConfig" | "AsSecrets"
            )
        {
            let mut holder = match first {
                Term::Variable(name, _) => Self::variable(name, scope)?,
                _ => scope.dot.clone(),
            };
            for step in before {
                holder = holder.field(step);
            }
            if matches!(holder, V::Files | V::ApiVersions) {
                let mut arguments = Vec::new();
                for term in rest {
                    arguments.push(self.term(term, scope)?);
                }
                arguments.extend(last);
                return Ok(self.method(&holder, method, &arguments));
            }
        }
        self.term(first, scope)
    }

    fn method(&self, holder: &V, method: &str, arguments: &[V]) -> V {
        let argument = arguments.first().and_then(V::literal);
        match (holder, method, argument) {
            // What a current cluster serves; APIs of operators are taken to be there.
            (V::ApiVersions, "Has", Some(api)) => V::bool(
                !api.contains("beta")
                    && !api.contains("alpha")
                    && api != "policy/v1/PodSecurityPolicy",
            ),
            (V::Files, "Get", Some(path)) => match self.files.get(&path) {
                Some(text) => V::text(&**text),
                None => V::text(""),
            },
            _ => V::unknown(method),
        }
    }

    fn logic(&mut self, and: bool, terms: &[Term], last: Option<V>, scope: &mut Scope) -> Out<V> {
        let mut result = V::nil();
        let mut undecided = None;
        for term in terms {
            result = self.term(term, scope)?;
            match result.truth() {
                Some(truth) if truth != and => return Ok(result),
                None => undecided = Some(result.clone()),
                _ => {}
            }
        }
        if let Some(last) = last {
            result = last;
            match result.truth() {
                Some(truth) if truth != and => return Ok(result),
                None => undecided = Some(result.clone()),
                _ => {}
            }
        }
        Ok(undecided.unwrap_or(result))
    }

    fn variable(name: &str, scope: &Scope) -> Out<V> {
        scope
            .variables
            .iter()
            .rev()
            .find(|(own, _)| own == name)
            .map(|(_, value)| value.clone())
            .ok_or_else(|| format!("`${name}` is not set"))
    }

    fn term(&mut self, term: &Term, scope: &mut Scope) -> Out<V> {
        self.step()?;
        Ok(match term {
            Term::Field(path) => fields(scope.dot.clone(), path),
            Term::Variable(name, path) => fields(Self::variable(name, scope)?, path),
            Term::Group(pipeline, path) => {
                let value = self.pipeline(pipeline, scope)?;
                fields(value, path)
            }
            Term::Function(name) => functions::call(self, name, &[])?,
            Term::String(text) => V::text(text.as_str()),
            Term::Number(number) => V::number(*number),
            Term::Bool(yes) => V::bool(*yes),
            Term::Nil => V::nil(),
        })
    }
}

fn index_number(index: usize) -> f64 {
    f64::from(u32::try_from(index).unwrap_or(u32::MAX))
}

fn fields(value: V, path: &[String]) -> V {
    // Walks in place: a chart's values are large, and only what is found is copied.
    if let V::Value(root) = &value
        && !matches!(root.data, Data::Unknown(_))
        && !path.is_empty()
    {
        let mut at = &**root;
        for (index, step) in path.iter().enumerate() {
            match at.get(step) {
                Some(next) => at = next,
                None => {
                    return match &at.data {
                        Data::Unknown(unknown) => V::data(Data::Unknown(Unknown {
                            kind: UnknownKind::NotSeen,
                            name: format!("{}.{}", unknown.name, path[index..].join(".")).into(),
                            ..unknown.clone()
                        })),
                        _ => V::nil(),
                    };
                }
            }
        }
        return V::Value(Rc::new(at.clone()));
    }
    path.iter()
        .fold(value, |value, step| value.field(step))
        .clone()
}
