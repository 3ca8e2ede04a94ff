use std::fs;

use tempfile::TempDir;

use super::super::array::tests::npy;
use super::super::testing::{folder, plan, png};
use super::super::{Dataset, load};
use super::*;

/// A folder with the test images in `photos/`, and a plan that reads `photos/`.
fn place() -> (TempDir, DataPlan) {
    let place = tempfile::tempdir().unwrap();
    let photos = place.path().join("photos");
    fs::rename(folder().keep(), &photos).unwrap();
    fs::write(photos.join("shoe/cut.png"), &png(1)[..60]).unwrap();
    let plan = plan(&photos);
    (place, plan)
}

fn on(pack: &Path, plan: &DataPlan) -> DataPlan {
    DataPlan { source: pack.to_str().unwrap().to_owned(), ..plan.clone() }
}

/// Adds two images, so that the one unreadable image is less than a tenth of all.
fn more(photos: &Path) {
    fs::write(photos.join("shoe/0.png"), png(100)).unwrap();
    fs::write(photos.join("shoe/1.png"), png(101)).unwrap();
}

#[test]
fn a_pack_is_its_source_to_the_bit() {
    let (place, plan) = place();
    more(Path::new(&plan.source));
    for size in [3, 4, 9] {
        let plan = DataPlan { size, ..plan.clone() };
        let packed = pack(&plan, None).unwrap();
        assert_eq!(packed.path, place.path().canonicalize().unwrap().join(format!("photos-{size}px.pack.safetensors")));
        assert_eq!((packed.images, packed.skipped.len()), (10, 1));
        for (channels, holdout) in [(None, 0.5), (Some(1), 0.0), (Some(3), 0.5)] {
            let plan = DataPlan { channels, holdout, ..plan.clone() };
            let data = load(&on(&packed.path, &plan)).unwrap();
            assert_eq!(data, load(&plan).unwrap(), "{size} pixels, {channels:?}");
        }
    }
}

#[test]
fn a_pack_overwrites_neither_its_source_nor_another_file() {
    let (place, plan) = place();
    more(Path::new(&plan.source));
    let image = Path::new(&plan.source).join("shoe/0.png");
    let source = DataPlan { source: image.to_str().unwrap().to_owned(), ..plan.clone() };
    for (plan, out) in [(&plan, Path::new(&plan.source)), (&plan, &image), (&source, &image)] {
        let before = fs::read(&image).unwrap();
        assert!(pack(plan, Some(out)).is_err(), "{}", out.display());
        assert_eq!(fs::read(&image).unwrap(), before);
    }
    let weights = place.path().join("weights.safetensors");
    fs::write(&weights, b"\x02\0\0\0\0\0\0\0{}").unwrap();
    assert!(pack(&plan, Some(&weights)).is_err(), "a SafeTensors file of something else");
    let packed = pack(&plan, None).unwrap();
    pack(&plan, Some(&packed.path)).expect("a pack may replace a pack");
}

#[test]
fn grey_images_stay_grey_until_colour_is_asked_for() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("grey.npy");
    fs::write(&path, npy("|u1", "False", "(3, 5, 5)", &(0..75).collect::<Vec<u8>>())).unwrap();
    let plan = plan(&path);
    let packed = pack(&plan, Some(&place.path().join("new/g"))).unwrap();
    for channels in [None, Some(1), Some(3)] {
        let plan = DataPlan { channels, ..plan.clone() };
        assert_eq!(load(&on(&packed.path, &plan)).unwrap(), load(&plan).unwrap());
    }
}

#[test]
fn a_stale_pack_is_refused() {
    let (place, plan) = place();
    let photos = PathBuf::from(&plan.source);
    more(&photos);
    let path = pack(&plan, None).unwrap().path;
    let stale = |why: &str| {
        let error = load(&on(&path, &plan)).unwrap_err();
        let message = error.to_string();
        assert!(message.contains("-4px.pack.safetensors is stale: "), "{message}");
        assert!(message.ends_with(why), "{message}");
        assert!(error.hint().starts_with("pack it again: steadygan data pack "), "{}", error.hint());
        assert!(error.hint().contains("photos --set data.size=4 --out "), "{}", error.hint());
    };
    let touched = photos.join("bag/9.png");
    let before = fs::metadata(&touched).unwrap().modified().unwrap();
    let set = |time| fs::File::options().append(true).open(&touched).unwrap().set_modified(time).unwrap();
    set(before + std::time::Duration::from_nanos(1_000_000));
    stale("photos has changed since it was packed (files were renamed or written again)");
    set(before);
    load(&on(&path, &plan)).unwrap();
    fs::write(photos.join("new.png"), png(50)).unwrap();
    stale("photos has changed since it was packed (11 files then, more now)");
    fs::remove_file(photos.join("new.png")).unwrap();
    fs::write(photos.join("notes.txt"), "no image").unwrap();
    load(&on(&path, &plan)).unwrap();
    fs::rename(photos.join("bag"), photos.join("purse")).unwrap();
    stale("(files were renamed or written again)");
    // Source and pack moved together still match. A pack whose source is gone is accepted.
    fs::rename(photos.join("purse"), photos.join("bag")).unwrap();
    let moved = tempfile::tempdir().unwrap();
    fs::rename(&path, moved.path().join("p.safetensors")).unwrap();
    fs::rename(&photos, moved.path().join("photos")).unwrap();
    let path = moved.path().join("p.safetensors");
    assert_eq!(load(&on(&path, &plan)).unwrap().train.count(), 10);
    fs::write(moved.path().join("photos/new.png"), png(50)).unwrap();
    assert!(load(&on(&path, &plan)).unwrap_err().to_string().contains(" is stale: "));
    fs::remove_dir_all(moved.path().join("photos")).unwrap();
    assert_eq!(load(&on(&path, &plan)).unwrap().train.count(), 10);
    drop(place);
}

#[test]
fn another_size_or_background_is_another_pack() {
    let (_place, plan) = place();
    more(Path::new(&plan.source));
    let path = pack(&plan, None).unwrap().path;
    let refused = |plan: DataPlan| load(&on(&path, &plan)).unwrap_err();
    let error = refused(DataPlan { size: 8, ..plan.clone() });
    assert!(error.to_string().ends_with("-4px.pack.safetensors was packed for data.size = 4, not 8"), "{error}");
    assert!(error.hint().starts_with("ask for --set data.size=4, or pack the source again: steadygan data pack "));
    assert!(error.hint().ends_with("photos --set data.size=8"), "{}", error.hint());
    let error = refused(DataPlan { background: [0; 3], ..plan.clone() });
    assert!(error.to_string().ends_with("data.background = [255, 255, 255], not [0, 0, 0]"), "{error}");
    let error = pack(&on(&path, &plan), None).unwrap_err().to_string();
    assert!(error.ends_with(" needs no pack: it opens at once"), "{error}");
    let error = pack(&DataPlan { source: "embedded".to_owned(), ..plan }, None).unwrap_err().to_string();
    assert_eq!(error, "embedded needs no pack: it opens at once");
}

#[test]
fn another_fit_is_another_pack() {
    let (_place, plan) = place();
    let photos = Path::new(&plan.source).to_owned();
    more(&photos);
    let wide = image::RgbImage::from_fn(9, 3, |x, y| image::Rgb([x * 20, y * 20, 7].map(|level| level as u8)));
    fs::write(photos.join("wide.png"), super::super::decode::tests::encode(wide, image::ImageFormat::Png)).unwrap();
    let plan = DataPlan { fit: Fit::Pad, ..plan };
    let path = pack(&plan, None).unwrap().path;
    let data = load(&on(&path, &plan)).unwrap();
    assert_eq!(data, load(&plan).unwrap());
    let cropped = DataPlan { fit: Fit::Crop, ..plan.clone() };
    assert_ne!(load(&cropped).unwrap().fingerprint, data.fingerprint);
    let error = load(&on(&path, &cropped)).unwrap_err();
    assert!(error.to_string().ends_with(" was packed for data.fit = \"pad\", not \"crop\""), "{error}");
    assert!(error.hint().starts_with("ask for --set data.fit=pad, or pack "), "{}", error.hint());
    let refused = pack(&cropped, None).unwrap_err().to_string();
    assert!(refused.ends_with(" is the pack for another data.fit"), "{refused}");
    fs::write(photos.join("new.png"), png(50)).unwrap();
    let stale = load(&on(&path, &plan)).unwrap_err();
    assert!(stale.hint().contains(" --set data.size=4 --set data.fit=pad --out "), "{}", stale.hint());
    // A program of format version 1 does not take the padded images for cropped ones.
    let text = fs::read(&path).unwrap();
    assert!(String::from_utf8_lossy(&text).contains("\\\"format_version\\\":2"));
}

#[cfg(unix)]
#[test]
fn a_pack_made_through_a_link_is_fresh_until_its_source_changes() {
    use std::os::unix::fs::symlink;
    let array = |levels: u8| npy("|u1", "False", "(2, 5, 5)", &[levels; 50]);
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name);
    fs::create_dir_all(at("far")).unwrap();
    fs::rename(folder().keep(), at("far/photos")).unwrap();
    fs::write(at("far/set.npy"), array(1)).unwrap();
    // A name without an ending, as the cache of a hub has it.
    fs::write(at("far/5f2c"), array(2)).unwrap();
    for (link, target, changed) in
        [("pictures", "photos", "photos/a.png"), ("mine.npy", "set.npy", "set.npy"), ("hub.npy", "5f2c", "5f2c")]
    {
        symlink(at("far").join(target), at(link)).unwrap();
        let plan = plan(&at(link));
        for out in [None, Some(at(&format!("{link}.pack")))] {
            let path = pack(&plan, out.as_deref()).unwrap().path;
            let data = load(&on(&path, &plan)).unwrap();
            assert_eq!(data, load(&plan).unwrap(), "{link} in {}", path.display());
            let before = fs::read(at("far").join(changed)).ok();
            fs::write(at("far").join(changed), png(77)).unwrap();
            let error = load(&on(&path, &plan)).unwrap_err().to_string();
            assert!(error.contains(" is stale: "), "{error}");
            match before {
                Some(before) => fs::write(at("far").join(changed), before).unwrap(),
                None => fs::remove_file(at("far").join(changed)).unwrap(),
            }
        }
    }
}

#[test]
fn nothing_unreadable_is_packed() {
    let (place, plan) = place();
    for number in 0..9 {
        fs::write(Path::new(&plan.source).join(format!("{number}.png")), "no picture").unwrap();
    }
    let error = pack(&plan, None).unwrap_err().to_string();
    assert!(error.starts_with("10 of 18 images in "), "{error}");
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1, "no file is left");
}

#[test]
fn a_damaged_pack_is_refused_and_never_a_panic() {
    let (_place, plan) = place();
    more(Path::new(&plan.source));
    let path = pack(&plan, None).unwrap().path;
    let whole = fs::read(&path).unwrap();
    let outcome = |bytes: &[u8]| -> Result<Dataset> {
        fs::write(&path, bytes).unwrap();
        load(&on(&path, &plan))
    };
    assert_eq!(outcome(&whole).unwrap().train.count(), 10);
    for cut in (0..whole.len()).step_by(13) {
        assert!(outcome(&whole[..cut]).is_err(), "cut at {cut}");
    }
    // A flipped bit in the tensors: in the classes, in the images.
    let header = 8 + u64::from_le_bytes(*whole.first_chunk().unwrap()) as usize;
    for at in [header, header + 39, header + 40, whole.len() - 1] {
        let mut flipped = whole.clone();
        flipped[at] ^= 1;
        let error = outcome(&flipped).unwrap_err().to_string();
        let named = ["does not match its fingerprint", "gives an image a class that does not exist"];
        assert!(named.iter().any(|why| error.ends_with(why)), "{error}");
    }
    let changed = |from: &str, to: &str| {
        forge(&path, &whole, from, to);
        load(&on(&path, &plan)).unwrap_err().to_string()
    };
    let later = changed("\\\"format_version\\\":1", "\\\"format_version\\\":3");
    assert!(later.ends_with("has format version 3, this program reads 1 and 2"), "{later}");
    assert!(changed("[10,3,4,4]", "[10,4,4,3]").ends_with("its tensors are not those of a pack"));
    assert!(changed("steadygan-pack", "something").ends_with("its metadata has no key `steadygan-pack`"));
    let huge = [&u64::MAX.to_le_bytes()[..], &whole[8..]].concat();
    assert!(outcome(&huge).unwrap_err().to_string().ends_with("its header is larger than any pack's"));
}

#[test]
fn a_default_place_is_only_for_the_same_source_and_plan() {
    let (place, plan) = place();
    more(Path::new(&plan.source));
    let path = pack(&plan, None).unwrap().path;
    let again = pack(&plan, None).expect("the same pack may be made again");
    assert_eq!(again.path, path);
    let refused = |plan: &DataPlan| pack(plan, None).unwrap_err().to_string();
    let black = DataPlan { background: [0; 3], ..plan.clone() };
    assert!(
        refused(&black)
            .ends_with("photos-4px.pack.safetensors is there already and is the pack for another data.background")
    );
    pack(&DataPlan { size: 8, ..plan.clone() }, Some(&path)).expect("a pack that the user named may be replaced");
    assert!(refused(&plan).ends_with(" is the pack for another data.size"));
    let other = place.path().join("other");
    fs::rename(&plan.source, &other).unwrap();
    let other = DataPlan { source: other.to_str().unwrap().to_owned(), ..plan.clone() };
    pack(&other, Some(&path)).expect("a pack that the user named may be replaced");
    fs::rename(&other.source, &plan.source).unwrap();
    assert!(refused(&plan).ends_with(" is the pack of another source"));
}

#[test]
fn a_strangers_pack_leads_nowhere() {
    let (place, plan) = place();
    let photos = Path::new(&plan.source);
    more(photos);
    let far = place.path().join("a/b/c");
    let path = pack(&plan, Some(&far.join("p"))).unwrap().path;
    let data = load(&on(&path, &plan)).unwrap();
    let warning = data.warnings.concat();
    let root = place.path().canonicalize().unwrap();
    let expected = format!(
        "whether {} is stale was not checked: its source {} lies neither near it nor below the current folder",
        path.display(),
        root.join("photos").display()
    );
    assert_eq!(warning, expected);
    assert_eq!(Dataset { warnings: Vec::new(), ..data }, load(&plan).unwrap());
    // A source out of reach is not checked, whether its path is absolute, climbs by `..`, or leads through a link.
    let source = format!("\\\"path\\\":\\\"{}\\\"", root.join("photos").display());
    let whole = fs::read(&path).unwrap();
    for lure in ["/", "../../../photos", "x/../../../../photos", "link/photos"] {
        forge(&path, &whole, &source, &format!("\\\"path\\\":\\\"{lure}\\\""));
        #[cfg(unix)]
        let _ = std::os::unix::fs::symlink(&root, far.join("link"));
        let warning = load(&on(&path, &plan)).unwrap().warnings.concat();
        assert!(warning.contains(&format!(" its source {lure} lies neither ")), "{warning}");
    }
    forge(&path, &whole, &source, "\\\"path\\\":\\\"/\\\\u001b]0;x\\\"");
    assert!(!load(&on(&path, &plan)).unwrap().warnings.concat().contains('\u{1b}'));
    // Names in a pack hold no control characters for a terminal, and no path that leads out of a folder of runs.
    let lure = r"../\\u001b]0;x";
    for from in ["photos\\\",\\\"back", "shoe", "cannot be"] {
        let to = from.replace("photos", lure).replace("shoe", lure).replace("cannot be", lure);
        forge(&path, &whole, from, &to);
        let Dataset { name, class_names, skipped, .. } = load(&on(&path, &plan)).unwrap();
        assert!(!name.contains(['/', '\u{1b}']), "{name:?}");
        assert!(!format!("{} {}{}", class_names.join(" "), skipped[0].name, skipped[0].why).contains('\u{1b}'));
    }
}

#[test]
fn what_is_near_is_looked_at_no_further_than_it_has_to_be() {
    let (place, plan) = place();
    more(Path::new(&plan.source));
    let refused = |pack: &Path, plan: &DataPlan| load(&on(pack, plan)).unwrap_err().to_string();
    for near in ["p", "packs/p"] {
        let path = pack(&plan, Some(&place.path().join(near))).unwrap().path;
        let whole = fs::read(&path).unwrap();
        assert_eq!(load(&on(&path, &plan)).unwrap().warnings, [""; 0]);
        forge(&path, &whole, "\\\"files\\\":11", "\\\"files\\\":3");
        let stale = refused(&path, &plan);
        assert!(stale.ends_with("(3 files then, more now)"), "{stale}");
        // A pack of another size is refused before its source is checked.
        assert!(refused(&path, &DataPlan { size: 8, ..plan.clone() }).ends_with("packed for data.size = 4, not 8"));
    }
}

/// Writes a pack again, with one text in its header replaced.
fn forge(path: &Path, pack: &[u8], from: &str, to: &str) {
    let header = 8 + u64::from_le_bytes(*pack.first_chunk().unwrap()) as usize;
    let text = String::from_utf8(pack[8..header].to_vec()).unwrap();
    assert!(text.contains(from), "{from} in {text}");
    let text = text.replace(from, to);
    fs::write(path, [&(text.len() as u64).to_le_bytes()[..], text.as_bytes(), &pack[header..]].concat()).unwrap();
}
