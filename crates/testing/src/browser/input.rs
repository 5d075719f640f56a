//! What somebody does at a page with a mouse and a keyboard.

use serde_json::{Value, json};
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::{
    Page,
    script::{ASK, PATIENCE},
};

/// A page that is left keeps this mark, and the one that follows has none.
const LEAVE: &str = "globalThis.left = true";

/// Where the place of a selector is, what lies there on top, and a mark of what the next click hits.
const AIM: &str = "(selector) => {
    const one = document.querySelector(selector);
    if (!one) return null;
    globalThis.clicking?.abort();
    globalThis.clicking = new AbortController();
    globalThis.clicked = 'nothing';
    for (const kind of ['mousedown', 'click']) addEventListener(kind, (event) => {
        const hit = document.querySelector(selector)?.contains(event.target);
        globalThis.clicked = hit ? kind : 'missed';
        if (!hit) { event.preventDefault(); event.stopImmediatePropagation(); }
    }, { capture: true, once: true, signal: globalThis.clicking.signal });
    one.scrollIntoView({ block: 'center', behavior: 'instant' });
    const box = one.getClientRects()[0] ?? one.getBoundingClientRect();
    const x = box.x + box.width / 2, y = box.y + box.height / 2, top = document.elementFromPoint(x, y);
    return { x, y, hit: one.contains(top), top: top?.outerHTML.slice(0, 200) };
}";

impl Page {
    /// Clicks the middle of the first place of a selector, once it is there. Where the page moves under the mouse meanwhile,
    /// what was hit instead hears nothing of it, and the place is clicked where it is now.
    ///
    /// # Panics
    /// If it does not come, or something lies over it, or it never holds still.
    pub async fn click(&self, selector: &str) {
        let selector = json!(selector);
        let until = Instant::now() + PATIENCE;
        let mut tries = interval(ASK);
        tries.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while Instant::now() < until {
            tries.tick().await;
            self.wait(&format!("document.querySelector({selector})"))
                .await;
            let aim = format!("({AIM})({selector})");
            let Value::Object(place) = self.evaluate(&aim).await else {
                continue;
            };
            assert_eq!(
                place["hit"], true,
                "{selector} cannot be clicked: {}",
                place["top"]
            );
            for (kind, buttons) in [("mouseMoved", 0), ("mousePressed", 1), ("mouseReleased", 0)] {
                let event = json!({
                    "type": kind, "x": place["x"], "y": place["y"], "button": if kind == "mouseMoved" { "none" } else { "left" },
                    "buttons": buttons, "clickCount": i32::from(kind != "mouseMoved"),
                });
                self.tell("Input.dispatchMouseEvent", event).await;
            }
            // A page that has not been painted yet is given no click; one that the click led to knows of none. Where scripts
            // are off nothing is heard, and nothing moves.
            let missed = if self.runs_scripts() {
                "['nothing', 'mousedown', 'missed'].includes(globalThis.clicked)"
            } else {
                "false"
            };
            if self.try_evaluate(missed).await != Ok(Value::Bool(true)) {
                return;
            }
        }
        panic!("{selector} was never hit");
    }

    /// Clicks what leads to another page, and waits for that.
    pub async fn follow(&self, selector: &str) {
        self.wait(&format!("document.querySelector({})", json!(selector)))
            .await;
        self.evaluate(LEAVE).await;
        self.click(selector).await;
        self.arrive().await;
    }

    /// Presses a key that leads to another page, and waits for that.
    pub async fn press_and_follow(&self, key: &str) {
        self.evaluate(LEAVE).await;
        self.press(key).await;
        self.arrive().await;
    }

    async fn arrive(&self) {
        self.wait("!globalThis.left && document.readyState === 'complete'")
            .await;
    }

    /// Presses a key: one that writes, or `Enter`, `Escape`, `Tab`.
    pub async fn press(&self, key: &str) {
        let text = match key {
            "Enter" => Some("\r"),
            key if key.chars().count() == 1 => Some(key),
            _ => None,
        };
        let code = match key {
            "Enter" => 13,
            "Escape" => 27,
            "Tab" => 9,
            _ => 0,
        };
        let mut down = json!({ "type": "keyDown", "key": key, "windowsVirtualKeyCode": code });
        if let Some(text) = text {
            down["text"] = text.into();
        }
        self.tell("Input.dispatchKeyEvent", down).await;
        let up = json!({ "type": "keyUp", "key": key, "windowsVirtualKeyCode": code });
        self.tell("Input.dispatchKeyEvent", up).await;
    }

    /// Writes into the field of a selector, in place of what is there.
    pub async fn write(&self, selector: &str, text: &str) {
        self.click(selector).await;
        self.evaluate(&format!(
            "document.querySelector({}).select()",
            json!(selector)
        ))
        .await;
        self.tell("Input.insertText", json!({ "text": text })).await;
    }

    /// Chooses one of a field's options, by its value.
    pub async fn choose(&self, selector: &str, value: &str) {
        let (selector, value) = (json!(selector), json!(value));
        self.evaluate(&format!(
            "(() => {{ const one = document.querySelector({selector}); one.value = {value}; one.dispatchEvent(new Event('change', {{ bubbles: true }})); }})()"
        ))
        .await;
    }
}
