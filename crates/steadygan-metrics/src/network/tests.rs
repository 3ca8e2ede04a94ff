use super::*;
use crate::data::{self, DataPlan, Fit, Samples};
use std::fs;

/// Bytes (7i + 13j + 29c + 5((ij) mod 31) + 17k) mod 256 of row i, column j, channel c of image k.
fn patterns(count: usize, channels: usize, size: usize) -> Images {
    let byte = |k, c, i, j| ((7 * i + 13 * j + 29 * c + 5 * ((i * j) % 31) + 17 * k) % 256) as u8;
    let places = (0..count).flat_map(|k| (0..channels).flat_map(move |c| (0..size).map(move |i| (k, c, i))));
    let pixels = places.flat_map(|(k, c, i)| (0..size).map(move |j| byte(k, c, i, j))).collect();
    Images { channels, size, pixels, classes: None }
}

/// The expected values come from the package's own network in PyTorch, with 32-bit weights.
#[test]
fn the_embedded_network_is_efficientnet_lite0() {
    let features = FeatureNetwork::embedded().unwrap().features(&patterns(1, 3, 128)).unwrap();
    assert_eq!((features.count(), features.dimensions()), (1, 1280));
    let row = features.row(0);
    let mean = row.iter().sum::<f32>() / 1280.0;
    assert!((mean - 0.29212).abs() < 1e-2, "{mean}");
    for (at, expected) in [(751, 5.9102), (701, 5.4199), (31, 5.2807), (1219, 5.2387)] {
        assert!((row[at] - expected).abs() < 1e-2, "{at}: {}", row[at]);
    }
}

/// Loads the images of a source at 28 pixels, grey.
fn grey(source: &str) -> Images {
    let size = 28;
    let plan = DataPlan {
        source: source.into(),
        size,
        channels: Some(1),
        holdout: 0.0,
        background: [255; 3],
        fit: Fit::Crop,
        flip: false,
    };
    match data::load(&plan).unwrap().train {
        Samples::Images(images) => images,
        Samples::Points(_) => panic!("{source} are points"),
    }
}

/// How many images a classifier classifies correctly.
fn right(network: &str, images: &Images) -> usize {
    let logits = FeatureNetwork::named(network).unwrap().outputs(images, LOGITS).unwrap();
    let largest = |row: &[f32]| (0..10).max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap();
    let classes = images.classes.as_ref().unwrap().iter().enumerate();
    classes.filter(|&(image, &class)| largest(logits.row(image)) == class as usize).count()
}

/// The expected logits come from `onnxruntime`, as `make_classifiers.py` prints them.
#[test]
fn the_classifiers_have_their_logits() {
    let digits = [-9.2299, -5.1548, -5.1136, -15.2360, 4.5687, -13.3081, -6.8481, 0.9795, 31.1215, -23.7825];
    let fashion = [-0.2358, -3.3171, 0.9334, -4.0301, -3.6817, -3.9348, -0.8502, 0.3703, 2.6948, -1.5847];
    for (name, expected) in [(DIGITS, digits), ("fashion", fashion)] {
        let network = FeatureNetwork::named(name).unwrap();
        let found = network.outputs(&patterns(1, 1, 28), LOGITS).unwrap();
        for (found, expected) in found.row(0).iter().zip(expected) {
            assert!((found - expected).abs() < 1e-3, "{name}: {found} {expected}");
        }
        assert_eq!(network.features(&patterns(2, 3, 32)).unwrap().dimensions(), 96);
    }
}

/// The fixture holds digits that the classifier was not trained on; the embedded images are Fashion-MNIST's test set.
/// The expected number for the first thousand of these comes from `make_classifiers.py`.
#[test]
fn the_classifiers_are_right_about_images_held_out() {
    let digits =
        grey(concat!(env!("CARGO_MANIFEST_DIR"), "/../steadygan-assets/tests/digits/t10k-images-idx3-ubyte.gz"));
    assert!((digits.count() == 200) && right(DIGITS, &digits) >= 197, "98.5% of {}", digits.count());
    let fashion = grey("embedded");
    let classes = fashion.classes.as_ref().map(|classes| classes[..1_000].to_vec());
    let first = Images { pixels: fashion.pixels[..1_000 * 28 * 28].to_vec(), classes, ..fashion };
    assert!(right("fashion", &first).abs_diff(918) <= 1);
}

#[test]
fn the_digests_of_what_the_program_carries_are_right() {
    for embedded in EMBEDDED {
        let network = FeatureNetwork::named(embedded.name).unwrap();
        assert_eq!(network.sha256(), FeatureNetwork::digest(embedded.name).unwrap());
    }
}

#[test]
fn features_are_the_same_bits_at_any_number_of_threads() {
    let network = FeatureNetwork::embedded().unwrap();
    let images = patterns(11, 1, 32);
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| network.features(&images).unwrap())
    };
    let one = with(1);
    assert_eq!(one.count(), 11);
    assert!(one == with(2) && one == with(3));
    let last = Images { pixels: images.image(10).to_vec(), ..images };
    assert!(one.row(10) == network.features(&last).unwrap().row(0), "a batch's other images do not matter");
}

#[test]
fn a_user_s_network_is_a_file_with_its_description() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Lite0.onnx");
    fs::write(&path, steadygan_assets::EFFICIENTNET_LITE0).unwrap();
    let named = || FeatureNetwork::named(path.to_str().unwrap());
    assert!(named().unwrap_err().to_string().starts_with("cannot read the network's description"));
    let describe = |text: &str| fs::write(folder.path().join("Lite0.toml"), text).unwrap();
    let description = "size = 128\nchannels = 3\nmean = [127, 127, 127]\ndeviation = [128, 128, 128]\n";
    describe(description);
    let network = named().unwrap();
    let images = patterns(2, 3, 48);
    let embedded = FeatureNetwork::embedded().unwrap();
    assert!(network.features(&images).unwrap() == embedded.features(&images).unwrap());
    assert_eq!((network.name(), network.sha256()), ("lite0", embedded.sha256()));
    for (wrong, why) in [
        (description.replace("size = 128", "size = 96"), "cannot be run as a feature network"),
        ("output = 'logits'\n".to_owned() + description, "it has no output `logits`, but features"),
    ] {
        describe(&wrong);
        let error = named().unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn what_is_no_feature_network_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("n.onnx");
    fs::write(path.with_extension("toml"), "size = 8\nchannels = 1\nmean = [0]\ndeviation = [255]\n").unwrap();
    let cut = &steadygan_assets::EFFICIENTNET_LITE0[..100_000];
    for bytes in [&b""[..], b"no network", cut] {
        fs::write(&path, bytes).unwrap();
        let error = FeatureNetwork::named(path.to_str().unwrap()).unwrap_err();
        assert!(error.to_string().contains("n.onnx cannot be run as a feature network: "), "{error}");
        assert_eq!(error.hint(), USE_ONNX);
    }
    let error = FeatureNetwork::named("eficientnet").unwrap_err();
    assert_eq!(error.hint(), "the nearest one is `efficientnet-lite0`; or name a file, NETWORK.onnx");
    let none = Images { channels: 1, size: 8, pixels: Vec::new(), classes: None };
    let error = FeatureNetwork::embedded().unwrap().features(&none).unwrap_err();
    assert_eq!(error.to_string(), "there are no images to take features of");
}
