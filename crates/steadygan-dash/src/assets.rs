//! The files of the dashboard's pages, from this crate's folder `assets`, compiled into the program.

/// One file of the pages.
#[derive(Debug)]
pub(crate) struct Asset {
    path: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) content: &'static [u8],
}

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// The asset at a URL's path, if it is in the list.
pub(crate) fn find(path: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.path == path)
}

macro_rules! assets {
    ($($path:literal $kind:ident $file:literal)*) => {
        &[$(Asset { path: $path, kind: $kind, content: include_bytes!(concat!("../assets/", $file)) }),*]
    };
}

static ASSETS: &[Asset] = assets! {
    "/" HTML "index.html"
    "/style.css" CSS "style.css"
    "/icon.svg" SVG "icon.svg"
    "/uplot.css" CSS "uplot/uPlot.min.css"
    "/uplot.js" SCRIPT "uplot/uPlot.iife.min.js"
    "/main.js" SCRIPT "main.js"
    "/dom.js" SCRIPT "dom.js"
    "/format.js" SCRIPT "format.js"
    "/source.js" SCRIPT "source.js"
    "/live.js" SCRIPT "live.js"
    "/keys.js" SCRIPT "keys.js"
    "/list.js" SCRIPT "list.js"
    "/run.js" SCRIPT "run.js"
    "/catalogue.js" SCRIPT "catalogue.js"
    "/charts.js" SCRIPT "charts.js"
    "/curves.js" SCRIPT "curves.js"
    "/sheets.js" SCRIPT "sheets.js"
    "/explore.js" SCRIPT "explore.js"
    "/findings.js" SCRIPT "findings.js"
    "/recipe.js" SCRIPT "recipe.js"
    "/study.js" SCRIPT "study.js"
    "/effects.js" SCRIPT "effects.js"
    "/wall.js" SCRIPT "wall.js"
    "/measured.js" SCRIPT "measured.js"
    "/commands.js" SCRIPT "commands.js"
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_looked_up_and_nothing_else() {
        assert_eq!(find("/").unwrap().kind, HTML);
        for path in ["", "//", "/index.html", "/../style.css", "/style.css/", "/STYLE.CSS", "/%73tyle.css", "/api/runs"]
        {
            assert!(find(path).is_none(), "{path}");
        }
    }

    /// Each file of the folder is served, and each file that the page or a module names exists.
    #[test]
    fn modules_import_what_is_served() {
        for asset in ASSETS.iter().filter(|asset| asset.kind == SCRIPT && asset.path != "/uplot.js") {
            let text = std::str::from_utf8(asset.content).unwrap();
            let imported = text.lines().filter_map(|line| line.split_once(" from \"./")).map(|(_, name)| name);
            for name in imported.filter_map(|name| name.split('"').next()) {
                assert!(find(&format!("/{name}")).is_some(), "{} imports {name}", asset.path);
            }
        }
        let page = std::str::from_utf8(find("/").unwrap().content).unwrap();
        for name in page.split(['"', '\n']).filter(|part| part.starts_with('/') && part.contains('.')) {
            assert!(find(name).is_some(), "the page names {name}");
        }
        let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/assets")).unwrap();
        let files = files.map(|entry| entry.unwrap()).filter(|entry| entry.file_type().unwrap().is_file()).count();
        assert_eq!(files, ASSETS.len() - 2, "all but uPlot's");
    }

    /// Text from runs enters pages as text only, because no script uses a way to turn text into markup or code.
    #[test]
    fn no_script_makes_markup_or_code_of_text() {
        for asset in ASSETS.iter().filter(|asset| asset.kind == SCRIPT && asset.path != "/uplot.js") {
            let text = std::str::from_utf8(asset.content).unwrap();
            for way in
                ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "srcdoc"]
            {
                assert!(!text.contains(way), "{} has {way}", asset.path);
            }
        }
    }
}
