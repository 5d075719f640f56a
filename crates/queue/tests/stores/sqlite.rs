//! A store in a SQLite file of its own.

use crate::Fixture;

/// Opens it. Its second handle comes by another path to the same file, since a path that is open in this process is
/// shared: two paths behave as two processes do.
pub(crate) async fn open() -> Option<Fixture> {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let alias = folder.path().join("alias");
    std::fs::create_dir(&data).unwrap();
    std::os::unix::fs::symlink(&data, &alias).unwrap();
    let url = format!("sqlite://{}/queue.db", data.display());
    let other_url = format!("sqlite://{}/queue.db", alias.display());
    Some(Fixture::open(&url, &other_url, "moodwire", folder).await)
}
