//! The dashboard's page as one file that contains the data that it shows and loads nothing.

use crate::assets;
use crate::script;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

const UPLOT_LICENSE: &str = include_str!("../assets/uplot/LICENSE");

/// Makes the page from `data`, the JSON that it shows. `noscript` is the text for browsers that run no scripts.
///
/// Text from runs is in `data`, which no browser executes, or is escaped. The page's policy names its own script and
/// style by their hashes and lets nothing else run or load.
pub(crate) fn page(data: &str, title: &str, noscript: &str) -> String {
    let script = format!("/*!\n{UPLOT_LICENSE}*/\n{}\n{}", asset("/uplot.js"), script::joined("main.js"));
    let style = format!("{}\n{}", asset("/uplot.css"), asset("/style.css"));
    let policy = format!(
        "default-src 'none'; script-src {}; style-src {}; img-src data: blob:; base-uri 'none'; form-action 'none'",
        hash(&script),
        hash(&style)
    );
    let icon = data_url("image/svg+xml", asset("/icon.svg").as_bytes());
    let body = asset("/").split_once("<body>").map_or("", |(_, body)| body);
    let (top, rest) = body.split_once("<noscript>").unwrap_or((body, ""));
    let bottom = rest.split_once("</noscript>").map_or("", |(_, bottom)| bottom);
    let bottom = bottom.split_once("</body>").map_or(bottom, |(bottom, _)| bottom);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{title}</title>\n<link rel=\"icon\" href=\"{icon}\">\n<style>{style}</style>\n</head>\n<body>\n\
         {top}<noscript><p>{noscript}</p><p>Curves and pictures need JavaScript, all of which is in this file.</p></noscript>{bottom}\
         <script type=\"application/json\" id=\"report-data\">{data}</script>\n<script>{script}</script>\n</body>\n</html>\n",
        title = text(title),
        noscript = text(noscript),
        data = inert(data),
    )
}

/// A file as a `data:` URL.
pub(crate) fn data_url(kind: &str, content: &[u8]) -> String {
    format!("data:{kind};base64,{}", BASE64_STANDARD.encode(content))
}

fn asset(path: &str) -> &'static str {
    assets::find(path).and_then(|asset| std::str::from_utf8(asset.content).ok()).unwrap_or_default()
}

/// A source in a Content-Security-Policy that allows exactly this content, by its hash.
fn hash(content: &str) -> String {
    format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(content)))
}

/// JSON in which no HTML element can begin or end: each `<` is escaped, which is valid because `<` occurs in strings
/// only.
fn inert(json: &str) -> String {
    json.replace('<', "\\u003c")
}

/// Text, escaped for HTML.
fn text(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "</script><script>alert(1)</script><!--<img src=x onerror=alert(1)>";

    #[test]
    fn no_data_is_markup() {
        let page = page(&serde_json::json!({ "name": HOSTILE }).to_string(), HOSTILE, HOSTILE);
        assert!(!page.contains("alert(1)</script>") && !page.contains("<img") && !page.contains("<!--"), "{page}");
        assert_eq!((page.matches("<script").count(), page.matches("</script").count()), (2, 2));
        let (_, data) = page.split_once("id=\"report-data\">").unwrap();
        let data: serde_json::Value = serde_json::from_str(data.split_once("</script>").unwrap().0).unwrap();
        assert_eq!(data["name"], HOSTILE);
    }

    /// The policy allows the page's own script and style, and the page names nothing that a browser would have to load.
    #[test]
    fn it_loads_nothing() {
        let page = page("{}", "a", "b");
        let inside = |begin: &str, end: &str| page.split_once(begin).unwrap().1.split_once(end).unwrap().0;
        for content in [inside("<style>", "</style>"), inside("\n<script>", "</script>")] {
            assert!(page.contains(&hash(content)));
        }
        for way in ["src=\"", "@import", "url(http", "href=\"http", "href=\"/", "src=http"] {
            assert!(!page.contains(way), "{way}");
        }
        assert!(page.contains("Copyright (c)") && page.contains("id=\"help\""));
    }
}
