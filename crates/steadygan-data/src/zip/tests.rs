use std::io::Write;

use super::super::testing::{files, folder, loaded, plan, png, refused};
use super::super::{Dataset, load};
use flate2::write::DeflateEncoder;

/// A file to put into an archive. [`File::new`] makes a valid one; tests change its fields.
#[derive(Clone)]
pub(in super::super) struct File {
    name: Vec<u8>,
    content: Vec<u8>,
    method: u16,
    flags: u16,
    mode: u32,
    /// The size that the directory announces.
    announced: u32,
}

impl File {
    pub(in super::super) fn new(name: &str, content: &[u8]) -> Self {
        let announced = content.len() as u32;
        Self { name: name.into(), content: content.to_vec(), method: 8, flags: 0, mode: 0o100_644, announced }
    }
}

/// A ZIP archive of these files (APPNOTE.TXT 4.3).
pub(in super::super) fn zip(files: &[File]) -> Vec<u8> {
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for file in files {
        let packed = if file.method == 8 { deflate(&file.content) } else { file.content.clone() };
        let mut crc = flate2::Crc::new();
        crc.update(&file.content);
        let mut common = [20, file.flags, file.method, 0, 0].map(u16::to_le_bytes).concat();
        common.extend([crc.sum(), packed.len() as u32, file.announced].map(u32::to_le_bytes).concat());
        common.extend([file.name.len() as u16, 0].map(u16::to_le_bytes).concat());
        directory.extend(b"PK\x01\x02\x14\x03");
        directory.extend(&common);
        directory.extend([0; 6]);
        directory.extend((file.mode << 16).to_le_bytes());
        directory.extend((archive.len() as u32).to_le_bytes());
        directory.extend(&file.name);
        archive.extend(b"PK\x03\x04");
        archive.extend(common);
        archive.extend(&file.name);
        archive.extend(packed);
    }
    let count = (files.len() as u16).to_le_bytes();
    let (start, length) = ((archive.len() as u32).to_le_bytes(), (directory.len() as u32).to_le_bytes());
    archive.extend(directory);
    archive.extend(b"PK\x05\x06\0\0\0\0");
    archive.extend([count, count].concat());
    archive.extend([length, start].concat());
    archive.extend([0; 2]);
    archive
}

fn deflate(content: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// The eight images and one more file.
fn with(file: File) -> Vec<u8> {
    let mut all: Vec<File> = files().iter().map(|(name, content)| File::new(name, content)).collect();
    all.push(file);
    zip(&all)
}

fn sound() -> File {
    File::new("bag/notes.txt", b"eight images")
}

/// The data set with an empty name, so that data sets of different names compare equal.
fn content(data: Dataset) -> Dataset {
    Dataset { name: String::new(), ..data }
}

#[test]
fn a_zip_is_the_folder() {
    let folder = folder();
    let from_folder = content(load(&plan(folder.path())).unwrap());
    assert_eq!((from_folder.train.count(), from_folder.class_names.join(" ").as_str()), (8, "bag shoe"));
    assert_eq!(content(loaded("set.zip", &with(sound())).unwrap()), from_folder);
    // Recognised by content; files stored, in one folder, with the extra files that macOS adds.
    let mut all: Vec<File> = files().iter().map(|(name, png)| File::new(&format!("set/{name}"), png)).collect();
    all.iter_mut().for_each(|file| file.method = 0);
    all.push(File::new("__MACOSX/set/bag/._9.png", b"nothing"));
    all.push(File { method: 0, ..File::new("set/", b"") });
    assert_eq!(content(loaded("set", &zip(&all)).unwrap()), from_folder);
}

#[test]
fn names_that_are_no_utf_8_stay_apart() {
    let file = |folder: &[u8], at| File { name: [folder, b"/1.png"].concat(), ..File::new("", &png(at)) };
    let data = loaded("a.zip", &zip(&[file(b"\x8c\xa2", 1), file(b"\x92\xb9", 2)])).unwrap();
    assert_eq!((data.train.count(), data.class_names.join(" ")), (2, "\\x8C\\xA2 \\x92\\xB9".to_owned()));
}

#[test]
fn labels_and_empty_folders_count_and_runs_are_refused() {
    let labels = |name: &str, content: &str| with(File::new(name, content.as_bytes()));
    let rows: String = files().iter().zip(0..).map(|((name, _), at)| format!("{name},{}\n", at % 3)).collect();
    let data = loaded("a.zip", &labels("metadata.csv", &format!("file_name,label\n{rows}"))).unwrap();
    assert_eq!(data.class_names, ["0", "1", "2"]);
    let data = loaded("a.zip", &with(File { method: 0, ..File::new("emu/", b"") })).unwrap();
    assert_eq!((data.class_names.len(), data.warnings), (2, vec!["emu holds no image that can be read".to_owned()]));
    let run = with(File::new("runs/1/plan.json", b"{}"));
    assert_eq!(loaded("a.zip", &run).unwrap().train.count(), 8);
    let all = ["manifest.json", "plan.json"].map(|name| File::new(&format!("runs/1/{name}"), b"{}"));
    let images = files().into_iter().map(|(name, content)| File::new(&name, &content));
    let (error, hint) = refused("a.zip", &zip(&images.chain(all).collect::<Vec<_>>()));
    assert_eq!(error, "a.zip holds the folder of a run, runs/1, whose pictures are no data");
    assert_eq!(hint, "make the archive again without it");
}

#[test]
fn names_that_leave_the_archive_and_links_are_refused() {
    let remake = "make the archive again from inside the folder of images";
    for name in ["../evil.png", "bag/../../evil.png", "..\\evil.png"] {
        let (error, hint) = refused("a.zip", &with(File::new(name, &png(1))));
        assert_eq!((error, hint.as_str()), (format!("a.zip names a path outside of itself: {name:?}"), remake));
    }
    for name in ["/tmp/evil.png", "C:\\evil.png"] {
        let (error, hint) = refused("a.zip", &with(File::new(name, &png(1))));
        assert_eq!((error, hint.as_str()), (format!("a.zip names an absolute path: {name:?}"), remake));
    }
    let link = File { mode: 0o120_777, method: 0, ..File::new("bag/link.png", b"/etc/passwd") };
    assert_eq!(refused("a.zip", &with(link)).0, "a.zip holds a link, \"bag/link.png\"");
    let pipe = File { mode: 0o010_644, ..sound() };
    assert_eq!(refused("a.zip", &with(pipe)).0, "a.zip holds a special file, \"bag/notes.txt\"");
}

#[test]
fn what_cannot_be_opened_is_said() {
    let (error, hint) = refused("a.zip", &with(File { flags: 1, ..sound() }));
    assert_eq!(error, "a.zip is encrypted: \"bag/notes.txt\" needs a password");
    assert_eq!(hint, "unpack it with its password and give the folder");
    let (error, hint) = refused("a.zip", &with(File { method: 12, ..sound() }));
    assert_eq!(error, "a.zip holds \"bag/notes.txt\", compressed by BZIP2");
    assert_eq!(hint, "make the archive again, stored or deflated (the usual methods)");
    let (error, hint) = refused("a.zip", &with(File::new("inner.zip", &zip(&[]))));
    assert_eq!(error, "a.zip holds another archive: \"inner.zip\"");
    assert_eq!(hint, "unpack it and give the inner archive or the folder");
    assert_eq!(refused("a.zip", &with(File::new("bag/9.png", &png(1)))).0, "a.zip holds \"bag/9.png\" twice");
    assert_eq!(refused("a.zip", &zip(&[sound()])).0, "a.zip holds no images");
    assert_eq!(refused("a.zip", &zip(&[])).0, "a.zip holds no images");
}

#[test]
fn bombs_are_refused_by_the_directory() {
    // One file that announces 4 GiB; then 65 files that announce 1 MiB each.
    let one = File { announced: u32::MAX, ..File::new("bag/0.png", &png(1)) };
    let (error, hint) = refused("a.zip", &zip(&[one]));
    assert_eq!(error, "a.zip unpacks to more than 64 MiB, 100 times its size or more than any archive may");
    assert_eq!(hint, "if it can be trusted, unpack it and give the folder");
    let many: Vec<File> =
        (0..65).map(|at| File { announced: 1 << 20, ..File::new(&format!("{at}.png"), b"") }).collect();
    assert!(refused("a.zip", &zip(&many)).0.starts_with("a.zip unpacks to more than 64 MiB"));
    // A file that unpacks to more than it announces is an error.
    let liar = File { announced: 100, ..File::new("0.png", &vec![0; 1 << 20]) };
    let (error, _) = refused("a.zip", &zip(&[liar]));
    assert!(error.starts_with("1 of 1 images in a.zip cannot be read: 0.png cannot be read: "), "{error}");
}

#[test]
fn a_zip_cut_anywhere_is_an_error_never_a_panic() {
    let whole = zip(&[File::new("a.png", &png(1)), File::new("b.png", &png(2))]);
    assert_eq!(loaded("a.zip", &whole).unwrap().train.count(), 2);
    for cut in 0..whole.len() {
        let (error, hint) = refused("a.zip", &whole[..cut]);
        assert!(error.starts_with("a.zip cannot be read as a ZIP archive: "), "cut at {cut}: {error}");
        assert_eq!(hint, "the file may be cut short or damaged: fetch it or make it again");
    }
    // A flipped bit in an image is noticed by the checksum.
    let mut flipped = whole.clone();
    flipped[60] ^= 1;
    assert!(refused("a.zip", &flipped).0.starts_with("1 of 2 images in a.zip cannot be read: a.png "));
}
