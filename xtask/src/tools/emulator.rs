//! The emulator of AWS that tests apply to: moto, started through additions of ours (`seaworthy_testkit::emulator`).
//!
//! It is pinned and never taken from `PATH`, since the additions reach into its insides.

use seaworthy_testkit::emulator::{MOTO, python};
use seaworthy_testkit::tools::python_environment;

use super::{Found, python as packages, version_of};
use crate::Failure;

pub(super) fn get() -> Result<Found, Failure> {
    let ask = || {
        version_of(
            &python(),
            // The server's parts are extras, which a broken installation may lack.
            &["-c", "import moto, moto.server; print(moto.__version__)"],
        )
    };
    let (version, origin) = if let Ok(version) = ask() {
        (version, "cache".to_owned())
    } else {
        let wanted = format!("moto[server]=={MOTO}");
        packages::environment(&python_environment("moto", MOTO), &wanted)?;
        (ask()?, format!("`pip install {wanted}`"))
    };
    if version != MOTO {
        return Err(format!("the cache holds moto {version}, and the tests need {MOTO}").into());
    }
    Ok(Found {
        path: python(),
        version,
        origin,
    })
}
