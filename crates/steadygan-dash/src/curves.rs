//! The curves of a run: all lines of `stats.jsonl` and `metrics.jsonl`, read as they grow and reduced to few points.

use crate::files::Stamp;
use crate::row::Row;
use serde::Serialize;
use std::path::Path;
use steadygan_run::{RunDirectory, Tail};

/// How much of a file is read at once, in bytes.
const PIECE_BYTES: u64 = 2 << 20;

/// The most numbers of one file that are kept in memory: 100,000 lines of stats take a tenth of it.
const MAX_NUMBERS_IN_FILE: usize = 12_000_000;

/// The most columns of a table, and tables of a file: far above any real ones.
const MAX_COLUMNS: usize = 64;
const MAX_TABLES: usize = 32;

/// Lines of one kind, column by column.
#[derive(Debug, Default)]
pub(crate) struct Table {
    kind: Option<String>,
    images: Vec<u64>,
    keys: Vec<String>,
    columns: Vec<Vec<f32>>,
}

impl Table {
    /// Adds a line unless it has fewer images than the last one. Returns whether it was added.
    fn push(&mut self, row: Row) -> bool {
        let rows = self.images.len();
        if self.images.last().is_some_and(|&last| last > row.images) {
            return false;
        }
        self.images.push(row.images);
        for (key, number) in row.numbers {
            let at = self.keys.iter().position(|known| *known == key).or_else(|| {
                (self.keys.len() < MAX_COLUMNS).then(|| {
                    self.keys.push(key);
                    self.columns.push(vec![f32::NAN; rows]);
                    self.keys.len() - 1
                })
            });
            if let Some(column) = at.map(|at| &mut self.columns[at]).filter(|column| column.len() == rows) {
                column.push(number);
            }
        }
        self.columns.iter_mut().for_each(|column| column.resize(rows + 1, f32::NAN));
        true
    }

    /// The lines between two counts of images, in at most about `points` points.
    ///
    /// More lines than that are cut into buckets of equal size, and each bucket becomes two points. There each curve
    /// has the bucket's minimum and maximum, in the order in which they came, so that no spike is lost.
    fn reduce(&self, [from, to]: [u64; 2], points: usize) -> ReducedTable<'_> {
        let begin = self.images.partition_point(|&images| images < from);
        let end = self.images.partition_point(|&images| images <= to).max(begin);
        let (rows, buckets) = (end - begin, (points / 2).max(1));
        let mut reduced =
            ReducedTable { kind: self.kind.as_deref(), rows, images: vec![], keys: &self.keys, columns: vec![] };
        if rows <= 2 * buckets {
            reduced.images = self.images[begin..end].to_vec();
            reduced.columns = self.columns.iter().map(|column| column[begin..end].to_vec()).collect();
            return reduced;
        }
        let bounds = |bucket: usize| begin + rows * bucket / buckets..begin + rows * (bucket + 1) / buckets;
        reduced.images =
            (0..buckets).map(bounds).flat_map(|b| [self.images[b.start], self.images[b.end - 1]]).collect();
        let extremes = |column: &Vec<f32>| (0..buckets).flat_map(|bucket| extremes(&column[bounds(bucket)])).collect();
        reduced.columns = self.columns.iter().map(extremes).collect();
        reduced
    }

    fn numbers(&self) -> usize {
        self.images.len() * (self.columns.len() + 2)
    }
}

/// The minimum and the maximum, in the order in which they come; NaN if there is no number.
fn extremes(values: &[f32]) -> [f32; 2] {
    let numbers = || values.iter().copied().enumerate().filter(|(_, value)| !value.is_nan());
    let least = numbers().min_by(|(_, a), (_, b)| a.total_cmp(b));
    let most = numbers().max_by(|(_, a), (_, b)| a.total_cmp(b));
    match (least, most) {
        (Some((at, least)), Some((then, most))) if at <= then => [least, most],
        (Some((_, least)), Some((_, most))) => [most, least],
        _ => [f32::NAN; 2],
    }
}

/// A part of a table, reduced to few points for a page.
#[derive(Debug, Serialize)]
pub(crate) struct ReducedTable<'a> {
    pub(crate) kind: Option<&'a str>,
    /// How many lines the points stand for.
    rows: usize,
    pub(crate) images: Vec<u64>,
    pub(crate) keys: &'a [String],
    pub(crate) columns: Vec<Vec<f32>>,
}

/// A file of numbers that is read as it grows.
#[derive(Debug)]
struct TableFile {
    tail: Tail<Row>,
    tables: Vec<Table>,
    skipped: u64,
    is_full: bool,
}

impl TableFile {
    fn new(path: &Path) -> Self {
        Self { tail: Tail::new(path), tables: Vec::new(), skipped: 0, is_full: false }
    }

    /// Reads the lines that were added since the last time.
    fn update(&mut self) {
        let mut more = Stamp::of_file(self.tail.path()).is_some();
        if !more {
            *self = Self::new(self.tail.path());
        }
        while more {
            // A file that cannot be read now may be readable later.
            let Ok(polled) = self.tail.poll_up_to(PIECE_BYTES) else { return };
            if polled.restarted {
                (self.tables, self.skipped, self.is_full) = (Vec::new(), 0, false);
            }
            self.skipped += polled.lines.skipped;
            for row in polled.lines.records {
                self.push(row);
            }
            more = polled.more;
        }
    }

    fn push(&mut self, row: Row) {
        self.is_full = self.is_full || self.numbers() > MAX_NUMBERS_IN_FILE;
        if self.is_full {
            return;
        }
        let found = self.tables.iter().position(|table| table.kind == row.kind);
        let at = found.or_else(|| {
            (self.tables.len() < MAX_TABLES).then(|| {
                self.tables.push(Table { kind: row.kind.clone(), ..Table::default() });
                self.tables.len() - 1
            })
        });
        let is_taken = at.is_some_and(|at| self.tables[at].push(row));
        self.skipped += u64::from(!is_taken);
    }

    fn numbers(&self) -> usize {
        self.tables.iter().map(Table::numbers).sum()
    }

    fn reduce(&self, span: [u64; 2], points: usize) -> Vec<ReducedTable<'_>> {
        self.tables.iter().map(|table| table.reduce(span, points)).collect()
    }

    fn notes(&self, file: &str) -> Vec<String> {
        let skipped = match self.skipped {
            0 => None,
            1 => Some(format!("1 line of {file} could not be read and was skipped")),
            more => Some(format!("{more} lines of {file} could not be read and were skipped")),
        };
        let full = self.is_full.then(|| format!("{file} is too long to be shown whole: its end is missing"));
        skipped.into_iter().chain(full).collect()
    }
}

/// The curves of one run.
#[derive(Debug)]
pub(crate) struct Curves {
    stats: TableFile,
    metrics: TableFile,
}

/// A run's curves, reduced to few points for a page.
#[derive(Debug, Serialize)]
pub(crate) struct ReducedCurves<'a> {
    pub(crate) stats: Vec<ReducedTable<'a>>,
    pub(crate) metrics: Vec<ReducedTable<'a>>,
    notes: Vec<String>,
}

impl Curves {
    pub(crate) fn of(run: &RunDirectory) -> Self {
        Self { stats: TableFile::new(&run.stats()), metrics: TableFile::new(&run.metrics()) }
    }

    /// Reads what has been written since the last time.
    pub(crate) fn update(&mut self) {
        self.stats.update();
        self.metrics.update();
    }

    /// How many numbers are kept, about four bytes each.
    pub(crate) fn numbers(&self) -> usize {
        self.stats.numbers() + self.metrics.numbers()
    }

    pub(crate) fn reduce(&self, span: [u64; 2], points: usize) -> ReducedCurves<'_> {
        ReducedCurves {
            stats: self.stats.reduce(span, points),
            metrics: self.metrics.reduce(span, points),
            notes: [self.stats.notes("stats.jsonl"), self.metrics.notes("metrics.jsonl")].concat(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn table(values: &[f32]) -> Table {
        let mut table = Table::default();
        for (at, &value) in values.iter().enumerate() {
            assert!(table.push(Row { images: 10 * at as u64, kind: None, numbers: vec![("loss".into(), value)] }));
        }
        table
    }

    const EVERYTHING: [u64; 2] = [0, u64::MAX];

    #[test]
    fn few_lines_stay_as_they_are() {
        let table = table(&[1.0, 2.0, 3.0, 4.0]);
        let reduced = table.reduce(EVERYTHING, 4);
        assert_eq!((reduced.images, &reduced.columns[0]), (vec![0, 10, 20, 30], &vec![1.0, 2.0, 3.0, 4.0]));
        let reduced = table.reduce([10, 25], 4);
        assert_eq!((reduced.rows, reduced.images), (2, vec![10, 20]));
        assert_eq!(table.reduce([25, 10], 4).rows, 0);
        assert_eq!(table.reduce([31, 99], 4).rows, 0);
    }

    #[test]
    fn a_bucket_keeps_minimum_and_maximum_in_their_order() {
        let reduced_of = |values: &[f32]| table(values).reduce(EVERYTHING, 4).columns[0].clone();
        assert_eq!(reduced_of(&[5.0, 1.0, 9.0, 5.0, 5.0, 9.0, 1.0, 5.0]), [1.0, 9.0, 9.0, 1.0]);
        let nan = f32::NAN;
        let reduced = reduced_of(&[nan, 2.0, nan, nan, nan, nan, nan, nan]);
        assert_eq!(reduced[..2], [2.0, 2.0]);
        assert!(reduced[2].is_nan() && reduced[3].is_nan());
        let table = table(&[0.0; 9]);
        let reduced = table.reduce(EVERYTHING, 4);
        assert_eq!((reduced.rows, reduced.images), (9, vec![0, 30, 40, 80]));
    }

    #[test]
    fn a_spike_survives_whatever_the_number_of_points() {
        let mut values = vec![1.0; 10_000];
        values[7_777] = 50.0;
        let table = table(&values);
        for points in [0, 1, 2, 100, 1000, 9_999] {
            let reduced = table.reduce(EVERYTHING, points);
            assert!(reduced.images.len() <= points.max(2));
            assert!(reduced.columns[0].contains(&50.0), "{points}");
            assert!(reduced.images.is_sorted());
        }
    }

    #[test]
    fn a_key_that_comes_later_or_not_always_has_gaps() {
        let mut table = Table::default();
        let row = |images, key: &str| Row { images, kind: None, numbers: vec![(key.into(), 1.0), (key.into(), 2.0)] };
        assert!(table.push(row(1, "a")) && table.push(row(2, "b")) && table.push(row(2, "a")));
        assert!(!table.push(row(1, "a")), "it has fewer images than the last line");
        let shown: Vec<Vec<bool>> =
            table.columns.iter().map(|column| column.iter().map(|value| *value == 1.0).collect()).collect();
        assert_eq!(shown, [[true, false, true], [false, true, false]]);
    }

    #[test]
    fn files_are_followed_through_growth_cutting_back_and_removal() {
        let place = tempfile::tempdir().unwrap();
        let run = RunDirectory::create(place.path(), "a").unwrap();
        let mut curves = Curves::of(&run);
        let mut images = || {
            curves.update();
            let reduced = curves.reduce(EVERYTHING, 100);
            (reduced.stats.into_iter().flat_map(|table| table.images).collect::<Vec<_>>(), reduced.notes)
        };
        assert_eq!(images(), (vec![], vec![]));
        let line = |images: u64| format!("{{\"images\":{images},\"loss_d\":1}}\n");
        fs::write(run.stats(), format!("{}nonsense\n{}{{\"imag", line(1), line(2))).unwrap();
        let note = vec!["1 line of stats.jsonl could not be read and was skipped".to_owned()];
        assert_eq!(images(), (vec![1, 2], note));
        fs::write(run.stats(), [line(1), line(3), line(4), line(5)].concat()).unwrap();
        assert_eq!(images(), (vec![1, 3, 4, 5], vec![]));
        fs::remove_dir_all(run.path()).unwrap();
        assert_eq!(images(), (vec![], vec![]));
    }

    #[test]
    fn metrics_are_told_apart_by_their_names() {
        let place = tempfile::tempdir().unwrap();
        let run = RunDirectory::create(place.path(), "a").unwrap();
        let lines =
            "{\"images\":1,\"modes\":3}\n{\"images\":1,\"metric\":\"kd\",\"value\":0.5}\n{\"images\":2,\"modes\":4}\n";
        fs::write(run.metrics(), lines).unwrap();
        let mut curves = Curves::of(&run);
        curves.update();
        let reduced = serde_json::to_value(curves.reduce(EVERYTHING, 100)).unwrap();
        let expected = serde_json::json!([
            { "kind": null, "rows": 2, "images": [1, 2], "keys": ["modes"], "columns": [[3.0, 4.0]] },
            { "kind": "kd", "rows": 1, "images": [1], "keys": ["value"], "columns": [[0.5]] },
        ]);
        assert_eq!(reduced["metrics"], expected);
    }
}
