//! The schema's way up and down.

use futures::future::join_all;

use super::{Ground, post};

pub(crate) async fn migrations_go_down_and_up_again(ground: Ground) {
    let warehouse = &ground.warehouse;
    let names: Vec<String> = warehouse
        .migrations()
        .await
        .unwrap()
        .into_iter()
        .map(|migration| migration.name)
        .collect();
    warehouse
        .upsert(&[post("x:1", "10:01:00", 0.5)])
        .await
        .unwrap();

    // Back to before the first that adds to `posts`: what is undone after it, newest first, comes back in order.
    let kept = names.iter().position(|name| name.contains("versions"));
    let after = &names[kept.unwrap()..];
    let undone = u32::try_from(after.len()).unwrap();
    let mut undone = warehouse.migrate_down(undone).await.unwrap();
    undone.reverse();
    assert_eq!(undone, after);
    assert!(warehouse.totals().await.is_err());
    assert_eq!(warehouse.migrate_up().await.unwrap(), after);
    assert_eq!(warehouse.totals().await.unwrap().posts, 1);

    let mut undone = warehouse.migrate_down(100).await.unwrap();
    undone.reverse();
    assert_eq!(undone, names);
    assert!(
        warehouse
            .migrations()
            .await
            .unwrap()
            .iter()
            .all(|known| !known.applied)
    );
    assert!(warehouse.migrate_down(1).await.unwrap().is_empty());
    assert_eq!(warehouse.migrate_up().await.unwrap(), names);
    assert_eq!(warehouse.totals().await.unwrap().posts, 0);
    warehouse
        .upsert(&[post("x:1", "10:01:00", 0.5)])
        .await
        .unwrap();
}

pub(crate) async fn of_many_processes_that_migrate_at_once_one_does(ground: Ground) {
    let all = ground.warehouse.migrate_down(100).await.unwrap().len();
    let mut processes = Vec::new();
    for _ in 0..6 {
        processes.push(ground.another().await);
    }
    let ups = processes
        .into_iter()
        .map(|warehouse| tokio::spawn(async move { warehouse.migrate_up().await.unwrap().len() }));
    let mut applied: Vec<usize> = join_all(ups)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    applied.sort_unstable();
    assert_eq!(applied, [0, 0, 0, 0, 0, all]);
}

pub(crate) async fn preparing_a_schema_that_is_up_to_date_changes_nothing(ground: Ground) {
    ground
        .warehouse
        .upsert(&[post("x:1", "10:01:00", 0.5)])
        .await
        .unwrap();
    ground.warehouse.prepare().await.unwrap();
    assert!(ground.warehouse.migrate_up().await.unwrap().is_empty());
    assert_eq!(ground.warehouse.totals().await.unwrap().posts, 1);
}
