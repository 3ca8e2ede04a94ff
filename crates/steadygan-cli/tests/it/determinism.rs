//! The same seed gives the same bytes.

use crate::command::train;
use crate::pictures::workplace;
use crate::run_files::{assert_equal, checkpoint};

#[test]
fn a_run_repeated_leaves_the_same_bytes_and_another_seed_others() {
    let folder = workplace();
    let first = train(folder.path(), "tiny.toml");
    assert_equal(&first, &train(folder.path(), "tiny.toml --quiet"));
    let other = train(folder.path(), "tiny.toml --seed 1");
    assert_ne!(checkpoint(&first), checkpoint(&other));
}

/// The networks and the batch are large enough that the work is split between threads.
#[test]
fn the_number_of_threads_changes_no_bit() {
    let folder = workplace();
    let large = "tiny.toml --quiet --batch 16 --set data.size=32 --set model.width=16";
    let one = train(folder.path(), &format!("{large} --threads 1"));
    for threads in [2, 3] {
        assert_equal(&one, &train(folder.path(), &format!("{large} --threads {threads}")));
    }
}
