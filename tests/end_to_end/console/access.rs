//! Who may do what: roles, wrong passwords, forms that are not ours, names that are not ours.

use moodwire_testing::Browser;

use super::{
    desk::{Desk, assert_innocent},
    http::Request,
};
use crate::{
    command_line::at_hand::{bury, empty, ids, queue},
    common::Installation,
};

const ADMIN: &str = "correct horse battery";
const VIEWER: &str = "only for looking at";

async fn with_passwords(installation: &Installation) -> Desk {
    let settings = [
        ("MOODWIRE_CONSOLE__ADMIN_PASSWORD", ADMIN),
        ("MOODWIRE_CONSOLE__VIEWER_PASSWORD", VIEWER),
    ];
    Desk::start(installation, &["console"], &settings).await
}

/// Logs in; the session.
async fn session(desk: &Desk, password: &str) -> String {
    let fields = format!("to=%2F&password={}", password.replace(' ', "+"));
    let answer = Request::form(&desk.address, "/login", &fields).send().await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    answer.cookie("moodwire_session").unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_sees_all_and_is_offered_nothing_and_an_admin_acts() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let installation = empty().await;
    let desk = with_passwords(&installation).await;
    let store = queue(&installation).await;
    bury(&*store, &ids("transform:t", 2), "the lake is gone").await;

    let viewer = browser.page().await;
    desk.open(&viewer, "/dead?kind=transform").await;
    viewer.wait_for("Password").await;
    viewer.write("#password", "not the password at all").await;
    viewer.press_and_follow("Enter").await;
    viewer.wait_for("this is no password here").await;
    viewer.write("#password", VIEWER).await;
    viewer.press_and_follow("Enter").await;
    // One comes to the page that one asked for.
    viewer.wait_for("the lake is gone").await;
    assert_eq!(
        viewer.evaluate("location.pathname + location.search").await,
        "/dead?kind=transform"
    );
    for path in [
        "/",
        "/hours",
        "/dead",
        "/jobs/transform:t00000",
        "/sources",
        "/dead/confirm?verb=retry",
    ] {
        desk.open(&viewer, path).await;
        let forms = viewer
            .count("form[method=post]:not([action='/logout'])")
            .await;
        assert_eq!((forms, viewer.count("a.button").await), (0, 0), "{path}");
    }

    let admin = browser.page().await;
    desk.open(&admin, "/dead").await;
    admin.write("#password", ADMIN).await;
    admin.press_and_follow("Enter").await;
    admin.click("input[value='transform:t00001']").await;
    admin.follow("#letters button.primary").await;
    admin.wait_for("retried: transform:t00001").await;
    assert_innocent(&admin, &desk);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_can_log_out() {
    let installation = empty().await;
    let desk = with_passwords(&installation).await;
    for password in [VIEWER, ADMIN] {
        let cookie = session(&desk, password).await;
        let page = Request::get(&desk.address, "/")
            .cookie("moodwire_session", &cookie)
            .send()
            .await;
        let fields = format!("token={}", page.token());
        let out =
            Request::form(&desk.address, "/logout", &fields).cookie("moodwire_session", &cookie);
        let answer = out.clone().send().await;
        assert_eq!(
            (answer.status, answer.headers["location"].as_str()),
            (303, "/login")
        );
        assert_eq!(answer.cookie("moodwire_session").unwrap(), "");
        let foreign = out.with("Origin", "https://evil.example").send().await;
        assert_eq!(foreign.status, 403);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_who_posts_is_refused_by_form_and_by_interface() {
    let installation = empty().await;
    let desk = with_passwords(&installation).await;
    let store = queue(&installation).await;
    bury(&*store, &ids("transform:t", 1), "the lake is gone").await;
    let cookie = session(&desk, VIEWER).await;
    let page = Request::get(&desk.address, "/dead")
        .cookie("moodwire_session", &cookie)
        .send()
        .await;
    let fields = format!("token={}&ids=transform%3At00000", page.token());
    let by_form =
        Request::form(&desk.address, "/do/dead/retry", &fields).cookie("moodwire_session", &cookie);
    assert_eq!(by_form.send().await.status, 403);
    let document = "{\"ids\":[\"transform:t00000\"]}";
    let by_json = Request::json(&desk.address, "/api/v1/dead/retry", document);
    let refused = by_json
        .clone()
        .cookie("moodwire_session", &cookie)
        .send()
        .await;
    assert_eq!(refused.status, 403);
    // "viewer:" and the password, in Base64.
    let basic = by_json.clone().with(
        "Authorization",
        "Basic dmlld2VyOm9ubHkgZm9yIGxvb2tpbmcgYXQ=",
    );
    assert_eq!(basic.send().await.status, 403);
    assert_eq!(by_json.clone().send().await.status, 401);
    let forged = cookie.replacen("viewer", "admin", 1);
    assert_eq!(
        by_json
            .clone()
            .cookie("moodwire_session", &forged)
            .send()
            .await
            .status,
        401
    );
    let job = store.get("transform:t00000").await.unwrap().unwrap();
    assert_eq!(job.state, moodwire_queue::State::Dead);
    let admin = session(&desk, ADMIN).await;
    let done = by_json.cookie("moodwire_session", &admin).send().await;
    assert_eq!(done.status, 200, "{}", done.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_guesses_passwords_is_soon_refused() {
    let installation = empty().await;
    let desk = with_passwords(&installation).await;
    let mut statuses = Vec::new();
    for guess in 0..8 {
        let fields = format!("password=guess+number+{guess}");
        let answer = Request::form(&desk.address, "/login", &fields).send().await;
        if answer.status == 429 {
            assert!(answer.headers["retry-after"].parse::<u64>().unwrap() > 0);
            assert!(answer.body.contains("too many wrong passwords"));
        }
        statuses.push(answer.status);
    }
    assert_eq!(statuses, [401, 401, 401, 401, 401, 429, 429, 429]);
    // Nor is a program let guess on, nor is the right password taken now.
    let basic = Request::get(&desk.address, "/api/v1/now")
        .with("Authorization", "Basic YTpub3QgdGhlIHBhc3N3b3Jk");
    assert_eq!(basic.send().await.status, 429);
    let fields = format!("password={}", ADMIN.replace(' ', "+"));
    assert_eq!(
        Request::form(&desk.address, "/login", &fields)
            .send()
            .await
            .status,
        429
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_is_not_ours_changes_nothing() {
    let installation = empty().await;
    let desk = Desk::start(&installation, &["console"], &[]).await;
    let page = Request::get(&desk.address, "/sources").send().await;
    let (cookie, token) = (page.cookie("moodwire_session").unwrap(), page.token());
    let other = Request::get(&desk.address, "/sources").send().await;
    let pause = |token: &str| {
        let fields = format!("token={token}&kind=publish");
        Request::form(&desk.address, "/do/queue/pause", &fields).cookie("moodwire_session", &cookie)
    };
    for refused in [
        pause(""),
        pause("nonsense"),
        pause(&other.token()),
        pause(&token).cookie("moodwire_session", "nonsense"),
        pause(&token).with("Origin", "https://evil.example"),
        pause(&token).with("Origin", "null"),
        pause(&token).with("Sec-Fetch-Site", "cross-site"),
        pause(&token).with("Sec-Fetch-Site", "same-site"),
        Request::json(
            &desk.address,
            "/api/v1/queue/pause",
            "{\"kind\":\"publish\"}",
        )
        .with("Origin", "https://evil.example"),
    ] {
        let answer = refused.clone().send().await;
        assert_eq!(answer.status, 403, "{refused:?}");
    }
    // What a page of another site can send without asking.
    let plain = Request::json(
        &desk.address,
        "/api/v1/queue/pause",
        "{\"kind\":\"publish\"}",
    )
    .with("Content-Type", "text/plain");
    assert_eq!(plain.send().await.status, 415);
    let stats = installation.json(&["queue", "stats"]).await;
    assert_eq!(stats["publish"]["paused"], false);
    assert_eq!(pause(&token).send().await.status, 303);
    let stats = installation.json(&["queue", "stats"]).await;
    assert_eq!(stats["publish"]["paused"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn under_a_name_that_is_not_its_own_the_console_is_not_there() {
    let installation = empty().await;
    let desk = Desk::start(&installation, &["console"], &[]).await;
    let port = desk.address.rsplit_once(':').unwrap().1;
    for (path, host) in [
        ("/", "evil.example".to_owned()),
        ("/", format!("evil.example:{port}")),
        ("/api/v1/now", "127.0.0.1.evil.example".to_owned()),
        ("/healthz", "evil.example".to_owned()),
        ("/", String::new()),
    ] {
        let answer = Request::get(&desk.address, path)
            .with("Host", &host)
            .send()
            .await;
        assert_eq!(answer.status, 421, "{host}");
    }
    for host in [
        format!("localhost:{port}"),
        "LOCALHOST".to_owned(),
        format!("[::1]:{port}"),
    ] {
        let answer = Request::get(&desk.address, "/")
            .with("Host", &host)
            .send()
            .await;
        assert_eq!(answer.status, 200, "{host}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_password_ends_logins_and_a_page_that_was_left_open_says_so() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let installation = empty().await;
    let desk = with_passwords(&installation).await;
    let address = desk.address.clone();
    let page = browser.page().await;
    desk.open(&page, "/jobs").await;
    page.write("#password", VIEWER).await;
    page.press_and_follow("Enter").await;
    page.wait_for("Live, ").await;
    assert!(desk.terminate().await.success());
    let settings = [
        ("MOODWIRE_CONSOLE__ADMIN_PASSWORD", ADMIN),
        (
            "MOODWIRE_CONSOLE__VIEWER_PASSWORD",
            "another one to look with",
        ),
        ("MOODWIRE_CONSOLE__LISTEN", &address),
    ];
    let desk = Desk::start(&installation, &["console"], &settings).await;
    page.wait_for("You are no longer logged in: reload the page")
        .await;
    desk.open(&page, "/jobs").await;
    page.wait_for("Password").await;
}
