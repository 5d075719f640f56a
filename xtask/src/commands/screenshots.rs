//! `cargo xtask screenshots`: every page of the console, pictured anew for the documentation.

use anyhow::{Result, bail};

use crate::{
    browser,
    services::apt,
    session::{Session, exit_code},
};

/// The test that looks at every page, and leaves the pictures where this names a folder.
const VARIABLE: &str = "MOODWIRE_SCREENSHOTS";

/// Debian's packages of letters for all that the demo's posts are written in.
const FONTS: [&str; 2] = ["fonts-noto-cjk", "fonts-noto-color-emoji"];

/// Runs it, and returns its exit code.
pub(crate) async fn run(session: &mut Session) -> Result<u8> {
    let mut variables = browser::bring(session).await?;
    if !browser::has_chromium(&variables) {
        bail!("there is no Chromium here to take pictures with");
    }
    // The demo's posts are of many languages; a machine without their letters pictures empty boxes.
    if let Err(error) = apt::install(&FONTS, &session.services_folder()?) {
        eprintln!("some letters may be missing in the pictures: {error:#}");
    }
    let folder = session.root().join("docs/screenshots");
    variables.push((VARIABLE, folder.display().to_string()));
    let arguments = [
        "test",
        "--locked",
        "-p",
        "moodwire",
        "--test",
        "end_to_end",
        "console::pictures",
    ];
    let status = session
        .cargo(&arguments.map(Into::into), &variables)
        .await?;
    eprintln!("pictures are in {}", folder.display());
    Ok(exit_code(status))
}
