//! Every page in both themes, on a desk and on a phone: nothing is cut off; and pictures of each for the documentation.

use std::path::PathBuf;

use moodwire_testing::Browser;

use super::scene::scene;

/// A desk's, and a phone's.
const WIDTHS: [(u32, &str); 2] = [(1280, "desk"), (390, "phone")];

/// The highest picture, in pixels.
const HIGHEST: u32 = 1600;

/// How far the page is wider than its window, and what sticks out of it.
const TOO_WIDE: &str = "(() => { const over = document.documentElement.scrollWidth - screen.width;
    return over <= 0 ? '' : over + ' px: ' + [...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > screen.width + 1
        && !one.closest('.scroll')).slice(0, 3).map((one) => one.outerHTML.slice(0, 120)).join(' | '); })()";

#[tokio::test(flavor = "multi_thread")]
async fn no_page_is_wider_than_its_window_in_any_theme_on_a_desk_or_a_phone() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let folder = std::env::var_os("MOODWIRE_SCREENSHOTS").map(PathBuf::from);
    if let Some(folder) = &folder {
        std::fs::create_dir_all(folder).unwrap();
    }
    let scene = scene().await;
    let page = browser.page().await;
    let mut wide = Vec::new();
    for (width, window) in WIDTHS {
        page.resize(width).await;
        for dark in [false, true] {
            page.prefer_dark(dark).await;
            for (name, path) in &scene.pages {
                scene.desk.open(&page, path).await;
                let over = page.evaluate(TOO_WIDE).await;
                if over != "" {
                    wide.push(format!("{path} at {width} px: {over}"));
                }
                // A phone's in one theme: they differ in nothing but colours.
                if let Some(folder) = folder.as_ref().filter(|_| width == WIDTHS[0].0 || !dark) {
                    let theme = if dark { "dark" } else { "light" };
                    let file = match window {
                        "phone" => format!("{name}-phone.webp"),
                        _ => format!("{name}-{theme}.webp"),
                    };
                    std::fs::write(folder.join(file), page.picture(HIGHEST).await).unwrap();
                }
            }
        }
    }
    assert!(wide.is_empty(), "{wide:#?}");
}
