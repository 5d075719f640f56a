//! Panics as retries: the message, and the backtrace of where it happened.

use std::{
    any::Any, backtrace::Backtrace, cell::RefCell, future::Future, panic::AssertUnwindSafe,
    sync::Once,
};

use futures::FutureExt;

thread_local! {
    static BACKTRACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs a future; a panic in it becomes an `Err` with message, place and backtrace.
pub(super) async fn caught<T>(future: impl Future<Output = T>) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let place = info.location().map_or_else(String::new, |place| {
                format!(" at {}:{}", place.file(), place.line())
            });
            let backtrace = Backtrace::force_capture();
            BACKTRACE.set(Some(format!("{place}\n{backtrace}")));
            previous(info);
        }));
    });
    // The panic is caught within the poll in which it happened, hence on the thread whose hook has just run.
    AssertUnwindSafe(future)
        .catch_unwind()
        .await
        .map_err(|payload| {
            let trace = BACKTRACE.take().unwrap_or_default();
            format!("panicked: {}{trace}", message(&*payload))
        })
}

fn message(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("with a value that is no text")
}
