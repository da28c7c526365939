//! What names say: of variables that carry secrets, of calls that write a log, that pass a value on, that end a program.

use crate::syntax::Call;

/// Whether an environment variable of this name carries a secret.
pub(crate) fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    if [
        "PUBLIC_KEY",
        "SITE_KEY",
        "PUBLISHABLE_KEY",
        "KEY_ID",
        "CSRF_TOKEN",
        "CANCELLATION_TOKEN",
    ]
    .iter()
    .any(|end| name.ends_with(end))
    {
        return false;
    }
    [
        "PASSWORD",
        "PASSWD",
        "_PASS",
        "_PWD",
        "SECRET",
        "TOKEN",
        "API_KEY",
        "APIKEY",
        "SECRET_KEY",
        "ACCESS_KEY",
        "PRIVATE_KEY",
        "ENCRYPTION_KEY",
        "SIGNING_KEY",
        "MASTER_KEY",
        "PASSPHRASE",
        "CREDENTIALS",
        "DATABASE_URL",
        "_DSN",
        "CONNECTION_STRING",
        "MONGO_URI",
        "MONGODB_URI",
        "MONGO_URL",
        "WEBHOOK_URL",
    ]
    .iter()
    .any(|end| name.ends_with(end))
        || matches!(name.as_str(), "PASS" | "PWD_SECRET" | "PGPASS")
}

/// Whether a call writes where logs are kept.
pub(crate) fn is_log(call: &Call) -> bool {
    let path = call.path();
    let last = call.last();
    match path {
        "print"
        | "println!"
        | "eprintln!"
        | "print!"
        | "eprint!"
        | "dbg!"
        | "fmt.Print"
        | "fmt.Printf"
        | "fmt.Println"
        | "System.out.println"
        | "System.out.print"
        | "System.out.printf"
        | "System.err.println"
        | "Console.WriteLine"
        | "Console.Write"
        | "Console.Error.WriteLine"
        | "println" => return true,
        _ => {}
    }
    if matches!(
        path.trim_start_matches("tracing.")
            .trim_start_matches("log."),
        "info!" | "debug!" | "warn!" | "error!" | "trace!"
    ) {
        return true;
    }
    let receiver = call.receiver();
    let logger = receiver
        .rsplit('.')
        .next()
        .unwrap_or(receiver)
        .to_ascii_lowercase();
    let is_logger = matches!(
        logger.as_str(),
        "log"
            | "logging"
            | "slog"
            | "console"
            | "logrus"
            | "klog"
            | "glog"
            | "zap"
            | "sugar"
            | "winston"
            | "pino"
    ) || logger.ends_with("logger");
    is_logger
        && matches!(
            last.to_ascii_lowercase().as_str(),
            "print"
                | "printf"
                | "println"
                | "fatal"
                | "fatalf"
                | "fatalln"
                | "panic"
                | "panicf"
                | "panicln"
                | "info"
                | "infof"
                | "infow"
                | "infoln"
                | "debug"
                | "debugf"
                | "debugw"
                | "debugln"
                | "warn"
                | "warnf"
                | "warnw"
                | "warning"
                | "warningf"
                | "error"
                | "errorf"
                | "errorw"
                | "errorln"
                | "exception"
                | "critical"
                | "log"
                | "trace"
                | "tracef"
                | "verbose"
                | "loginformation"
                | "logdebug"
                | "logwarning"
                | "logerror"
                | "dir"
                | "logtrace"
                | "logcritical"
        )
}

/// Whether a call gives its first argument, or what it is called on, in another form.
pub(crate) fn passes_on(last: &str) -> bool {
    matches!(
        last,
        "parseInt"
            | "Number"
            | "String"
            | "int"
            | "str"
            | "float"
            | "Atoi"
            | "ParseInt"
            | "ParseUint"
            | "TrimSpace"
            | "ToLower"
            | "ToUpper"
            | "strip"
            | "lower"
            | "upper"
            | "rstrip"
            | "lstrip"
            | "trim"
            | "toString"
            | "to_string"
            | "into"
            | "as_str"
            | "as_ref"
            | "to_owned"
            | "clone"
            | "ok"
            | "and_then"
            | "map"
            | "parse"
            | "filter"
            | "String.valueOf"
            | "valueOf"
            | "ofNullable"
            | "Parse"
            | "ToInt32"
            | "parseLong"
            | "toLowerCase"
            | "toUpperCase"
            | "unwrap_or_default"
            | "Stringer"
            | "Some"
            | "Ok"
            | "from"
            | "new_string"
            | "replace"
            | "removesuffix"
            | "TrimSuffix"
            | "TrimRight"
            | "map_err"
            | "context"
            | "with_context"
            | "as_deref"
            | "QueryEscape"
            | "PathEscape"
            | "quote"
            | "quote_plus"
            | "encodeURIComponent"
            | "Trim"
            | "bytes"
            | "Bool"
            | "to_socket_addrs"
            | "as_bytes"
            | "of"
    )
}

/// Whether a call puts its arguments together to text, or names one in a log.
pub(crate) fn puts_together(call: &Call) -> bool {
    matches!(
        call.path(),
        "fmt.Sprintf"
            | "fmt.Sprint"
            | "fmt.Sprintln"
            | "fmt.Errorf"
            | "format!"
            | "String.format"
            | "string.Format"
            | "String.Format"
            | "zap.String"
            | "zap.Any"
            | "slog.String"
            | "slog.Any"
            | "JSON.stringify"
            | "json.dumps"
            | "os.path.join"
            | "path.join"
            | "strings.Join"
            | "String.Concat"
            | "string.Concat"
            | "errors.New"
            | "util.format"
            | "concat!"
            | "repr"
            | "dict"
            | "util.inspect"
    )
}

/// Whether a call ends the program, or refuses what was asked.
pub(crate) fn ends(call: &Call) -> bool {
    let last = call.last();
    matches!(
        call.path(),
        "throw"
            | "panic"
            | "panic!"
            | "os.Exit"
            | "sys.exit"
            | "process.exit"
            | "exit"
            | "System.exit"
            | "Environment.Exit"
            | "bail!"
            | "anyhow!"
            | "unreachable!"
            | "process.abort"
            | "std.process.exit"
            | "abort"
    ) || matches!(
        last,
        "Fatal" | "Fatalf" | "Fatalln" | "Panic" | "Panicf" | "Panicln" | "Fatalw"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_told_by_the_end_of_its_name() {
        for name in [
            "DB_PASSWORD",
            "JWT_SECRET",
            "GITHUB_TOKEN",
            "STRIPE_API_KEY",
            "DATABASE_URL",
            "db_pass",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in [
            "PASSWORD_FILE",
            "TOKEN_TTL",
            "SECRET_NAME",
            "AWS_ACCESS_KEY_ID",
            "JWT_PUBLIC_KEY",
            "COMPASS",
            "PORT",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }
}
