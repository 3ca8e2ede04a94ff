use super::*;

/// The labels of images by these files, or the error, and the warnings.
fn labels(images: &[&str], files: &[(&str, &str)]) -> (Result<Option<Vec<String>>, String>, Vec<String>) {
    let mut of = LabelFiles::default();
    for (name, content) in files {
        of.add(Name::new(*name), Ok(content.as_bytes().to_vec()));
    }
    let images: Vec<Name> = images.iter().map(|name| Name::new(*name)).collect();
    let mut warnings = Vec::new();
    let shown = |label| match label {
        Label::Number(number) => number.to_string(),
        Label::Name(name) => format!("{name:?}"),
    };
    let found = of.of(&images.iter().collect::<Vec<_>>(), &mut warnings);
    (found.map(|labels| Some(labels?.into_iter().map(shown).collect())).map_err(|error| error.to_string()), warnings)
}

fn silent(images: &[&str], files: &[(&str, &str)]) -> Option<Vec<String>> {
    let (found, warnings) = labels(images, files);
    assert_eq!(warnings, [""; 0]);
    found.unwrap()
}

/// The warning about a file that gives no labels.
fn warning(file: (&str, &str)) -> String {
    let (found, warnings) = labels(&["a/1.png"], &[file]);
    assert_eq!((found, warnings.len()), (Ok(None), 1), "{warnings:?}");
    warnings.concat()
}

fn strings(texts: &[&str]) -> Option<Vec<String>> {
    Some(texts.iter().map(|text| (*text).to_owned()).collect())
}

#[test]
fn each_format_gives_labels_from_its_folder() {
    let images = ["a/00000/img00000000.png", "a/00001/img00000001.png"];
    let json = r#"{"labels": [["00001/img00000001.png", 3], ["00000\\img00000000.png", -1], ["more.png", 4]]}"#;
    assert_eq!(silent(&images, &[("a/dataset.json", json)]), strings(&["-1", "3"]));
    let lines =
        "{\"file_name\": \"1.png\", \"label\": \"cat\", \"n\": [1]}\n\n{\"file_name\": \"./b/2.png\", \"label\": 7}\n";
    assert_eq!(silent(&["1.png", "b/2.png"], &[("metadata.jsonl", lines)]), strings(&["\"cat\"", "\"7\""]));
    let table = "\u{feff}text,file_name,class\r\n\"a, b\",1.png,07\r\n,2.png,\"x\"\"y\"\r\n";
    assert_eq!(silent(&["1.png", "2.png"], &[("metadata.csv", table)]), strings(&["\"07\"", "\"x\\\"y\""]));
    let cls = [("s/00.cls", "5\n"), ("s/01.cls", "12")];
    assert_eq!(silent(&["s/00.jpg", "s/01.seg.png"], &cls), strings(&["5", "12"]));
    // Two folders with a table each.
    let two = [("a/metadata.csv", "file_name,label\n1.png,0\n"), ("b/metadata.csv", "file_name,label\n1.png,1\n")];
    assert_eq!(silent(&["a/1.png", "b/1.png"], &two), strings(&["0", "1"]));
}

#[test]
fn no_labels_are_none() {
    assert_eq!(silent(&["1.png"], &[]), None);
    assert_eq!(silent(&["1.png"], &[("dataset.json", r#"{"labels": null}"#)]), None);
    assert_eq!(silent(&["1.png"], &[("dataset.json", "{}")]), None);
}

#[test]
fn what_is_not_read_is_named() {
    let no_classes = "its labels are neither whole numbers nor names, so they are no classes";
    let vector = warning(("dataset.json", r#"{"labels": [["a/1.png", [0.5, 1]]]}"#));
    assert_eq!(vector, format!("dataset.json: {no_classes}"));
    assert_eq!(warning(("metadata.csv", "file_name,label\na/1.png,0.5\n")), format!("metadata.csv: {no_classes}"));
    assert!(warning(("dataset.json", "{\"labels\": [")).starts_with("dataset.json: is not read: EOF"));
    let caption = warning(("metadata.jsonl", "{\"file_name\": \"a/1.png\", \"text\": \"a cat\"}"));
    assert_eq!(caption, "metadata.jsonl: gives no labels: it has no `label` and no `class`");
    assert_eq!(warning(("metadata.csv", "a,b\n1,2\n")), "metadata.csv: is not read: it has no column `file_name`");
    assert!(warning(("metadata.csv", "file_name,label\na\n")).starts_with("metadata.csv: is not read: CSV error"));
    let other = warning(("metadata.csv", "file_name,label\nb/1.png,0\n"));
    assert_eq!(other, "metadata.csv: has labels, but none of these images");
    assert_eq!(warning(("article.cls", "7")), "article.cls: has labels, but none of these images");
}

#[test]
fn an_image_without_its_label_is_an_error() {
    let (error, _) = labels(&["1.png", "2.png", "3.png"], &[("metadata.csv", "file_name,label\n2.png,0\n3.png,\n")]);
    assert_eq!(error, Err("metadata.csv: no label for 1.png, 3.png".to_owned()));
    let (error, _) = labels(&["1.png"], &[("metadata.csv", "file_name,label\n1.png,0\n1.png,0\n1.png,2\n")]);
    assert_eq!(error, Err("1.png has another label in metadata.csv than before".to_owned()));
}

#[test]
fn labels_are_read_up_to_a_limit() {
    let mut of = LabelFiles { bytes: MAX_BYTES - 1, ..LabelFiles::default() };
    of.add(Name::new("a.cls"), Ok(b"1".to_vec()));
    of.add(Name::new("b.cls"), Ok(b"1".to_vec()));
    let [first, second] = &of.files[..] else { panic!("two files") };
    assert_eq!(first.content, Ok(b"1".to_vec()));
    assert_eq!(second.content, Err("is not read: labels may take 256 MiB".to_owned()));
}
