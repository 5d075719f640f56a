//! The Lua scripts: each transition is one of them, so that it happens whole or not at all.

use std::sync::LazyLock;

use redis::Script;

use crate::Attempt;

/// Every script, with the prelude before it.
#[derive(Debug)]
pub(super) struct Scripts {
    pub(super) enqueue: Lua,
    pub(super) fetch: Lua,
    pub(super) due: Lua,
    pub(super) renew: Lua,
    pub(super) expired: Lua,
    pub(super) settle: Lua,
    pub(super) retry: Lua,
    pub(super) discard: Lua,
    pub(super) prune: Lua,
    pub(super) pause: Lua,
    pub(super) stats: Lua,
    pub(super) rows: Lua,
    pub(super) page: Lua,
    pub(super) ids: Lua,
    pub(super) groups: Lua,
    pub(super) clear: Lua,
    pub(super) run_now: Lua,
    pub(super) remove_waiting: Lua,
    pub(super) announce: Lua,
    pub(super) withdraw: Lua,
    pub(super) processes: Lua,
}

/// One script.
#[derive(Debug)]
pub(super) struct Lua {
    /// What Redis runs.
    pub(super) code: String,
    /// The name that Redis knows it by once it has seen it.
    pub(super) hash: String,
}

/// The scripts of this program.
pub(super) static SCRIPTS: LazyLock<Scripts> = LazyLock::new(|| Scripts {
    enqueue: lua(include_str!("scripts/enqueue.lua")),
    fetch: lua(include_str!("scripts/fetch.lua")),
    due: lua(include_str!("scripts/due.lua")),
    renew: lua(include_str!("scripts/renew.lua")),
    expired: lua(include_str!("scripts/expired.lua")),
    settle: lua(include_str!("scripts/settle.lua")),
    retry: lua(include_str!("scripts/retry.lua")),
    discard: lua(include_str!("scripts/discard.lua")),
    prune: lua(include_str!("scripts/prune.lua")),
    pause: lua(include_str!("scripts/pause.lua")),
    stats: lua(include_str!("scripts/stats.lua")),
    rows: lua(include_str!("scripts/rows.lua")),
    page: lua(include_str!("scripts/page.lua")),
    ids: lua(include_str!("scripts/ids.lua")),
    groups: lua(include_str!("scripts/groups.lua")),
    clear: lua(include_str!("scripts/clear.lua")),
    run_now: lua(include_str!("scripts/run_now.lua")),
    remove_waiting: lua(include_str!("scripts/remove_waiting.lua")),
    announce: lua(include_str!("scripts/announce.lua")),
    withdraw: lua(include_str!("scripts/withdraw.lua")),
    processes: lua(include_str!("scripts/processes.lua")),
});

fn lua(body: &str) -> Lua {
    let prelude = include_str!("scripts/prelude.lua");
    let code = format!("local KEPT = {}\n{prelude}{body}", Attempt::KEPT);
    let hash = Script::new(&code).get_hash().to_owned();
    Lua { code, hash }
}
