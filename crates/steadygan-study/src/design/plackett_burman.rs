//! The two-level designs of Plackett and Burman 1946 ("The design of optimum multifactorial experiments", Biometrika 33).

/// The first row of each design, as printed in their paper. Each further row is the one above it, rotated right by one,
/// and the last row is all minus.
const GENERATORS: [&str; 5] =
    ["+++-+--", "++-+++---+-", "++++-+-++--+---", "++--++++-+-+----++-", "+++++-+-++--++--+-+----"];

/// The number of factors that the largest design takes.
pub(super) const MAX_FACTORS: usize = GENERATORS[GENERATORS.len() - 1].len();

/// The first `factors` columns of the smallest design that has so many, with `true` for plus. `None` if there are too
/// many factors.
pub(super) fn signs(factors: usize) -> Option<Vec<Vec<bool>>> {
    let generator = GENERATORS.into_iter().find(|generator| generator.len() >= factors)?;
    let first: Vec<bool> = generator.bytes().map(|sign| sign == b'+').collect();
    let columns = first.len();
    let shifted = |by: usize| (0..factors).map(|column| first[(columns + column - by) % columns]).collect();
    Some((0..columns).map(shifted).chain([vec![false; factors]]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of twelve runs, as reprinted by R. Plasun (dissertation, TU Wien 1999, table 3.6).
    #[test]
    fn twelve_runs_are_the_published_table() {
        let table = [
            "++-+++---+-",
            "-++-+++---+",
            "+-++-+++---",
            "-+-++-+++--",
            "--+-++-+++-",
            "---+-++-+++",
            "+---+-++-++",
            "++---+-++-+",
            "+++---+-++-",
            "-+++---+-++",
            "+-+++---+-+",
            "-----------",
        ];
        let written = |row: &Vec<bool>| row.iter().map(|on| if *on { '+' } else { '-' }).collect::<String>();
        assert_eq!(signs(11).unwrap().iter().map(written).collect::<Vec<_>>(), table);
    }

    /// The 3rd and 13th of the twenty runs in GenStat's table, and the number of runs for each number of factors.
    #[test]
    fn other_sizes_shift_the_same_way() {
        let row = |signs: &[bool]| signs.iter().map(|on| if *on { '+' } else { '-' }).collect::<String>();
        let twenty = signs(19).unwrap();
        assert_eq!(row(&twenty[2]), "+-++--++++-+-+----+");
        assert_eq!(row(&twenty[12]), "+-+-+----++-++--+++");
        let sizes = [1, 7, 8, 11, 12, 15, 16, 19, 20, 23].map(|factors| signs(factors).unwrap().len());
        assert_eq!(sizes, [8, 8, 12, 12, 16, 16, 20, 20, 24, 24]);
        assert_eq!(signs(24), None);
    }

    #[test]
    fn columns_are_balanced_and_orthogonal() {
        for factors in [7, 11, 15, 19, 23] {
            let rows = signs(factors).unwrap();
            let sign = |row: &Vec<bool>, column: usize| if row[column] { 1 } else { -1 };
            for a in 0..factors {
                assert_eq!(rows.iter().map(|row| sign(row, a)).sum::<i32>(), 0);
                for b in 0..a {
                    assert_eq!(
                        rows.iter().map(|row| sign(row, a) * sign(row, b)).sum::<i32>(),
                        0,
                        "{factors}: {a} and {b}"
                    );
                }
            }
        }
    }
}
