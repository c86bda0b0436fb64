//! Fonts for Chinese, Japanese and Korean, from the system's font folders.
//!
//! Choice: none is compiled in. One weight of one region has 5 to 10 MB, and the same character
//! looks different in Tokyo, Taipei and Beijing. They are looked for when the first such character
//! comes, and loaded once for the life of the process: 20 MB a weight for the best of them.
//! Without any, boxes are drawn, and the text behind them can still be copied and searched.

use std::path::{Path, PathBuf};
use std::sync::{LazyLock, OnceLock};

use super::font::{Face, Loaded, load};

/// Whose forms of the characters that China, Japan and Korea share.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) enum Han {
    /// Japan's.
    Japanese,
    /// Korea's.
    Korean,
    /// Those of mainland China and Singapore. Choice: also where nothing tells.
    #[default]
    Simplified,
    /// Those of Taiwan, Hong Kong and Macao.
    Traditional,
}

impl Han {
    const COUNT: usize = 4;

    /// The forms of a language.
    pub(super) fn of_language(language: &str) -> Option<Self> {
        match language {
            "ja" => Some(Self::Japanese),
            "zh" => Some(Self::Simplified),
            _ => None,
        }
    }

    /// The forms that a country writes, by its two letters.
    pub(super) fn of_country(alpha2: &str) -> Option<Self> {
        match alpha2 {
            "JP" => Some(Self::Japanese),
            "KR" | "KP" => Some(Self::Korean),
            "CN" | "SG" => Some(Self::Simplified),
            "TW" | "HK" | "MO" => Some(Self::Traditional),
            _ => None,
        }
    }

    /// The forms of a text: kana is Japanese, hangul Korean, bopomofo Traditional, else `self`.
    pub(super) fn in_text(self, text: &str) -> Self {
        let told = text.chars().find_map(|c| match c {
            '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}' => Some(Self::Japanese),
            '\u{1100}'..='\u{11ff}' | '\u{ac00}'..='\u{d7a3}' => Some(Self::Korean),
            '\u{3105}'..='\u{312f}' => Some(Self::Traditional),
            _ => None,
        });
        told.unwrap_or(self)
    }
}

/// The files of a font, and the place of each [`Han`] in them.
struct Source {
    regular: &'static str,
    bold: &'static str,
    faces: [u32; Han::COUNT],
}

/// The fonts that are used, the best first. The others have one set of forms and one weight.
const SOURCES: [Source; 3] = [
    Source {
        regular: "NotoSansCJK-Regular.ttc",
        bold: "NotoSansCJK-Bold.ttc",
        faces: [0, 1, 2, 3],
    },
    Source {
        regular: "wqy-microhei.ttc",
        bold: "wqy-microhei.ttc",
        faces: [0; Han::COUNT],
    },
    Source {
        regular: "DroidSansFallbackFull.ttf",
        bold: "DroidSansFallbackFull.ttf",
        faces: [0; Han::COUNT],
    },
];

/// How deep folders are searched.
const DEPTH_MAX: u8 = 4;

/// Where systems keep their fonts, and where users keep theirs.
fn folders() -> Vec<PathBuf> {
    let own = std::env::var_os("HOME").map(|home| Path::new(&home).join(".local/share/fonts"));
    let system = ["/usr/local/share/fonts", "/usr/share/fonts"].map(PathBuf::from);
    own.into_iter().chain(system).collect()
}

/// A file of [`SOURCES`], its bytes read when they are first needed.
struct Found {
    source: &'static Source,
    regular: PathBuf,
    bold: PathBuf,
}

static FOUND: LazyLock<Option<Found>> = LazyLock::new(|| find(&folders()));
static BYTES: [OnceLock<Option<&'static [u8]>>; 2] = [const { OnceLock::new() }; 2];
static FONTS: [[OnceLock<Option<Loaded>>; Han::COUNT]; 2] =
    [const { [const { OnceLock::new() }; Han::COUNT] }; 2];

/// The font with these forms in this weight, if the system has one.
pub(super) fn font(face: Face, han: Han) -> Option<&'static Loaded> {
    let found = FOUND.as_ref()?;
    let weight = usize::from(face == Face::Bold);
    let loading = || {
        let path = [&found.regular, &found.bold][weight];
        // The same file for both weights is kept once.
        let slot = if found.regular == found.bold {
            0
        } else {
            weight
        };
        let bytes = BYTES[slot].get_or_init(|| read(path));
        load((*bytes)?, found.source.faces[han as usize])
    };
    FONTS[weight][han as usize].get_or_init(loading).as_ref()
}

fn read(path: &Path) -> Option<&'static [u8]> {
    match std::fs::read(path) {
        // As long as the process: the fonts that borrow from it are.
        Ok(bytes) => Some(Box::leak(bytes.into_boxed_slice())),
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "a font cannot be read");
            None
        }
    }
}

/// The best font under `folders`, of which the first counts first.
fn find(folders: &[PathBuf]) -> Option<Found> {
    let files: Vec<PathBuf> = folders
        .iter()
        .flat_map(|folder| files_under(folder, DEPTH_MAX))
        .collect();
    let named = |name: &str| files.iter().find(|path| path.ends_with(name)).cloned();
    SOURCES.iter().find_map(|source| {
        let regular = named(source.regular)?;
        let bold = named(source.bold).unwrap_or_else(|| regular.clone());
        Some(Found {
            source,
            regular,
            bold,
        })
    })
}

fn files_under(folder: &Path, depth: u8) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    // The same choice on every start.
    paths.sort_unstable();
    let files = |path: PathBuf| match (path.is_dir(), depth.checked_sub(1)) {
        (false, _) => vec![path],
        (true, Some(depth)) => files_under(&path, depth),
        (true, None) => Vec::new(),
    };
    paths.into_iter().flat_map(files).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_best_font_is_found_wherever_it_is() {
        let root = tempfile::tempdir().unwrap();
        let folders = [root.path().join("own"), root.path().join("system")];
        assert!(find(&folders).is_none());
        let put = |path: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        };
        put("system/truetype/droid/DroidSansFallbackFull.ttf");
        let found = find(&folders).unwrap();
        assert_eq!(found.regular, found.bold);
        put("system/opentype/noto/NotoSansCJK-Regular.ttc");
        put("own/NotoSansCJK-Bold.ttc");
        let found = find(&folders).unwrap();
        assert!(found.regular.ends_with("noto/NotoSansCJK-Regular.ttc"));
        assert!(found.bold.ends_with("own/NotoSansCJK-Bold.ttc"));
    }

    #[test]
    fn a_text_may_tell_its_own_forms() {
        for (text, forms) in [
            ("東京カフェ", Han::Japanese),
            ("서울 漢城", Han::Korean),
            ("ㄅㄆ 臺北", Han::Traditional),
            ("东京", Han::Simplified),
        ] {
            assert_eq!(Han::default().in_text(text), forms);
        }
        assert_eq!(Han::Japanese.in_text("東京"), Han::Japanese);
    }
}
