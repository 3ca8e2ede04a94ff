//! Files of labels beside images.

use super::images::load;
use crate::Reader;
use crate::reader::PLAIN;

/// Two images, which the files in the corpus label.
const LABELLED: Reader = Reader {
    text: true,
    beside: &[
        ("images/one.png", include_bytes!("../../corpus/image/grey.png")),
        ("images/two.png", include_bytes!("../../corpus/image/bits.png")),
    ],
    read: |path| load(path.parent().expect("its folder")),
    ..PLAIN
};

pub(crate) const STYLEGAN: Reader = Reader { name: "dataset-json", file: "images/dataset.json", ..LABELLED };

pub(crate) const JSON_LINES: Reader = Reader { name: "metadata-jsonl", file: "images/metadata.jsonl", ..LABELLED };

pub(crate) const CSV: Reader = Reader { name: "metadata-csv", file: "images/metadata.csv", ..LABELLED };

/// The label of one image; without the other's the labels are refused.
pub(crate) const WEB_DATASET: Reader = Reader {
    name: "cls",
    file: "images/one.cls",
    beside: &[
        ("images/one.png", include_bytes!("../../corpus/image/grey.png")),
        ("images/two.png", include_bytes!("../../corpus/image/bits.png")),
        ("images/two.cls", b"7"),
    ],
    ..LABELLED
};
