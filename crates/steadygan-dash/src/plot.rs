//! A run's curves as one SVG file, for papers and slides.

use crate::catalogue::{self, ChartEntry};
use crate::curves::{Curves, ReducedCurves, ReducedTable};
use crate::error::DashboardError;
use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use std::collections::BTreeMap;
use steadygan_run::RunDirectory;

/// The width of the file and the height of a row of plots, in pixels. Both are twice the size at which they are meant
/// to be seen, because the library rounds lines to whole pixels.
const WIDTH: u32 = 2080;
const ROW: u32 = 560;
const COLUMNS: usize = 2;

/// The most points of a curve: two for each pixel of a plot's width.
const POINTS: usize = 2000;

/// Room around a plot and for the numbers along its axes, in pixels.
const MARGIN: u32 = 28;
const BELOW: u32 = 56;
const BESIDE: u32 = 112;

/// Sizes of titles and of all other text, the width of a curve, and the length of its sample in the legend, in pixels.
const TITLE: u32 = 34;
const TEXT: u32 = 26;
const LINE: u32 = 3;
const PIECE: i32 = 36;

/// The free space above and below the curves, as a share of the values' range, and the free space above for a legend.
const FREE: f64 = 0.05;
const FREE_FOR_NAMES: f64 = 0.35;

/// The colours of a plot's curves, the same as in the dashboard.
const COLOURS: [RGBColor; 2] = [RGBColor(0x2b, 0x6c, 0xb0), RGBColor(0xc6, 0x5a, 0x2e)];
const MUTED: RGBColor = RGBColor(0x78, 0x73, 0x6b);
const RULE: RGBColor = RGBColor(0xe7, 0xe3, 0xdc);

/// The plot of a metric and the plot of the modes: the key and name of each curve.
const METRIC: &[(&str, &str)] = &[("value", "fakes"), ("floor", "reals (floor)")];
const MODES: &[(&str, &str)] = &[("modes", "found"), ("of", "there are")];

/// One plot with one or several curves.
struct Panel<'a> {
    title: String,
    images: &'a [u64],
    curves: Vec<(&'a str, &'a [f32])>,
}

/// Plots a run's metrics, losses, logits, diversity and gradient norms over the real images trained on, as SVG; `None`
/// if the run has none of them.
///
/// # Errors
///
/// The plotting library fails.
pub fn curves_svg(run: &RunDirectory) -> Result<Option<String>, DashboardError> {
    let mut curves = Curves::of(run);
    curves.update();
    let reduced = curves.reduce([0, u64::MAX], POINTS);
    let charts: Vec<ChartEntry> = catalogue::charts().into_iter().filter(|chart| chart.svg).collect();
    let names = catalogue::names();
    let panels = panels(&reduced, &charts, &names);
    if panels.is_empty() {
        return Ok(None);
    }
    let mut svg = String::new();
    draw(&panels, &mut svg).map_err(|error| DashboardError::no_report(run.path(), &error.to_string()))?;
    Ok(Some(svg))
}

fn panels<'a>(
    curves: &'a ReducedCurves<'_>,
    charts: &'a [ChartEntry],
    names: &'a BTreeMap<String, String>,
) -> Vec<Panel<'a>> {
    let metrics = curves.metrics.iter().filter_map(|table| match table.kind {
        Some(kind) => panel(table, kind, METRIC),
        None => panel(table, "Modes", MODES),
    });
    // The only curve of a plot needs no name.
    let name =
        |chart: &ChartEntry, key: &str| names.get(key).filter(|_| chart.keys.len() > 1).map_or("", String::as_str);
    let panel_of = |table: &'a ReducedTable<'_>, chart: &'a ChartEntry| {
        let keys: Vec<_> = chart.keys.iter().map(|key| (key.as_str(), name(chart, key))).collect();
        panel(table, &chart.title, &keys)
    };
    let stats = curves.stats.iter().flat_map(|table| charts.iter().filter_map(move |chart| panel_of(table, chart)));
    metrics.chain(stats).collect()
}

/// The plot of the columns with these keys; `None` if the table has no values for them.
fn panel<'a>(table: &'a ReducedTable<'_>, title: &str, keys: &[(&str, &'a str)]) -> Option<Panel<'a>> {
    let column = |key: &str| table.keys.iter().position(|other| other == key).map(|at| &table.columns[at][..]);
    let curve = |(key, name): &(&str, &'a str)| {
        let values = column(key).filter(|values| values.iter().any(|value| value.is_finite()))?;
        Some((*name, values))
    };
    let curves: Vec<_> = keys.iter().filter_map(curve).collect();
    (!curves.is_empty()).then(|| Panel { title: title.to_owned(), images: &table.images, curves })
}

type DrawingError = DrawingAreaErrorKind<std::io::Error>;

fn draw(panels: &[Panel<'_>], svg: &mut String) -> Result<(), DrawingError> {
    let rows = panels.len().div_ceil(COLUMNS);
    let area = SVGBackend::with_string(svg, (WIDTH, ROW * rows as u32)).into_drawing_area();
    area.fill(&WHITE)?;
    let places = area.split_evenly((rows, COLUMNS));
    for (panel, place) in panels.iter().zip(&places) {
        panel.draw(place)?;
    }
    area.present()
}

impl Panel<'_> {
    fn draw(&self, place: &DrawingArea<SVGBackend<'_>, Shift>) -> Result<(), DrawingError> {
        let last = self.images.last().map_or(1.0, |&images| images as f64).max(1.0);
        let [low, high] = self.range();
        let mut chart = ChartBuilder::on(place)
            .caption(&self.title, ("sans-serif", TITLE))
            .margin(MARGIN)
            .x_label_area_size(BELOW)
            .y_label_area_size(BESIDE)
            .build_cartesian_2d(0.0..last, low..high)?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(RULE)
            .axis_style(MUTED)
            .label_style(("sans-serif", TEXT))
            .x_labels(6)
            .y_labels(5)
            .x_label_formatter(&|images| short(*images))
            .y_label_formatter(&|value| short(*value))
            .draw()?;
        for (at, (name, values)) in self.curves.iter().enumerate() {
            self.draw_curve(&mut chart, name, values, COLOURS[at % COLOURS.len()])?;
        }
        if self.curves.len() > 1 {
            let mut names = chart.configure_series_labels();
            names
                .position(SeriesLabelPosition::UpperRight)
                .label_font(("sans-serif", TEXT))
                .legend_area_size(PIECE + PIECE / 2)
                .draw()?;
        }
        Ok(())
    }

    /// Draws a curve with a gap wherever it has no value.
    fn draw_curve<'a>(
        &self,
        chart: &mut ChartContext<'a, SVGBackend<'_>, Cartesian2d<RangedCoordf64, RangedCoordf64>>,
        name: &str,
        values: &[f32],
        colour: RGBColor,
    ) -> Result<(), DrawingError> {
        let points: Vec<(f64, f64)> =
            self.images.iter().zip(values).map(|(&images, &value)| (images as f64, f64::from(value))).collect();
        let parts = points.split(|(_, value)| !value.is_finite()).filter(|part| !part.is_empty());
        for (at, part) in parts.enumerate() {
            let series = chart.draw_series(LineSeries::new(part.iter().copied(), colour.stroke_width(LINE)))?;
            if at == 0 && !name.is_empty() {
                series
                    .label(name)
                    .legend(move |(x, y)| PathElement::new([(x, y), (x + PIECE, y)], colour.stroke_width(LINE)));
            }
        }
        Ok(())
    }

    /// The range of all values, with some free space.
    fn range(&self) -> [f64; 2] {
        let values =
            || self.curves.iter().flat_map(|(_, values)| values.iter().copied()).filter(|value| value.is_finite());
        let (low, high) = (values().fold(f32::INFINITY, f32::min), values().fold(f32::NEG_INFINITY, f32::max));
        let (low, high) = (f64::from(low), f64::from(high));
        let free = if high > low { FREE * (high - low) } else { FREE * high.abs().max(1.0) };
        let above = if self.curves.len() > 1 { FREE_FOR_NAMES / FREE * free } else { free };
        [low - free, high + above]
    }
}

/// 128000 → `128k`, in at most three digits.
fn short(value: f64) -> String {
    let units = [(1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, "")];
    let &(unit, letter) = units.iter().find(|(unit, _)| value.abs() >= *unit).unwrap_or(&(1.0, ""));
    let text = format!("{:.3}", value / unit);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { format!("{text}{letter}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn curves_are_lines_broken_where_there_is_no_value() {
        let place = tempfile::tempdir().unwrap();
        let run = RunDirectory::create(place.path(), "a").unwrap();
        assert!(curves_svg(&run).unwrap().is_none());
        let line = |images: u64, loss: &str| format!("{{\"images\":{images},\"loss_d\":{loss},\"loss_g\":1}}\n");
        let lines = [line(10, "1"), line(20, "2"), line(30, "null"), line(40, "3"), line(50, "4"), "{\"ima".to_owned()];
        fs::write(run.stats(), lines.concat()).unwrap();
        let metric = "{\"images\":10,\"metric\":\"<script>\",\"value\":0.5,\"floor\":0.1}\n{\"images\":20,\"metric\":\"<script>\",\"value\":0.4,\"floor\":0.1}\n";
        fs::write(run.metrics(), metric).unwrap();
        let svg = curves_svg(&run).unwrap().unwrap();
        // Two lines for the metric and its floor, two parts of one loss, one part of the other, and four in the
        // legends.
        let lines = svg.matches("<polyline").count();
        assert!(lines >= 9, "{lines}");
        assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
        assert!(svg.contains("discriminator") && svg.contains("reals (floor)"));
        assert!(!svg.contains("<script>") && svg.contains("&lt;script&gt;"));
        assert!(!svg.contains("NaN") && !svg.contains("href") && !svg.contains("@import"));
    }

    #[test]
    fn numbers_are_short() {
        let shown = [0.0, 0.25, -1.5, 1000.0, 128_000.0, 2.5e6, -0.0001].map(short);
        assert_eq!(shown, ["0", "0.25", "-1.5", "1k", "128k", "2.5M", "0"]);
    }
}
