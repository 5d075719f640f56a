//! The SQLite store passes the conformance suite.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails there")]

mod conformance;

use conformance::Fixture;

/// A store in a file of its own. Its second handle comes by another path to the same file, since a path that is
/// open in this process is shared: two paths behave as two processes do.
async fn open() -> Option<Fixture> {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let alias = folder.path().join("alias");
    std::fs::create_dir(&data).unwrap();
    std::os::unix::fs::symlink(&data, &alias).unwrap();
    let url = format!("sqlite://{}/queue.db", data.display());
    let other_url = format!("sqlite://{}/queue.db", alias.display());
    Some(Fixture::open(&url, &other_url, "moodwire", folder).await)
}

conformance::conformance!(open);
