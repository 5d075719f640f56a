//! `console`: everything that can be seen and done, in a browser.

use crate::{
    config::Config,
    console::Served,
    environment,
    failure::Failure,
    metrics::{Exporter, Watched},
    roles::{Roles, Signals, stay},
};

/// Runs the command.
pub(super) async fn run(config: &Config) -> Result<(), Failure> {
    let mut signals = Signals::listen()?;
    config.console.check_exposure().map_err(Failure::Usage)?;
    let deps = signals.unless_stopped(environment::of_role(config)).await?;
    let _metrics = Exporter::start(config, "console", Watched::of(&deps)).await?;
    let roles = Roles {
        console: Some(Served::start(&deps, config).await?),
        ..Roles::default()
    };
    stay(roles, &mut signals).await
}
