//! Shell scripts, by a real parser, and what they do as far as their text says.
//!
//! Nothing runs. Variables are followed along branches; what is not known is a hole. A script that calls another is
//! followed into it with its arguments and exports.

mod run;
mod variables;
mod words;

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::Arc;

use seaworthy_diagnostics::FileId;
use seaworthy_facts::delivery::{Command, Deed};
use seaworthy_facts::{SourceKind, Text, Unknown, UnknownKind, Value};
use tree_sitter::{Parser, Tree};

use crate::deeds::State;
use crate::files::Files;
use crate::fragment::Fragment;
use crate::make::Makefiles;
use run::Run;
pub(crate) use run::entered;
pub(crate) use variables::Variables;

/// Larger scripts are no deployment scripts but bundles.
const LARGEST: usize = 512 << 10;
/// Nodes of syntax that one script may take, with those it calls.
const BUDGET: usize = 200_000;
const MOST_CALLERS: usize = 6;

/// Stands in front of the name of a variable that is filled while the script is gone through.
const DEFERRED: char = '\u{2}';

/// A script that was parsed.
pub(crate) struct Parsed {
    pub(crate) fragment: Fragment,
    pub(crate) tree: Tree,
}

/// Every script of the repository.
pub(crate) struct Shells<'a> {
    pub(crate) files: &'a Files<'a>,
    scripts: HashMap<&'a str, (FileId, Parsed)>,
    makefiles: Makefiles,
}

/// What a run through a script gave.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) commands: Vec<Command>,
    pub(crate) deeds: Vec<Deed>,
    pub(crate) state: State,
}

/// A call of a script or a make target.
pub(crate) struct Call<'c> {
    pub(crate) name: &'c str,
    pub(crate) arguments: &'c [Value],
    pub(crate) words: &'c [Value],
    pub(crate) folder: &'c Text,
    pub(crate) variables: Variables,
    pub(crate) callers: &'c [Arc<str>],
    pub(crate) budget: &'c Cell<usize>,
    pub(crate) state: &'c State,
}

impl<'a> Shells<'a> {
    pub(crate) fn new(files: &'a Files<'a>) -> Self {
        let mut scripts = HashMap::new();
        for source in files.sources.of(SourceKind::Shell) {
            let fragment = Fragment::file(&source.file);
            if let Some(parsed) = parse(fragment) {
                scripts.insert(source.file.path(), (source.file.id(), parsed));
            }
        }
        Self {
            files,
            scripts,
            makefiles: Makefiles::read(files),
        }
    }

    pub(crate) fn get(&self, path: &str) -> Option<&Parsed> {
        self.scripts.get(path).map(|(_, parsed)| parsed)
    }

    pub(crate) fn makefiles(&self) -> &Makefiles {
        &self.makefiles
    }

    /// Goes through a script.
    pub(crate) fn run(
        &self,
        parsed: &Parsed,
        variables: Variables,
        folder: Text,
        own_folder: &str,
        state: State,
    ) -> Outcome {
        let budget = Cell::new(BUDGET);
        Run::new(
            self,
            &parsed.fragment,
            variables,
            folder,
            own_folder,
            &budget,
        )
        .with_callers(Vec::new(), state)
        .all(parsed.tree.root_node())
    }

    /// Follows a call, unless it goes round in a circle.
    pub(crate) fn call(&self, call: &Call<'_>) -> Option<(FileId, Outcome)> {
        if call.callers.len() >= MOST_CALLERS {
            return None;
        }
        if matches!(
            call.words.first().and_then(Value::str),
            Some("make" | "gmake" | "just")
        ) {
            return self.makefiles.call(self, call);
        }
        let path = entered(call.folder, &call.name.into());
        let path = path.literal()?;
        let (key, (file, parsed)) = self.scripts.get_key_value(path)?;
        if call.callers.iter().any(|caller| &**caller == *key) {
            return None;
        }
        let mut variables = call.variables.clone();
        for (at, argument) in call.arguments.iter().enumerate().take(9) {
            variables.set(&(at + 1).to_string(), argument.clone());
        }
        let mut callers = call.callers.to_vec();
        callers.push((*key).into());
        let outcome = Run::new(
            self,
            &parsed.fragment,
            variables,
            call.folder.clone(),
            seaworthy_facts::parent(key),
            call.budget,
        )
        .with_callers(callers, call.state.clone())
        .all(parsed.tree.root_node());
        Some((*file, outcome))
    }

    /// Goes through a piece of shell on behalf of a caller, with its budget.
    pub(crate) fn run_within(&self, parsed: &Parsed, within: Within<'_>) -> Outcome {
        Run::new(
            self,
            &parsed.fragment,
            within.variables,
            within.folder.into(),
            within.folder,
            within.budget,
        )
        .with_callers(within.callers, within.state)
        .all(parsed.tree.root_node())
    }
}

/// What a piece of shell gets from its caller.
pub(crate) struct Within<'c> {
    pub(crate) variables: Variables,
    pub(crate) folder: &'c str,
    pub(crate) callers: Vec<Arc<str>>,
    pub(crate) budget: &'c Cell<usize>,
    pub(crate) state: State,
}

/// Parses a piece of shell, unless it is too large.
pub(crate) fn parse(mut fragment: Fragment) -> Option<Parsed> {
    if fragment.text.len() > LARGEST {
        return None;
    }
    let mut parser = Parser::new();
    parser
        .set_language(&tree_sitter_bash::LANGUAGE.into())
        .ok()?;
    let mut tree = parser.parse(&fragment.text, None)?;
    // tree-sitter-bash 0.25 ends the word of `$A.dkr.$B.com` at the second dollar. Such a variable is put in as if
    // another language had left a hole, and the run fills it.
    for _ in 0..3 {
        let lost = words::lost_variables(&tree, &fragment.text);
        if lost.is_empty() {
            break;
        }
        for range in lost {
            let name = format!("{DEFERRED}{}", &fragment.text[range.start + 1..range.end]);
            let span = fragment.span(range.clone());
            let hole = Unknown::new(UnknownKind::Shell, name);
            fragment.put(range, Value::unknown(hole, span));
        }
        tree = parser.parse(&fragment.text, None)?;
    }
    Some(Parsed { fragment, tree })
}
