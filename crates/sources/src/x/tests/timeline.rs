//! Tests of timelines: accounts are looked up once, and each is read on its own.

use serde_json::{Value, json};
use wiremock::{
    Mock, ResponseTemplate,
    matchers::{path, query_param},
};

use super::{LOOKUP, Server, USERS, id, ids, list, meter::Meter, post, user};

/// What a timeline is asked to bring along, in the older dialect.
const EXPANSIONS: &str = "author_id,referenced_tweets.id,referenced_tweets.id.author_id";

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

#[tokio::test]
async fn a_timeline_whose_expansions_are_refused_is_read_without_and_originals_are_looked_up() {
    let server = server("tweet").await;
    server.gives(USERS, &[], found()).await;
    let refusal = json!({
        "errors": [{
            "message": "The `expansions` query parameter value [author_id] is not one of [pinned_tweet_id]",
            "parameters": {"expansions": ["author_id"]},
        }],
        "title": "Invalid Request",
    });
    let refusal = ResponseTemplate::new(400).set_body_json(refusal);
    for timeline in [ADA, BOB] {
        let asked = Mock::given(path(timeline)).and(query_param("expansions", EXPANSIONS));
        asked
            .respond_with(refusal.clone())
            .mount(&server.http)
            .await;
    }
    let mut repost = post(&id(5));
    repost["text"] = json!("RT @eve: The whole…");
    repost["referenced_tweets"] = json!([{"type": "retweeted", "id": id(60)}]);
    let own = post(&id(7));
    let bare = |posts: &[Value]| {
        let body = json!({"data": posts, "meta": {"result_count": posts.len()}});
        ResponseTemplate::new(200).set_body_json(body)
    };
    server
        .gives(ADA, &[("-expansions", "")], bare(&[repost, own]))
        .await;
    server.gives(BOB, &[("-expansions", "")], bare(&[])).await;
    let mut original = post(&id(60));
    original["text"] = json!("The whole text");
    server
        .gives(LOOKUP, &[("ids", &id(60))], list(&[original], None))
        .await;
    let pages = server.pass(&Value::Null).await;
    let posts: Vec<_> = pages.iter().flat_map(|page| &page.posts).collect();
    let said: Vec<_> = posts
        .iter()
        .map(|post| (&*post.author, post.text.clone()))
        .collect();
    assert_eq!(
        said,
        [
            ("ada", format!("Nice {}", id(7))),
            ("ada", "The whole text".to_owned())
        ]
    );
    // Refused once, not once for each account.
    let requests = server.requests().await;
    let refused = requests.iter().filter(|request| {
        let mut asked = request.url.query_pairs();
        request.url.path() != LOOKUP && asked.any(|(_, value)| value == EXPANSIONS)
    });
    assert_eq!(refused.count(), 1);
}
