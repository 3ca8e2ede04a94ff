//! Recognises the folders that this program writes.

/// What wrote a folder, "a run" or "a study", told by the names of its files: `has` says whether there is a file of a
/// name. A run has these files before it takes its first step.
pub fn written_by(has: impl Fn(&str) -> bool) -> Option<&'static str> {
    if has("manifest.json") && (has("recipe.toml") || has("plan.json")) {
        Some("a run")
    } else if has("study.json") && has("study.toml") {
        Some("a study")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{RunDirectory, StudyDirectory};

    #[test]
    fn runs_and_studies_are_told_by_their_own_files() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let run = RunDirectory::create(folder.path(), "x").expect("run");
        let study = StudyDirectory::new(folder.path());
        let by = |files: &[std::path::PathBuf]| {
            let name = |path: &std::path::PathBuf| path.file_name().expect("a name").to_str().expect("text").to_owned();
            let names: Vec<String> = files.iter().map(name).collect();
            written_by(|name| names.iter().any(|other| other == name))
        };
        assert_eq!(by(&[run.manifest(), run.recipe()]), Some("a run"));
        assert_eq!(by(&[run.manifest(), run.plan()]), Some("a run"));
        assert_eq!(by(&[study.record(), study.question()]), Some("a study"));
        assert_eq!([by(&[run.manifest()]), by(&[run.recipe(), run.plan()]), by(&[study.record()])], [None; 3]);
    }
}
