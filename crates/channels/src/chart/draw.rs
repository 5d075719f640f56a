//! The chart's pixels, drawn with a font of its own, so that every machine draws the same.

use std::error::Error;

use chrono::Timelike;
use moodwire_model::Hour;
use plotters::{
    backend::BitMapBackend,
    coord::Shift,
    drawing::{DrawingArea, IntoDrawingArea},
    element::{PathElement, Rectangle},
    style::{Color, RGBColor, ShapeStyle},
};

use super::{
    SIZE,
    letters::{Anchor, Style, write},
};
use crate::words::Language;

pub(super) type Area<'a> = DrawingArea<BitMapBackend<'a>, Shift>;
pub(super) type Drawn<T = ()> = Result<T, Box<dyn Error>>;

/// The ground is that of an embed in Discord's dark theme.
const GROUND: RGBColor = RGBColor(0x2b, 0x2d, 0x31);
const GRID: RGBColor = RGBColor(0x3f, 0x42, 0x48);
const AXIS: RGBColor = RGBColor(0x80, 0x84, 0x8e);
const INK: RGBColor = RGBColor(0xdb, 0xde, 0xe1);
const UP: RGBColor = RGBColor(0x2e, 0xcc, 0x71);
const DOWN: RGBColor = RGBColor(0xe7, 0x4c, 0x3c);

/// Where the bars stand, in pixels.
const LEFT: i32 = 70;
const RIGHT: i32 = 780;
const TOP: i32 = 60;
const BOTTOM: i32 = 280;
/// Between two bars.
const GAP: i32 = 6;

/// Three bytes a pixel, row by row.
pub(super) fn draw(
    bars: &[(Hour, Option<f64>)],
    title: &str,
    language: Language,
) -> Drawn<Vec<u8>> {
    let (width, height) = SIZE;
    let mut pixels = vec![0; usize::try_from(width * height * 3)?];
    {
        let area = BitMapBackend::with_buffer(&mut pixels, SIZE).into_drawing_area();
        area.fill(&GROUND)?;
        write(&area, title, (LEFT, 28), text(22.0, INK, Anchor::Left))?;
        let scale = Scale::of(bars);
        grid(&area, &scale, language)?;
        for (place, (hour, mean)) in bars.iter().enumerate() {
            let slot = Slot::of(place, bars.len());
            bar(&area, &scale, &slot, *mean)?;
            if hour.start().hour() % 6 == 0 {
                label(&area, &slot, *hour)?;
            }
        }
        axis(&area, &scale)?;
        area.present()?;
    }
    Ok(pixels)
}

/// What the upper and lower end of the chart stand for: the least of these that no bar passes.
struct Scale {
    most: f64,
}

impl Scale {
    fn of(bars: &[(Hour, Option<f64>)]) -> Self {
        let tallest = bars
            .iter()
            .filter_map(|(_, mean)| *mean)
            .fold(0.0, |tallest: f64, mean| tallest.max(mean.abs()));
        let most = [0.25, 0.5].into_iter().find(|most| tallest <= *most);
        Self {
            most: most.unwrap_or(1.0),
        }
    }

    fn y(&self, mean: f64) -> i32 {
        let middle = f64::from(TOP + BOTTOM) / 2.0;
        let half = f64::from(BOTTOM - TOP) / 2.0;
        pixel(middle - mean / self.most * half)
    }
}

/// Where a bar stands, from left to right.
struct Slot {
    left: i32,
    right: i32,
}

impl Slot {
    fn of(place: usize, count: usize) -> Self {
        let edge = |place: usize| {
            LEFT + pixel(f64::from(RIGHT - LEFT) * place as f64 / count.max(1) as f64)
        };
        Self {
            left: edge(place) + GAP / 2,
            right: edge(place + 1) - GAP / 2,
        }
    }
}

fn grid(area: &Area<'_>, scale: &Scale, language: Language) -> Drawn {
    for step in [-1.0, -0.5, 0.5, 1.0, 0.0] {
        let value = step * scale.most;
        let y = scale.y(value);
        area.draw(&line(vec![(LEFT, y), (RIGHT, y)], GRID))?;
        let style = text(16.0, AXIS, Anchor::Right);
        write(area, &tick(value, language), (LEFT - 10, y), style)?;
    }
    Ok(())
}

fn axis(area: &Area<'_>, scale: &Scale) -> Drawn {
    let y = scale.y(0.0);
    Ok(area.draw(&line(vec![(LEFT, y), (RIGHT, y)], AXIS))?)
}

fn bar(area: &Area<'_>, scale: &Scale, slot: &Slot, mean: Option<f64>) -> Drawn {
    let Some(mean) = mean else { return Ok(()) };
    let colour = if mean < 0.0 { DOWN } else { UP };
    let (from, to) = (scale.y(0.0), scale.y(mean));
    let corners = [
        (slot.left, from.min(to)),
        // A mean of nought is seen as well.
        (slot.right, from.max(to).max(from.min(to) + 1)),
    ];
    Ok(area.draw(&Rectangle::new(corners, colour.filled()))?)
}

fn label(area: &Area<'_>, slot: &Slot, hour: Hour) -> Drawn {
    let middle = i32::midpoint(slot.left, slot.right);
    let label = hour.start().format("%H:%M").to_string();
    write(
        area,
        &label,
        (middle, BOTTOM + 17),
        text(16.0, AXIS, Anchor::Middle),
    )
}

fn tick(value: f64, language: Language) -> String {
    let shown = match value {
        0.0 => "0".to_owned(),
        value => format!("{value:+.3}")
            .trim_end_matches('0')
            .trim_end_matches('.')
            .to_owned(),
    };
    match language {
        Language::En => shown,
        Language::Fr => shown.replace('.', ","),
    }
}

fn line(points: Vec<(i32, i32)>, colour: RGBColor) -> PathElement<(i32, i32)> {
    PathElement::new(points, ShapeStyle::from(colour.mix(1.0)))
}

fn text(size: f32, colour: RGBColor, anchor: Anchor) -> Style {
    Style {
        size,
        colour,
        anchor,
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the chart is a few hundred pixels wide; what is no number becomes 0"
)]
pub(super) fn pixel(at: f64) -> i32 {
    at.round() as i32
}
