//! Style sheet, scripts and pictures of the pages, each under a name that carries its content's hash, so that it can be
//! cached for ever.

use std::{fmt::Write as _, sync::LazyLock};

/// What goes with every asset: its name changes when its content does.
pub const CACHE_CONTROL: &str = "public, max-age=31536000, immutable";

struct Asset {
    /// The name in the sources, such as `sekisho.css`.
    name: &'static str,
    content_type: &'static str,
    bytes: &'static [u8],
}

static ASSETS: [Asset; 7] = [
    Asset {
        name: "sekisho.css",
        content_type: "text/css; charset=utf-8",
        bytes: include_bytes!("assets/sekisho.css"),
    },
    Asset {
        name: "mark.svg",
        content_type: "image/svg+xml",
        bytes: include_bytes!("assets/mark.svg"),
    },
    Asset {
        name: "form_post.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("assets/form_post.js"),
    },
    Asset {
        name: "requests.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("assets/requests.js"),
    },
    Asset {
        name: "passkey.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("assets/passkey.js"),
    },
    Asset {
        name: "signed_out.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("assets/signed_out.js"),
    },
    Asset {
        name: "check_session.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("assets/check_session.js"),
    },
];

static HASHED: LazyLock<Vec<(String, &'static Asset)>> =
    LazyLock::new(|| ASSETS.iter().map(|asset| (hashed_name(asset), asset)).collect());

/// The asset at a path under `/assets/`, such as `sekisho-0123456789abcdef.css`: its bytes and its media type.
pub fn find(path: &str) -> Option<(&'static [u8], &'static str)> {
    let (_, asset) = HASHED.iter().find(|(name, _)| name == path)?;
    Some((asset.bytes, asset.content_type))
}

/// Where the asset of this name is, under a realm's path (`""` or `"/path"`). A name that does not exist leads nowhere.
pub fn url(base_path: &str, name: &str) -> String {
    let hashed = HASHED
        .iter()
        .find(|(_, asset)| asset.name == name)
        .map_or(name, |(hashed, _)| hashed);
    format!("{base_path}/assets/{hashed}")
}

fn hashed_name(asset: &Asset) -> String {
    let mut hash = String::new();
    for byte in jose::sha256(asset.bytes).iter().take(8) {
        let _ = write!(hash, "{byte:02x}");
    }
    let (stem, extension) = asset.name.rsplit_once('.').unwrap_or((asset.name, ""));
    format!("{stem}-{hash}.{extension}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_asset_is_found_where_its_address_says() {
        for asset in &ASSETS {
            let url = url("/bank", asset.name);
            let path = url.strip_prefix("/bank/assets/").unwrap();
            assert_ne!(path, asset.name);
            assert_eq!(find(path), Some((asset.bytes, asset.content_type)));
        }
    }

    #[test]
    fn anything_else_is_not_found() {
        for path in [
            "",
            "sekisho.css",
            "sekisho-0000000000000000.css",
            "../lib.rs",
            "assets/mark.svg",
        ] {
            assert_eq!(find(path), None, "{path}");
        }
    }

    #[test]
    fn the_style_sheet_stays_small_and_fetches_nothing() {
        let css = std::str::from_utf8(ASSETS[0].bytes).unwrap();
        assert!(css.len() < 30_000, "{}", css.len());
        assert!(!css.contains("@import") && !css.contains("url(http") && !css.contains("url(//"));
    }
}
