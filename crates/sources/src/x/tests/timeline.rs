//! Tests of timelines: accounts are looked up once, and each is read on its own.

use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::{Server, USERS, id, ids, list, meter::Meter, post, user};

const ADA: &str = "/2/users/7/tweets";
const BOB: &str = "/2/users/8/tweets";

async fn server(dialect: &'static str) -> Server {
    Server::with(|settings| {
        settings.mode = Some("timeline".to_owned());
        settings.dialect = Some(dialect.to_owned());
        settings.accounts = vec!["@Bob".to_owned(), "gone".to_owned()];
    })
    .await
}

fn found() -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({
        "data": [user("7", "Ada"), user("8", "bob")],
        "errors": [{"value": "gone", "title": "Not Found Error", "type": "https://api.x.com/2/problems/resource-not-found"}],
    }))
}

#[tokio::test]
async fn accounts_are_looked_up_once_and_read_each_from_its_own_newest_post() {
    for dialect in ["post", "tweet"] {
        let server = server(dialect).await;
        server
            .gives(USERS, &[("usernames", "ada,bob,gone")], found())
            .await;
        server
            .gives(
                ADA,
                &[("-pagination_token", "")],
                list(&[post(&id(5))], Some("a")),
            )
            .await;
        server
            .gives(
                ADA,
                &[("pagination_token", "a")],
                list(&[post(&id(9))], None),
            )
            .await;
        server.gives(BOB, &[], list(&[post(&id(7))], None)).await;
        let pages = server.pass(&Value::Null).await;
        assert_eq!(ids(&pages), [id(5), id(9), id(7)]);
        let last = &pages.last().unwrap().position;
        assert_eq!(last["newest"], json!({"ada": id(5), "bob": id(7)}));
        assert_eq!(last["users"], json!({"ada": "7", "bob": "8"}));

        // Only the one that X does not know is asked for again.
        server.http.reset().await;
        server.gives(USERS, &[("usernames", "gone")], found()).await;
        let (ada, bob) = (id(5), id(7));
        server
            .gives(ADA, &[("since_id", &ada)], list(&[], None))
            .await;
        server
            .gives(BOB, &[("since_id", &bob)], list(&[], None))
            .await;
        assert!(ids(&server.pass(last).await).is_empty());
    }
}

#[tokio::test]
async fn an_account_that_is_not_shown_keeps_no_other_out() {
    let hidden = json!({"errors": [{"title": "Authorization Error", "type": "https://api.x.com/2/problems/not-authorized-for-resource"}]});
    for answer in [
        ResponseTemplate::new(404),
        ResponseTemplate::new(200).set_body_json(hidden),
    ] {
        let server = server("post").await;
        server.gives(USERS, &[], found()).await;
        server.gives(ADA, &[], answer).await;
        server.gives(BOB, &[], list(&[post(&id(7))], None)).await;
        let pages = server.pass(&Value::Null).await;
        assert_eq!(ids(&pages), [id(7)]);
        assert_eq!(pages.last().unwrap().position["users"], json!({"bob": "8"}));
    }
}

#[tokio::test]
async fn accounts_that_x_does_not_know_at_all_end_the_pass() {
    let server = server("post").await;
    let errors = json!({"errors": [{"title": "Not Found Error"}]});
    server
        .gives(USERS, &[], ResponseTemplate::new(200).set_body_json(errors))
        .await;
    let pages = server.pass(&Value::Null).await;
    assert!(ids(&pages).is_empty() && pages[0].end);
}

#[tokio::test]
async fn without_users_the_owner_of_a_timeline_is_known_all_the_same() {
    let server = Server::with(|settings| {
        settings.mode = Some("timeline".to_owned());
        settings.users = Some(false);
    })
    .await;
    server.gives(USERS, &[], found()).await;
    let bare = json!({"data": [{"id": id(5), "text": "a"}], "meta": {"result_count": 1}});
    server
        .gives(
            ADA,
            &[("-user.fields", "")],
            ResponseTemplate::new(200).set_body_json(bare),
        )
        .await;
    let meter = Meter::of(301);
    let first = server.paid(&Value::Null, &meter).await.unwrap();
    // Of the one that was asked for, X gave two.
    assert_eq!(meter.left(), 299);
    let page = server.paid(&first.position, &meter).await.unwrap();
    assert_eq!(page.posts[0].author, "ada");
    assert_eq!(
        page.posts[0].url,
        Some(format!("https://x.com/ada/status/{}", id(5)))
    );
    assert_eq!(meter.left(), 298);
}
