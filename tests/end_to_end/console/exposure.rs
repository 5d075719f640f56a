//! Where the console is served: not to others without a password, and not where something else is.

use super::{
    desk::{Desk, write_recent},
    http::Request,
};
use crate::{
    command_line::at_hand::empty,
    common::{Installation, Stores},
};

async fn console(installation: &Installation, settings: &[(&str, &str)]) -> (Option<i32>, String) {
    let mut command = installation.command(&["console"]);
    let output = command
        .envs(settings.iter().copied())
        .output()
        .await
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    (output.status.code(), said)
}

#[tokio::test]
async fn open_to_others_without_a_password_it_does_not_start() {
    let installation = empty().await;
    let (code, said) = console(&installation, &[("MOODWIRE_CONSOLE__LISTEN", "0.0.0.0:0")]).await;
    assert_eq!((code, said.trim().lines().count()), (Some(2), 1), "{said}");
    assert!(said.contains("set [console] admin_password"), "{said}");
    let short = [
        ("MOODWIRE_CONSOLE__LISTEN", "0.0.0.0:0"),
        ("MOODWIRE_CONSOLE__ADMIN_PASSWORD", "short"),
    ];
    let (code, said) = console(&installation, &short).await;
    assert_eq!((code, said.trim().lines().count()), (Some(2), 1), "{said}");
    assert!(!said.contains("short\""), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_password_it_is_served_to_others_who_must_log_in() {
    let installation = empty().await;
    let settings = [
        ("MOODWIRE_CONSOLE__LISTEN", "0.0.0.0:0"),
        ("MOODWIRE_CONSOLE__ADMIN_PASSWORD", "correct horse battery"),
    ];
    let desk = Desk::start(&installation, &["console"], &settings).await;
    let address = desk.address.replace("0.0.0.0", "127.0.0.1");
    let page = Request::get(&address, "/jobs?state=dead").send().await;
    assert_eq!(page.status, 303);
    assert!(page.headers["location"].starts_with("/login?to=%2Fjobs"));
    for (path, status) in [
        ("/api/v1/now", 401),
        ("/api/v1/openapi.json", 401),
        ("/healthz", 200),
        ("/readyz", 200),
    ] {
        let answer = Request::get(&address, path).send().await;
        assert_eq!(answer.status, status, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_its_port_is_taken_the_console_ends_and_up_goes_on_without_it() {
    let folder = tempfile::tempdir().unwrap();
    let posts = write_recent(folder.path(), 2, 1);
    let installation = Installation::new(Stores::Embedded, &posts, "").await;
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let settings = [("MOODWIRE_CONSOLE__LISTEN", &*address)];
    let (code, said) = console(&installation, &settings).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains(&format!("the console cannot be served on {address}")),
        "{said}"
    );

    let up = Desk::start_without_console(&installation, &["up"], &settings);
    up.logs(&format!("the console cannot be served on {address}"))
        .await;
    // It works all the same.
    installation.receiver.has(2).await;
    assert!(up.terminate().await.success());
}
