//! `target/services/run-PID`: what one run's servers keep on disk, and how a later run clears up after one that was
//! killed.
//!
//! A run holds a lock on its folder's file `lock`, which the kernel releases however the run ends. So a folder whose
//! lock is free belongs to nobody, and runs side by side leave each other alone.

use std::{
    env,
    fs::{self, File},
    io::ErrorKind,
    path::{Path, PathBuf},
    process::{self, Command},
};

use anyhow::{Context, Result};

use crate::{process::Ending, services::docker};

/// The files beside the data: `NAME.pid` holds a server's process id and the signal that ends it, `elsewhere` a folder
/// outside this one, `docker` says that containers carry this folder's label.
const PID_FILE: &str = "pid";
const ELSEWHERE: &str = "elsewhere";
const DOCKER: &str = "docker";

/// The beginning of every folder's name outside `target`: only such a one is ever removed.
const ELSEWHERE_PREFIX: &str = "moodwire-services-";

/// The folder of this run; dropping it removes it, and ends what it still names.
#[derive(Debug)]
pub(crate) struct RunFolder {
    path: PathBuf,
    _lock: File,
}

impl RunFolder {
    /// Makes the folder of this run in `services`, and clears those of runs that are no more.
    pub(crate) fn create(services: &Path) -> Result<Self> {
        let cannot = |path: &Path| format!("{} cannot be made or locked", path.display());
        fs::create_dir_all(services).with_context(|| cannot(services))?;
        // Without it, another run could take a folder that has no lock yet for an abandoned one.
        let everyone = services.join("lock");
        let everyone_lock = File::create(&everyone).with_context(|| cannot(&everyone))?;
        everyone_lock.lock().with_context(|| cannot(&everyone))?;

        for entry in fs::read_dir(services)
            .with_context(|| cannot(services))?
            .flatten()
        {
            let path = entry.path();
            if entry.file_name().to_string_lossy().starts_with("run-") && is_abandoned(&path) {
                clear(&path);
            }
        }
        let path = services.join(format!("run-{}", process::id()));
        fs::create_dir(&path).with_context(|| cannot(&path))?;
        let lock = File::create(path.join("lock")).with_context(|| cannot(&path))?;
        lock.lock().with_context(|| cannot(&path))?;
        Ok(Self { path, _lock: lock })
    }

    /// Where it is, absolute.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// An empty folder for a server's data.
    pub(crate) fn data(&self, server: &str) -> Result<PathBuf> {
        let path = self.path.join(server);
        fs::create_dir_all(&path).with_context(|| format!("{} cannot be made", path.display()))?;
        Ok(path)
    }

    /// A folder outside `target`, for a server that runs as a user who cannot enter this one.
    pub(crate) fn data_elsewhere(&self, parent: &Path) -> Result<PathBuf> {
        let path = parent.join(format!("{ELSEWHERE_PREFIX}{}", process::id()));
        // Where all may write, a folder that is there already may be another's: it is neither used nor noted.
        fs::create_dir(&path).with_context(|| format!("{} cannot be made", path.display()))?;
        let note = self.path.join(ELSEWHERE);
        fs::write(&note, path.as_os_str().as_encoded_bytes())
            .with_context(|| format!("{} cannot be written", note.display()))?;
        Ok(path)
    }

    /// Where a server's output goes.
    pub(crate) fn log(&self, server: &str) -> PathBuf {
        self.path.join(format!("{server}.log"))
    }

    /// Notes a server's process, for a later run to end if this one cannot.
    pub(crate) fn note_process(&self, server: &str, id: u32, ending: Ending) -> Result<()> {
        let path = self.path.join(format!("{server}.{PID_FILE}"));
        fs::write(&path, format!("{id} {}", ending.signal()))
            .with_context(|| format!("{} cannot be written", path.display()))
    }

    /// Notes that containers are about to carry this folder's label.
    pub(crate) fn note_docker(&self) -> Result<()> {
        let path = self.path.join(DOCKER);
        fs::write(&path, "").with_context(|| format!("{} cannot be written", path.display()))
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        clear(&self.path);
    }
}

fn is_abandoned(run: &Path) -> bool {
    // No file: a removal that was interrupted.
    File::open(run.join("lock")).map_or(true, |lock| lock.try_lock().is_ok())
}

/// Ends what the run of this folder started, and removes its folders. What cannot be done now is left for the next
/// run.
fn clear(run: &Path) {
    let elsewhere = read_elsewhere(run);
    for entry in fs::read_dir(run).into_iter().flatten().flatten() {
        let path = entry.path();
        if path
            .extension()
            .is_some_and(|extension| extension == PID_FILE)
            && let Some((id, ending)) = fs::read_to_string(&path)
                .ok()
                .as_deref()
                .and_then(parse_note)
            && [Some(run), elsewhere.as_deref()]
                .into_iter()
                .flatten()
                .any(|folder| command_line(id).contains(&*folder.to_string_lossy()))
        {
            eprintln!("process {id}: left by a run that was killed; ended");
            ending.signal_group(id);
        }
    }
    if run.join(DOCKER).exists() {
        docker::remove_containers(run);
    }
    if let Some(elsewhere) = elsewhere {
        remove_folder(&elsewhere);
    }
    remove_folder(run);
}

fn read_elsewhere(run: &Path) -> Option<PathBuf> {
    let path = PathBuf::from(fs::read_to_string(run.join(ELSEWHERE)).ok()?);
    let name = path.file_name()?.to_str()?;
    (path.is_absolute() && name.starts_with(ELSEWHERE_PREFIX)).then_some(path)
}

fn parse_note(note: &str) -> Option<(u32, Ending)> {
    let (id, signal) = note.trim().split_once(' ')?;
    Some((id.parse().ok()?, Ending::of_signal(signal)?))
}

/// The command line of a process, with its words apart by blanks; empty when there is no such process.
fn command_line(id: u32) -> String {
    if env::consts::OS == "linux" {
        let words = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        return String::from_utf8_lossy(&words).replace('\0', " ");
    }
    Command::new("ps")
        .args(["-o", "command=", "-p", &id.to_string()])
        .output()
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default()
}

fn remove_folder(path: &Path) {
    if let Err(error) = fs::remove_dir_all(path)
        && error.kind() != ErrorKind::NotFound
    {
        eprintln!("{} is left behind: {error}", path.display());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_names_a_process_and_its_ending() {
        assert_eq!(parse_note("123 QUIT\n"), Some((123, Ending::Quit)));
        assert_eq!(parse_note("123"), None);
        assert_eq!(parse_note("x QUIT"), None);
        assert_eq!(parse_note("123 HUP"), None);
    }

    #[test]
    fn the_command_line_of_a_process_is_read_back() {
        assert!(command_line(process::id()).contains("xtask"));
    }
}
