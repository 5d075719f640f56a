//! The chart's letters, each at the fraction of a pixel where it belongs. Plotters draws letters without the space that the
//! font has before each, so that "moyen" looks like "m oyen".

use ab_glyph::{Font, FontRef, OutlinedGlyph, PxScale, ScaleFont, point};
use plotters::style::{Color, RGBColor};

use super::draw::{Area, Drawn, pixel};

/// Roboto Regular (Apache License 2.0), Latin letters and digits only.
static FONT: &[u8] = include_bytes!("roboto-subset.ttf");

/// Which point of a line of text stands at its place; its height there is the middle of a capital letter.
#[derive(Debug, Clone, Copy)]
pub(super) enum Anchor {
    Left,
    Middle,
    Right,
}

/// How letters look.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    /// The line's height, in pixels.
    pub(super) size: f32,
    pub(super) colour: RGBColor,
    pub(super) anchor: Anchor,
}

/// Writes a line of text.
pub(super) fn write(area: &Area<'_>, text: &str, (x, y): (i32, i32), style: Style) -> Drawn {
    let font = FontRef::try_from_slice(FONT)?;
    let (letters, width) = set(&font, text, style.size);
    let left = match style.anchor {
        Anchor::Left => 0.0,
        Anchor::Middle => width / 2.0,
        Anchor::Right => width,
    };
    let (left, capital) = (pixel(left.into()), capital(&font, style.size));
    for letter in letters {
        let corner = letter.px_bounds().min;
        let (from_x, from_y) = (pixel(corner.x.into()), pixel(corner.y.into()));
        let mut covered = Vec::new();
        letter.draw(|x, y, share| covered.push((x, y, share)));
        for (across, down, share) in covered {
            let place = (
                x - left + from_x + i32::try_from(across)?,
                y + capital / 2 + from_y + i32::try_from(down)?,
            );
            area.draw_pixel(place, &style.colour.mix(share.clamp(0.0, 1.0).into()))?;
        }
    }
    Ok(())
}

/// The letters on a line that begins at the origin, and how long it is.
fn set(font: &FontRef<'_>, text: &str, size: f32) -> (Vec<OutlinedGlyph>, f32) {
    let scale = PxScale::from(size);
    let scaled = font.as_scaled(scale);
    let (mut letters, mut pen, mut before) = (Vec::new(), 0.0, None);
    for c in text.chars() {
        let id = font.glyph_id(c);
        pen += before.map_or(0.0, |before| scaled.kern(before, id));
        let letter = id.with_scale_and_position(scale, point(pen, 0.0));
        letters.extend(font.outline_glyph(letter));
        pen += scaled.h_advance(id);
        before = Some(id);
    }
    (letters, pen)
}

/// How high a capital letter stands, in pixels.
fn capital(font: &FontRef<'_>, size: f32) -> i32 {
    let (letters, _) = set(font, "H", size);
    letters
        .first()
        .map_or(0, |letter| pixel(letter.px_bounds().height().into()))
}
