//! perf
mod conformance;
use conformance::*;
use std::time::Instant;
#[tokio::test]
async fn perf() {
    let folder = tempfile::tempdir().unwrap();
    let raw = r#"{"id":"1","text":"hello","public_metrics":{"like_count":3,"a":[1,2,3,{"b":0.25}]},"entities":{"urls":[{"start":1,"end":2,"url":"https://example.com/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}],"mentions":[{"a":1},{"b":2},{"c":"ddddddddddddd"}]},"pad":"PAD"}"#.replace("PAD",&"x".repeat(2000));
    for url in [format!("sqlite://{}/m.db", folder.path().display()), "mongodb://127.0.0.1:27117/lake_tmp_perf".to_owned()] {
        let lake = moodwire_lake::open(&url).await.unwrap();
        for b in 0..6u32 {
            let posts: Vec<_> = (0..500).map(|n| { let mut p = post(&format!("{b}-{n}")); p.raw = raw.clone(); p }).collect();
            let t = Instant::now();
            lake.open_batch(&batch(b, &["2026-11-23T16"])).await.unwrap();
            let t1 = t.elapsed();
            lake.insert_posts(&batch_id(b), &posts).await.unwrap();
            let t2 = t.elapsed();
            lake.posts(&batch_id(b)).await.unwrap();
            let t3 = t.elapsed();
            lake.totals().await.unwrap();
            println!("{} open {:?} insert {:?} read {:?} totals {:?}", &url[..7], t1, t2-t1, t3-t2, t.elapsed()-t3);
        }
    }
}
#[tokio::test]
async fn many() {
    let Ok(_) = std::env::var("MANY") else { return };
    let c = mongodb::Client::with_uri_str("mongodb://127.0.0.1:27117/lake_tmp_perf").await.unwrap();
    let lake = moodwire_lake::open("mongodb://127.0.0.1:27117/lake_tmp_perf").await.unwrap();
    let coll = c.default_database().unwrap().collection::<mongodb::bson::Document>("posts");
    for b in 0..100 {
        coll.insert_many((0..10000).map(|n| mongodb::bson::doc!{"_id": format!("x:{b}:{n}"), "batch": format!("b{}", n/500), "text":"x"}).collect::<Vec<_>>()).await.unwrap();
    }
    let t = Instant::now();
    println!("{:?} {:?}", lake.totals().await.unwrap(), t.elapsed());
    let t = Instant::now();
    println!("{:?}", t.elapsed());
    c.default_database().unwrap().drop().await.unwrap();
}
