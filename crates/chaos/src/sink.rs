//! The keyed sink: where the jobs' effects go, each key once, and a journal of all that workers did.

use std::{
    collections::HashSet,
    ffi::OsString,
    fs::{File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

/// Two files that any number of processes append to: the effects, a key a line, and beside them the journal,
/// `PID WORD …` a line.
///
/// As a warehouse with a primary key does, the sink takes a key once and refuses it from then on, so that a job may
/// write and be killed before it is settled. Whether it did is counted afterwards from the file itself.
#[derive(Debug)]
pub struct Sink {
    effects: Mutex<Effects>,
    journal: File,
}

/// The effects as far as this process has read them.
#[derive(Debug)]
struct Effects {
    file: File,
    read: u64,
    keys: HashSet<String>,
}

impl Sink {
    /// Opens the sink in this file, made when it is not there.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn open(path: &Path) -> io::Result<Self> {
        let appending = |path: &Path| {
            let mut options = OpenOptions::new();
            options.create(true).read(true).append(true).open(path)
        };
        Ok(Self {
            effects: Mutex::new(Effects {
                file: appending(path)?,
                read: 0,
                keys: HashSet::new(),
            }),
            journal: appending(&journal_of(path))?,
        })
    }

    /// Writes the effect of this key; false when it was there.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn put(&self, key: &str) -> io::Result<bool> {
        let mut effects = self.effects.lock().unwrap_or_else(PoisonError::into_inner);
        effects.file.lock()?;
        let put = effects.put(key);
        effects.file.unlock()?;
        put
    }

    /// Writes a line into the journal, and to standard output for whoever waits for it.
    pub fn note(&self, line: &str) {
        // One write, so that a kill leaves the line whole or not there. A journal that cannot be written shows as jobs
        // that were lost; a listener who has gone is nobody's failure.
        let noted = format!("{} {line}\n", std::process::id());
        let _unwritten = (&self.journal).write_all(noted.as_bytes());
        say(line);
    }
}

impl Effects {
    /// Takes note of what others wrote, then writes the key unless it is there. The file is locked.
    fn put(&mut self, key: &str) -> io::Result<bool> {
        let mut text = String::new();
        self.file.seek(SeekFrom::Start(self.read))?;
        self.read += u64::try_from(self.file.read_to_string(&mut text)?).unwrap_or(0);
        self.keys.extend(text.lines().map(str::to_owned));
        if self.keys.contains(key) {
            return Ok(false);
        }
        // Read back at the next call.
        self.file.write_all(format!("{key}\n").as_bytes())?;
        Ok(true)
    }
}

/// Says a line on standard output.
pub fn say(line: &str) {
    let mut out = io::stdout().lock();
    let _unheard = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// The journal beside a sink.
pub fn journal_of(sink: &Path) -> PathBuf {
    let mut name = OsString::from(sink);
    name.push(".journal");
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_taken_once_whichever_handle_brings_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sink");
        let (one, other) = (Sink::open(&path).unwrap(), Sink::open(&path).unwrap());
        assert!(one.put("a").unwrap());
        assert!(!other.put("a").unwrap());
        assert!(other.put("b").unwrap());
        assert!(!one.put("b").unwrap());
        assert_eq!(std::fs::read_to_string(path).unwrap(), "a\nb\n");
    }
}
