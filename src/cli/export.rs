//! `export`: posts or hours into a file, or onto standard output.

use std::{
    fs::{File, Permissions},
    io::IsTerminal,
    os::unix::fs::PermissionsExt,
    path::Path,
};

use moodwire_warehouse::{MoodFilter, Warehouse};
use serde_json::json;

use super::{args::Export, mood};
use crate::{
    config::Config,
    environment,
    export::{Format, export},
    failure::Failure,
    output,
};

/// Standard output.
const STDOUT: &str = "-";

/// Runs the command.
pub(super) async fn run(config: &Config, args: &Export, json: bool) -> Result<(), Failure> {
    mood::ordered(args.from, args.to)?;
    let warehouse = environment::prepared_warehouse(config).await?;
    let filter = mood::filter(config, &warehouse, &args.among).await?;
    if args.output == Path::new(STDOUT) {
        let out = std::io::stdout();
        if args.format == Format::Parquet && out.is_terminal() {
            return Err(Failure::Usage(
                "Parquet is nothing for a terminal: name a file with --output".to_owned(),
            ));
        }
        return write(&warehouse, args, &filter, out).await.map(drop);
    }
    let rows = to_file(&warehouse, args, &filter).await?;
    if json {
        return output::json(&json!({ "rows": rows, "output": args.output }));
    }
    output::line(&format!("{rows} rows are in {}", args.output.display()))
}

async fn write(
    warehouse: &Warehouse,
    args: &Export,
    filter: &MoodFilter,
    out: impl std::io::Write + Send,
) -> Result<u64, Failure> {
    let hours = (args.from, args.to);
    export(warehouse, args.what, hours, filter, args.format, out).await
}

/// Writes beside the file and puts it in place once it is whole, so that nobody takes a part for the whole.
async fn to_file(
    warehouse: &Warehouse,
    args: &Export,
    filter: &MoodFilter,
) -> Result<u64, Failure> {
    let path = &args.output;
    let refused = |error: std::io::Error| {
        Failure::Usage(format!("{} cannot be written: {error}", path.display()))
    };
    // A device or a pipe cannot be replaced.
    if path.metadata().is_ok_and(|there| !there.is_file()) {
        let out = File::options().write(true).open(path).map_err(refused)?;
        return write(warehouse, args, filter, out).await;
    }
    let folder = path
        .parent()
        .filter(|folder| *folder != Path::new(""))
        .unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new()
        .prefix(".moodwire-export-")
        // As any new file: less what the user's mask takes.
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(folder)
        .map_err(refused)?;
    let rows = write(warehouse, args, filter, file.as_file_mut()).await?;
    file.persist(path).map_err(|error| refused(error.error))?;
    Ok(rows)
}
