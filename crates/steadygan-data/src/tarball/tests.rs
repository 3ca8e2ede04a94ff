use std::io::Write;

use flate2::write::GzEncoder;
use tar::{Builder, Header};

use super::super::testing::{files, folder, loaded, plan, png, refused};
use super::super::{Dataset, load};
use super::*;

/// A header with exactly this name, even a name that the `tar` crate would refuse.
fn header(name: &str, kind: EntryType, bytes: u64) -> Header {
    let mut header = Header::new_ustar();
    header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(kind);
    header.set_size(bytes);
    header.set_mode(0o644);
    header.set_cksum();
    header
}

fn add(archive: &mut Builder<Vec<u8>>, name: &str, content: &[u8]) {
    archive.append(&header(name, EntryType::Regular, content.len() as u64), content).unwrap();
}

/// An archive of the eight images and of what `more` adds.
fn with(more: impl FnOnce(&mut Builder<Vec<u8>>)) -> Vec<u8> {
    let mut archive = Builder::new(Vec::new());
    for (name, content) in files() {
        add(&mut archive, &format!("./{name}"), &content);
    }
    more(&mut archive);
    archive.into_inner().unwrap()
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// The data set with an empty name, so that data sets of different names compare equal.
fn content(data: Dataset) -> Dataset {
    Dataset { name: String::new(), ..data }
}

#[test]
fn a_tar_is_the_folder() {
    let folder = folder();
    let from_folder = content(load(&plan(folder.path())).unwrap());
    let archive = with(|archive| {
        add(archive, "notes.txt", b"eight images");
        add(archive, ".hidden/1.png", &png(1));
        archive.append(&header("bag/", EntryType::Directory, 0), &b""[..]).unwrap();
    });
    for (name, archive) in [("a.tar", &archive), ("a", &archive), ("a.tgz", &gzip(&archive)), ("b", &gzip(&archive))] {
        assert_eq!(content(loaded(name, archive).unwrap()), from_folder, "{name}");
    }
    let long = format!("{}/1.png", "folder".repeat(40));
    let mut archive = Builder::new(Vec::new());
    add(&mut archive, "other/1.png", &png(2));
    let png = png(1);
    let mut header = header("", EntryType::Regular, png.len() as u64);
    archive.append_data(&mut header, &long, &png[..]).unwrap();
    let data = loaded("a.tar", &archive.into_inner().unwrap()).unwrap();
    assert_eq!(data.class_names, ["folder".repeat(40), "other".to_owned()]);
}

#[test]
fn samples_of_web_dataset_have_classes_and_runs_are_refused() {
    let mut archive = Builder::new(Vec::new());
    for number in 0..4_u8 {
        add(&mut archive, &format!("{number:06}.png"), &png(number));
        add(&mut archive, &format!("{number:06}.cls"), format!("{}\n", 7 + number % 2).as_bytes());
    }
    let whole = archive.into_inner().unwrap();
    let data = loaded("a.tar", &whole).unwrap();
    assert_eq!((data.images().classes, data.class_names.join(" ")), (Some(vec![0, 1, 0, 1]), "7 8".to_owned()));
    let run = with(|archive| {
        add(archive, "runs/1/manifest.json", b"{}");
        add(archive, "runs/1/recipe.toml", b"");
    });
    let (error, _) = refused("a.tar", &run);
    assert!(error.ends_with("a.tar holds the folder of a run, runs/1, whose pictures are no data"), "{error}");
}

#[test]
fn a_folder_around_everything_is_no_class() {
    let folder = tempfile::tempdir().unwrap();
    let (mut tar, mut zipped) = (Builder::new(Vec::new()), Vec::new());
    for number in 0..3 {
        let (name, png) = (format!("{number}.png"), png(number));
        std::fs::write(folder.path().join(&name), &png).unwrap();
        add(&mut tar, &format!("photos/{name}"), &png);
        zipped.push(super::super::zip::tests::File::new(&format!("photos/{name}"), &png));
    }
    let from_folder = content(load(&plan(folder.path())).unwrap());
    assert_eq!((from_folder.images().classes, from_folder.class_names.len()), (None, 0));
    assert_eq!(content(loaded("photos.tar", &tar.into_inner().unwrap()).unwrap()), from_folder);
    assert_eq!(content(loaded("photos.zip", &super::super::zip::tests::zip(&zipped)).unwrap()), from_folder);
}

#[test]
fn nothing_follows_the_end_mark() {
    let first = with(|_| ());
    let padded = [&first[..], &[0; 8192]].concat();
    assert_eq!(loaded("a.tar", &padded).unwrap().train.count(), 8);
    let two = [first.clone(), first.clone()].concat();
    let members = [gzip(&first), gzip(&first)].concat();
    for (name, archive) in [("a.tar", &two), ("a.tgz", &gzip(&two)), ("b.tgz", &members)] {
        let (error, hint) = refused(name, archive);
        assert_eq!(error, format!("{name} goes on behind its end mark: it may be several archives in one file"));
        assert_eq!(hint, "join archives by tar --concatenate, or unpack them into one folder");
    }
}

#[test]
fn names_that_leave_the_archive_and_links_are_refused() {
    for name in ["../evil.png", "bag/../../evil.png"] {
        let (error, hint) = refused("a.tar", &with(|archive| add(archive, name, &png(1))));
        assert_eq!(error, format!("a.tar names a path outside of itself: {name:?}"));
        assert_eq!(hint, "make the archive again from inside the folder of images");
    }
    let absolute = refused("a.tar", &with(|archive| add(archive, "/tmp/evil.png", &png(1)))).0;
    assert_eq!(absolute, "a.tar names an absolute path: \"/tmp/evil.png\"");
    for (kind, what) in [
        (EntryType::Symlink, "a link"),
        (EntryType::Link, "a link"),
        (EntryType::Fifo, "a special file"),
        (EntryType::Char, "a special file"),
    ] {
        let other = |archive: &mut Builder<Vec<u8>>| {
            let mut header = header("bag/other.png", kind, 0);
            header.set_link_name("/etc/passwd").unwrap();
            header.set_cksum();
            archive.append(&header, &b""[..]).unwrap();
        };
        let (error, hint) = refused("a.tar.gz", &gzip(&with(other)));
        assert_eq!(error, format!("a.tar.gz holds {what}, \"bag/other.png\""));
        assert_eq!(
            hint,
            "make the archive again with plain files only (tar --dereference, no --sparse; zip without --symlinks)"
        );
    }
    let nested = refused("a.tar", &with(|archive| add(archive, "bag/b.tar.gz", b"")));
    assert_eq!(nested.0, "a.tar holds another archive: \"bag/b.tar.gz\"");
    let twice = refused("a.tar", &with(|archive| add(archive, "bag/9.png", &png(1))));
    assert_eq!(twice.0, "a.tar holds \"bag/9.png\" twice");
    assert_eq!(refused("a.tar", &Builder::new(Vec::new()).into_inner().unwrap()).0, "a.tar holds no images");
}

#[test]
fn bombs_are_stopped_while_they_unpack() {
    let zeros = vec![0; 65 << 20];
    let bomb = gzip(&with(|archive| add(archive, "zeros", &zeros)));
    assert!(bomb.len() < 1 << 20);
    let (error, hint) = refused("a.tar.gz", &bomb);
    assert_eq!(error, "a.tar.gz unpacks to more than 64 MiB, 100 times its size or more than any archive may");
    assert_eq!(hint, "if it can be trusted, unpack it and give the folder");
    // A name of two mebibytes is refused before it is read whole.
    let name = vec![b'x'; 2 << 20];
    let long = with(|archive| {
        let mut header = Header::new_gnu();
        header.as_mut_bytes()[..13].copy_from_slice(b"././@LongLink");
        header.set_entry_type(EntryType::GNULongName);
        header.set_size(name.len() as u64);
        header.set_cksum();
        archive.append(&header, &name[..]).unwrap();
        add(archive, "short.png", &png(1));
    });
    let (error, _) = refused("a.tar", &long);
    assert_eq!(error, "a.tar cannot be read as a tar archive: a header of more than a mebibyte");
    // A sparse file is small in the archive and large when unpacked.
    let sparse = with(|archive| {
        let mut header = Header::new_gnu();
        header.as_mut_bytes()[..5].copy_from_slice(b"a.png");
        header.set_entry_type(EntryType::GNUSparse);
        header.set_size(0);
        header.as_gnu_mut().unwrap().realsize = *b"77777777777\0";
        header.set_cksum();
        archive.append(&header, &b""[..]).unwrap();
    });
    let (error, _) = refused("a.tar", &sparse);
    assert!(error.starts_with("a.tar holds a sparse file") || error.starts_with("a.tar cannot be read"), "{error}");
}

#[test]
fn a_tar_cut_anywhere_is_an_error_never_a_panic() {
    let mut archive = Builder::new(Vec::new());
    // The second file ends in zeros, like the archive itself.
    for (name, content) in [("a.png", png(1)), ("b.bmp", [png(2), vec![0; 2048]].concat())] {
        add(&mut archive, name, &content);
    }
    let whole = archive.into_inner().unwrap();
    assert_eq!(loaded("a.tar", &whole).unwrap().train.count(), 2);
    // One of the end mark's two blocks is enough.
    for cut in (0..whole.len() - 512).step_by(7).chain((0..whole.len() - 512).step_by(512)) {
        let (error, hint) = refused("a.tar", &whole[..cut]);
        assert!(error.starts_with("a.tar cannot be read as a tar archive: "), "cut at {cut}: {error}");
        assert_eq!(hint, "the file may be cut short or damaged: fetch it or make it again");
    }
    let packed = gzip(&whole);
    for cut in 0..packed.len() {
        let (error, _) = refused("a.tar.gz", &packed[..cut]);
        assert!(error.starts_with("a.tar.gz cannot be read as a tar archive: "), "cut at {cut}: {error}");
    }
    let mut flipped = whole.clone();
    flipped[3] ^= 1;
    assert!(refused("a.tar", &flipped).0.ends_with("archive header checksum mismatch"));
}
