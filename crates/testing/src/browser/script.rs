//! Questions to a page in its own language, and waiting until one is answered with yes.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::Page;

/// How long anything may take; only a failure waits as long.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// How often a page is asked.
pub(super) const ASK: Duration = Duration::from_millis(25);

impl Page {
    /// The value of an expression; of a promise, what it comes to.
    ///
    /// # Panics
    /// If it throws.
    pub async fn evaluate(&self, expression: &str) -> Value {
        match self.try_evaluate(expression).await {
            Ok(value) => value,
            Err(error) => panic!("{expression}: {error}"),
        }
    }

    /// Waits until an expression is true, on this page or on the one that follows it.
    ///
    /// # Panics
    /// If it does not become true.
    pub async fn wait(&self, condition: &str) {
        self.wait_at_most(condition, PATIENCE).await;
    }

    /// The same, for as long as is said.
    ///
    /// # Panics
    /// If it does not become true.
    pub async fn wait_at_most(&self, condition: &str, patience: Duration) {
        let until = Instant::now() + patience;
        let mut ticks = interval(ASK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut last = Ok(Value::Null);
        while Instant::now() < until {
            ticks.tick().await;
            // While one page makes way for another there is nobody to ask.
            last = self.try_evaluate(&format!("Boolean({condition})")).await;
            if last == Ok(Value::Bool(true)) {
                return;
            }
        }
        let page = "location.href + '\\n' + document.body.innerText.slice(0, 4000)";
        panic!(
            "it did not come to this: {condition} ({last:?})\n{}\n{:#?}",
            self.try_evaluate(page)
                .await
                .unwrap_or_default()
                .as_str()
                .unwrap_or_default(),
            self.seen().errors
        );
    }

    /// Waits until the page shows this text.
    pub async fn wait_for(&self, text: &str) {
        self.wait(&format!(
            "document.body.innerText.includes({})",
            json!(text)
        ))
        .await;
    }

    /// The text that is shown at the first place of a selector; empty where there is none.
    pub async fn text(&self, selector: &str) -> String {
        let text = self
            .evaluate(&format!(
                "document.querySelector({})?.innerText ?? ''",
                json!(selector)
            ))
            .await;
        text.as_str().unwrap_or_default().to_owned()
    }

    /// How many places a selector has.
    pub async fn count(&self, selector: &str) -> u64 {
        let count = self
            .evaluate(&format!(
                "document.querySelectorAll({}).length",
                json!(selector)
            ))
            .await;
        count.as_u64().unwrap_or_default()
    }

    /// Runs a script before any of the page's own, from the next load on.
    pub async fn run_at_start(&self, script: &str) {
        self.tell(
            "Page.addScriptToEvaluateOnNewDocument",
            // In a scope of its own: what it declares is not to stand in the way of what the page finds.
            json!({ "source": format!("(() => {{ {script} }})()") }),
        )
        .await;
    }

    pub(super) async fn try_evaluate(&self, expression: &str) -> Result<Value, String> {
        let question =
            json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let mut answer = self.ask("Runtime.evaluate", question).await?;
        match answer.get("exceptionDetails") {
            None => Ok(answer["result"]["value"].take()),
            Some(details) => Err(match details["exception"]["description"].as_str() {
                Some(thrown) => thrown.to_owned(),
                None => details["text"].to_string(),
            }),
        }
    }
}
