//! Environment variables that a program reads.

use seaworthy_facts::{Language, Text};

use crate::names;
use crate::reader::{Carried, Reader, Seen, Wrapper};
use crate::syntax::{Call, Class, Expr, Function, Kind};
use crate::text::variable;

/// What an expression reads of the environment, if that is what it does.
pub(crate) fn read<'p>(reader: &mut Reader<'p>, expr: &'p Expr) -> Option<Seen> {
    match &expr.kind {
        Kind::Path(path) => {
            if is_whole_environment(path) {
                reader.program.reads_others = true;
                return None;
            }
            let name = path.strip_prefix("process.env.")?;
            (is_name(name)).then(|| found(reader, name, expr, false, None))
        }
        Kind::Index(of, index) => {
            let whole = of.path()?;
            if !is_whole_environment(whole) && !is_configuration(reader, whole) {
                return None;
            }
            let seen = reader.see(index);
            let name = seen
                .text
                .as_ref()
                .and_then(Text::literal)
                .map(str::to_owned);
            match name {
                Some(name) if is_configuration(reader, whole) => {
                    let name = name.replace(':', "__");
                    Some(found(reader, &name, expr, false, None))
                }
                Some(name) if is_name(&name) => {
                    Some(found(reader, &name, expr, whole.ends_with("environ"), None))
                }
                _ => {
                    note_computed(reader, &seen);
                    Some(Seen::default())
                }
            }
        }
        Kind::Call(call) => called(reader, expr, call),
        _ => None,
    }
}

fn called<'p>(reader: &mut Reader<'p>, expr: &'p Expr, call: &'p Call) -> Option<Seen> {
    if is_everything(call) {
        reader.program.reads_others = true;
        return None;
    }
    if call.path() == "@tag" {
        tagged(reader, call);
        return Some(Seen::default());
    }
    if matches!(call.path(), "@arg" | "@clap" | "@structopt") {
        clap(reader, call);
        return Some(Seen::default());
    }
    let asked = direct(reader, call).or_else(|| wrapped(reader, call))?;
    let default = match asked.default {
        Some(default) => reader.see(default).text,
        None => None,
    };
    let seen = reader.see(asked.name);
    let name = seen
        .text
        .as_ref()
        .and_then(Text::literal)
        .map(|name| match asked.style {
            Style::AsWritten => name.to_owned(),
            Style::Viper => name.to_ascii_uppercase().replace(['.', '-'], "_"),
        });
    match name {
        Some(name) if is_name(&name) => Some(found(reader, &name, expr, asked.required, default)),
        _ => {
            note_computed(reader, &seen);
            Some(Seen::default())
        }
    }
}

/// A variable whose name is computed may be any; the parameter of a wrapper is not computed.
fn note_computed(reader: &mut Reader<'_>, seen: &Seen) {
    let in_wrapper = seen.text.as_ref().is_some_and(|text| {
        text.parts().len() == 1
            && text
                .holes()
                .next()
                .is_some_and(|hole| reader.wrapper_parameters.contains(&*hole.name))
    });
    if !in_wrapper {
        reader.program.reads_others = true;
    }
}

/// A read as it is written.
struct Asked<'p> {
    name: &'p Expr,
    default: Option<&'p Expr>,
    required: bool,
    style: Style,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    AsWritten,
    /// Viper takes keys in any case and looks for them in capitals.
    Viper,
}

fn direct<'p>(reader: &Reader<'p>, call: &'p Call) -> Option<Asked<'p>> {
    let path = call.path();
    let name = call.arguments.first();
    let second = call.arguments.get(1);
    let asked = |required, default| {
        name.map(|name| Asked {
            name,
            default,
            required,
            style: Style::AsWritten,
        })
    };
    if matches!(
        path,
        "os.Getenv"
            | "os.LookupEnv"
            | "syscall.Getenv"
            | "System.getenv"
            | "Deno.env.get"
            | "process.env.get"
    ) || call.is("Environment.GetEnvironmentVariable")
        || call.is("env.var")
        || call.is("env.var_os")
    {
        return asked(false, None);
    }
    if matches!(
        path,
        "os.getenv" | "os.environ.get" | "environ.get" | "os.environ.setdefault" | "getenv"
    ) && reader.file.language == Language::Python
    {
        return asked(false, second.or_else(|| call.named("default")));
    }
    if reader.file.language == Language::Java && call.last() == "getOrDefault" {
        let on = match &call.callee.kind {
            Kind::Member(of, _) => of.call().is_some_and(|call| call.path() == "System.getenv"),
            _ => false,
        };
        return if on { asked(false, second) } else { None };
    }
    if reader.file.language == Language::Python {
        let decouple = path == "config" && reader.file.text.contains("decouple");
        let environ = (path == "env" || path.starts_with("env.") && path.matches('.').count() == 1)
            && (reader.file.text.contains("environ") || reader.file.text.contains("environs"));
        if decouple || environ {
            let default = call
                .named("default")
                .or(second.filter(|_| environ && reader.file.text.contains("environs")));
            return asked(default.is_none(), default);
        }
    }
    let receiver = call.receiver().rsplit('.').next().unwrap_or_default();
    if receiver.eq_ignore_ascii_case("configService") && matches!(call.last(), "get" | "getOrThrow")
    {
        return asked(
            call.last() == "getOrThrow",
            second.filter(|second| !matches!(second.kind, Kind::Map(..))),
        );
    }
    if receiver == "viper" && (call.last().starts_with("Get") || call.last() == "BindEnv") {
        let name = if call.last() == "BindEnv" {
            call.arguments.last()
        } else {
            name
        };
        let style = if call.last() == "BindEnv" && call.arguments.len() > 1 {
            Style::AsWritten
        } else {
            Style::Viper
        };
        return name.map(|name| Asked {
            name,
            default: None,
            required: false,
            style,
        });
    }
    None
}

fn wrapped<'p>(reader: &Reader<'p>, call: &'p Call) -> Option<Asked<'p>> {
    let last = call.last();
    let wrapper = *reader.wrappers.get(last)?;
    // A method of something else may have the same name.
    if matches!(call.callee.kind, Kind::Member(..)) {
        return None;
    }
    Some(Asked {
        name: call.arguments.get(wrapper.name)?,
        default: wrapper.default.and_then(|at| call.arguments.get(at)),
        required: wrapper.required
            && wrapper
                .default
                .is_none_or(|at| call.arguments.get(at).is_none()),
        style: Style::AsWritten,
    })
}

/// Finds the functions that read the variable they are told; those that call them count too.
pub(crate) fn wrappers(reader: &mut Reader<'_>) {
    for _ in 0..2 {
        let mut found = Vec::new();
        for (name, functions) in &reader.functions {
            let [function] = functions.as_slice() else {
                continue;
            };
            if let Some(wrapper) = wrapper(reader, function) {
                found.push((
                    *name,
                    wrapper,
                    function.parameters[wrapper.name].to_string(),
                ));
            }
        }
        for (name, wrapper, parameter) in found {
            reader.wrappers.insert(name, wrapper);
            reader.wrapper_parameters.insert(parameter);
        }
    }
}

fn wrapper<'p>(reader: &Reader<'p>, function: &'p Function) -> Option<Wrapper> {
    if function.parameters.is_empty() || function.parameters.len() > 4 {
        return None;
    }
    let position = |name: &str| {
        function
            .parameters
            .iter()
            .position(|parameter| &**parameter == name)
    };
    let mut name = None;
    let mut default = None;
    let mut required = false;
    let mut others = Vec::new();
    for expr in &function.body {
        expr.walk(&mut |expr| match &expr.kind {
            Kind::Call(call) => {
                if names::ends(call) {
                    required = true;
                }
                let asked = match direct(reader, call) {
                    Some(asked) => Some(asked),
                    None => wrapped(reader, call),
                };
                if let Some(asked) = asked
                    && let Some(at) = asked.name.path().and_then(position)
                {
                    name = Some(at);
                    required |= asked.required;
                    if let Some(at) = asked.default.and_then(|default| position(default.path()?)) {
                        default = Some(at);
                    }
                }
            }
            Kind::Index(of, index) => {
                if of.path().is_some_and(is_whole_environment)
                    && let Some(at) = index.path().and_then(position)
                {
                    name = Some(at);
                    required |= of.path().is_some_and(|path| path.ends_with("environ"));
                }
            }
            Kind::Path(path) => others.extend(position(path)),
            _ => {}
        });
    }
    let name = name?;
    let default = default.or_else(|| others.into_iter().find(|at| *at != name));
    Some(Wrapper {
        name,
        default,
        required: required && default.is_none(),
    })
}

/// What follows a read: `.expect(…)`, `.unwrap_or("8080")`, `.orElse("x")`.
pub(crate) fn chained<'p>(
    reader: &mut Reader<'p>,
    call: &'p Call,
    on: Option<&Seen>,
    arguments: &[Seen],
) -> Option<Seen> {
    let on = on?;
    let read = on.read?;
    let mut seen = on.clone();
    match call.last() {
        "unwrap" | "expect" | "?" | "orElseThrow" | "get" => {
            reader.require(Some(read));
            Some(seen)
        }
        "unwrap_or" | "orElse" => {
            let default = arguments.first().cloned().unwrap_or_default();
            reader.default(Some(read), default.text.as_ref());
            Some(Seen::either(seen, default))
        }
        "unwrap_or_else" | "orElseGet" => {
            let default = call
                .arguments
                .first()
                .and_then(|argument| match &argument.kind {
                    Kind::Function(function) => function.body.last(),
                    _ => None,
                });
            if let Some(ended) = default
                && ended.call().is_some_and(names::ends)
            {
                reader.require(Some(read));
                return Some(seen);
            }
            let default = default
                .map(|default| reader.see(default))
                .unwrap_or_default();
            reader.default(
                Some(read),
                Some(default.text.as_ref().unwrap_or(&Text::default())),
            );
            Some(Seen::either(seen, default))
        }
        "unwrap_or_default" | "is_ok" | "is_err" => {
            reader.default(Some(read), Some(&Text::default()));
            seen.carries.clear();
            Some(seen)
        }
        _ => None,
    }
}

/// `if x == "" { … }`: what is done without the variable.
pub(crate) fn tested<'p>(reader: &mut Reader<'p>, condition: &'p Expr, then: &'p [Expr]) {
    let mut paths = Vec::new();
    absent(condition, false, &mut paths);
    for path in paths {
        let read = match path.kind {
            Kind::Path(ref name) => reader.named(name).read,
            _ => reader.see(path).read,
        };
        let Some(read) = read else { continue };
        let own = path.path().unwrap_or_default();
        for expr in then {
            expr.walk(&mut |expr| match &expr.kind {
                Kind::Assign(names, Some(value), _)
                    if names.first().is_some_and(|name| &**name == own) || own == "ok" =>
                {
                    if let Some(text) =
                        value
                            .literal()
                            .map(Text::from)
                            .or_else(|| match &value.kind {
                                Kind::Number(number) => Some(Text::from(&**number)),
                                _ => None,
                            })
                    {
                        reader.default(Some(read), Some(&text));
                    } else {
                        reader.default(Some(read), Some(&Text::default()));
                    }
                }
                _ => {}
            });
        }
        let ends = then.iter().any(|expr| {
            let mut ends = false;
            expr.walk(&mut |expr| {
                ends |= expr.call().is_some_and(names::ends);
                ends |= matches!(&expr.kind, Kind::Return(items) if items.iter().any(makes_error));
            });
            ends
        });
        if ends {
            reader.require(Some(read));
        }
    }
}

fn makes_error(expr: &Expr) -> bool {
    let mut yes = false;
    expr.walk(&mut |expr| {
        yes |= expr
            .call()
            .is_some_and(|call| matches!(call.path(), "fmt.Errorf" | "errors.New" | "Err"));
    });
    yes
}

/// The names that a condition says are not there: `x == ""`, `!x`, `not x`, `x is None`, `x == nil`.
fn absent<'p>(condition: &'p Expr, negated: bool, paths: &mut Vec<&'p Expr>) {
    if paths.len() > 16 {
        return;
    }
    match &condition.kind {
        Kind::Binary(operator, left, right) => match &**operator {
            "||" | "or" | "&&" | "and" => {
                absent(left, negated, paths);
                absent(right, negated, paths);
            }
            "==" | "===" | "is" => {
                let nothing = matches!(right.kind, Kind::Null) || right.literal() == Some("");
                if nothing && !negated {
                    paths.push(left);
                }
            }
            _ => {}
        },
        Kind::Block(items) if items.len() == 1 => match &items[0].kind {
            Kind::Path(_) | Kind::Index(..) => paths.push(&items[0]),
            _ => absent(&items[0], !negated, paths),
        },
        Kind::Call(call) if matches!(call.last(), "IsNullOrEmpty" | "IsNullOrWhiteSpace") => {
            paths.extend(call.arguments.first());
        }
        _ => {}
    }
}

/// A class whose fields are read from the environment: pydantic's settings.
pub(crate) fn settings_class<'p>(reader: &mut Reader<'p>, class: &'p Class) {
    if !class
        .bases
        .iter()
        .any(|base| base.ends_with("BaseSettings"))
    {
        return;
    }
    let mut prefix = String::new();
    for expr in &class.body {
        expr.walk(&mut |expr| {
            let value = match &expr.kind {
                Kind::Call(call) => call.named("env_prefix"),
                Kind::Assign(names, Some(value), _)
                    if names.first().is_some_and(|name| &**name == "env_prefix") =>
                {
                    Some(&**value)
                }
                _ => None,
            };
            if let Some(text) = value.and_then(Expr::literal) {
                text.clone_into(&mut prefix);
            }
        });
    }
    for expr in &class.body {
        let fields: Vec<&Expr> = match &expr.kind {
            Kind::Block(items) => items.iter().collect(),
            _ => vec![expr],
        };
        for field in fields {
            let Kind::Assign(names, value, Some(_)) = &field.kind else {
                continue;
            };
            let Some(name) = names
                .first()
                .filter(|name| !name.contains('.') && &***name != "model_config")
            else {
                continue;
            };
            let call = value
                .as_deref()
                .and_then(Expr::call)
                .filter(|call| call.last() == "Field");
            let named = call.and_then(|call| {
                ["env", "validation_alias", "alias"]
                    .iter()
                    .find_map(|key| call.named(key)?.literal())
            });
            let default = match call {
                Some(call) => call.named("default").or(call.arguments.first()),
                None => value.as_deref(),
            }
            .filter(|default| {
                !matches!(&default.kind, Kind::Path(path) if &**path == "Ellipsis")
                    && !is_ellipsis(reader, default)
            });
            let default_text = default.map(|default| reader.see(default).text.unwrap_or_default());
            let required = default.is_none()
                && call.is_none_or(|call| call.named("default_factory").is_none());
            let name = named.map_or_else(
                || format!("{prefix}{name}").to_ascii_uppercase(),
                str::to_ascii_uppercase,
            );
            if is_name(&name) {
                let at = reader.note_read(&name, field.span, required, default_text);
                let seen = carried(&name, field, at);
                reader.remember(&format!("settings.{}", names[0]), seen);
            }
        }
    }
}

fn is_ellipsis(reader: &Reader<'_>, expr: &Expr) -> bool {
    reader.file.text.get(expr.span.range()) == Some("...")
}

/// `env:"PORT,required" envDefault:"8080"` and `envconfig:"PORT" default:"8080"`.
fn tagged(reader: &mut Reader<'_>, call: &Call) {
    let (Some(field), Some(tag)) = (call.arguments.first(), call.arguments.get(1)) else {
        return;
    };
    let Some(text) = tag.literal() else { return };
    let part = |key: &str| {
        let at = text.find(&format!("{key}:\""))?;
        if at > 0 && !text[..at].ends_with([' ', '\t']) {
            return None;
        }
        text[at + key.len() + 2..].split('"').next()
    };
    if part("envPrefix").is_some() || text.contains("env-prefix") || text.contains("split_words") {
        reader.program.reads_others = true;
    }
    let Some(name) = part("env").or_else(|| part("envconfig")) else {
        return;
    };
    let mut words = name.split(',');
    let name = words.next().unwrap_or_default();
    let required = words.any(|word| matches!(word, "required" | "notEmpty"))
        || part("required") == Some("true")
        || part("env-required") == Some("true");
    let default = part("envDefault")
        .or_else(|| part("default"))
        .or_else(|| part("env-default"))
        .map(Text::from);
    if is_name(name) {
        let at = reader.note_read(name, tag.span, required && default.is_none(), default);
        let seen = carried(name, tag, at);
        if let Some(field) = field.path() {
            reader.remember(&format!("tagged.{field}"), seen);
        }
    }
}

fn clap(reader: &mut Reader<'_>, call: &Call) {
    if call
        .arguments
        .iter()
        .any(|argument| argument.path() == Some("env"))
    {
        reader.program.reads_others = true;
    }
    let Some(name) = call.named("env").and_then(Expr::literal) else {
        return;
    };
    let default = ["default_value", "default_value_t"]
        .iter()
        .find_map(|key| call.named(key))
        .map(|default| match &default.kind {
            Kind::Number(number) => Text::from(&**number),
            _ => default.literal().map(Text::from).unwrap_or_default(),
        });
    if is_name(name) {
        let span = call.callee.span;
        // Whether the field is optional is not seen here, so that it is not said to be required.
        reader.note_read(name, span, false, default);
    }
}

fn found(
    reader: &mut Reader<'_>,
    name: &str,
    expr: &Expr,
    required: bool,
    default: Option<Text>,
) -> Seen {
    let required = required && default.is_none();
    let at = reader.note_read(name, expr.span, required, default.clone());
    let mut seen = carried(name, expr, at);
    if let Some(default) = default
        && let Some(text) = seen.text
    {
        let plain = Seen {
            text: Some(text),
            ..Seen::default()
        };
        seen.text = Seen::either(plain, Seen::of(default)).text;
    }
    seen
}

fn carried(name: &str, expr: &Expr, at: usize) -> Seen {
    let carries = if names::is_secret(name) {
        vec![Carried {
            variable: name.into(),
            read: expr.span,
            through: Vec::new(),
        }]
    } else {
        Vec::new()
    };
    Seen {
        text: Some(variable(name)),
        carries,
        read: Some(at),
        prefix: None,
    }
}

fn is_whole_environment(path: &str) -> bool {
    matches!(
        path,
        "process.env" | "os.environ" | "environ" | "Bun.env" | "import.meta.env"
    )
}

/// ASP.NET's settings, which the environment overrides.
fn is_configuration(reader: &Reader<'_>, path: &str) -> bool {
    reader.file.language == Language::CSharp
        && path.rsplit('.').next().is_some_and(|last| {
            matches!(
                last,
                "Configuration" | "configuration" | "_configuration" | "config" | "_config"
            )
        })
}

/// Whether a call reads variables whose names cannot be seen.
fn is_everything(call: &Call) -> bool {
    matches!(
        call.path(),
        "os.Environ"
            | "env.vars"
            | "std.env.vars"
            | "envy.from_env"
            | "Environment.GetEnvironmentVariables"
            | "dotenvy.vars"
            | "viper.AutomaticEnv"
            | "viper.Unmarshal"
            | "Environment.with_prefix"
            | "config.Environment.with_prefix"
            | "Env.prefixed"
            | "Env.raw"
            | "WebApplication.CreateBuilder"
            | "Host.CreateDefaultBuilder"
            | "SpringApplication.run"
            | "kong.Parse"
            | "require.config"
    ) || matches!(
        call.last(),
        "AddEnvironmentVariables"
            | "CreateDefaultBuilder"
            | "from_prefixed_env"
            | "WebApplication.CreateSlimBuilder"
    ) || (call.path() == "System.getenv" && call.arguments.is_empty())
        || (call.path() == "require"
            && call.arguments.first().and_then(Expr::literal) == Some("config"))
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 120
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !name.as_bytes()[0].is_ascii_digit()
}
