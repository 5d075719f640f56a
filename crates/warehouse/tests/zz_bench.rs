//! temp
#![expect(clippy::unwrap_used, reason = "x")]
use moodwire_model::*;
use moodwire_warehouse::*;
use std::time::*;
fn posts(base: i64, n: i64, hours: i64) -> Vec<ScoredPost> {
    (0..n).map(|i| {
        let created = chrono::DateTime::from_timestamp(1_700_000_000 + (base + i) % hours * 3600 + i, 0).unwrap();
        ScoredPost { post: Post { key: PostKey::from_stored(format!("x:{}", base + i)), network: "x".into(), author: "ada".into(), author_name: Some("Ada L".into()),
            text: "Bitcoin is going to the moon, they said; lovely day for it anyway, isn't it? ".repeat(2), url: Some("https://x.com/a/1".into()), lang: Some("en".into()),
            created_at: created, collected_at: created, hour: Hour::of(created), actors: vec!["bitcoin".into()], raw: "{}".into() },
            score: Score { neg: 0.1, neu: 0.2, pos: 0.7, compound: (i % 2000) as f64 / 1e4, scorer: "vader-3.3.2".into() }, scored_at: created, batch: "01J".into() }
    }).collect()
}
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bench() {
    let folder = tempfile::tempdir().unwrap();
    let pg = format!(
        "{}/{}",
        moodwire_testing::postgres().unwrap(),
        std::env::var("BENCH_DB").unwrap()
    );
    for url in [format!("sqlite://{}/m.db", folder.path().display()), pg] {
        let w = Warehouse::connect(&url).await.unwrap();
        w.migrate_up().await.unwrap();
        let mut times = Vec::new();
        for b in 0..40 {
            let p = posts(b * 500, 500, 2);
            let t = Instant::now();
            w.upsert(&p).await.unwrap();
            times.push(t.elapsed());
        }
        times.sort();
        println!(
            "{} upsert new 500: min {:?} median {:?} max {:?}",
            w.place(),
            times[0],
            times[20],
            times[39]
        );
        let p = posts(0, 500, 2);
        let t = Instant::now();
        w.upsert(&p).await.unwrap();
        println!("  update 500 {:?}", t.elapsed());
        let p = posts(1_000_000, 500, 500);
        let t = Instant::now();
        w.upsert(&p).await.unwrap();
        println!("  new in 500 hours {:?}", t.elapsed());
        for b in 0..17 {
            w.upsert(&posts(2_000_000 + b * 500, 500, 8760))
                .await
                .unwrap();
        }
        let far: Hour = "2030-01-01T00".parse().unwrap();
        for _ in 0..2 {
            let t = Instant::now();
            let n = w.hours_with_posts(None, far).await.unwrap().len();
            println!("  {n} hours with posts {:?}", t.elapsed());
        }
        let h = Hour::of(chrono::DateTime::from_timestamp(1_700_000_000, 0).unwrap());
        let t = Instant::now();
        let d = w.digest(h).await.unwrap();
        println!("  digest of {} {:?}", d.summary.posts, t.elapsed());
        let t = Instant::now();
        let n = w
            .unpublished(&["a".into()], None, far, far)
            .await
            .unwrap()
            .len();
        println!("  unpublished {n} {:?}", t.elapsed());
        let from =
            Hour::of(chrono::DateTime::from_timestamp(1_700_000_000 - 23 * 3600, 0).unwrap());
        let t = Instant::now();
        let n = w
            .unpublished(&["a".into()], Some(from), h.next(), from)
            .await
            .unwrap()
            .len();
        println!("  unpublished 24h {n} {:?}", t.elapsed());
        let t = Instant::now();
        for _ in 0..100 {
            let Claim::Claimed(p) = w
                .claim(
                    h,
                    "c",
                    "a",
                    chrono::DateTime::from_timestamp(0, 0).unwrap(),
                    Duration::from_secs(9),
                    true,
                )
                .await
                .unwrap()
            else {
                panic!()
            };
            let _ = p;
        }
        println!("  claim {:?}", t.elapsed() / 100);
    }
}
