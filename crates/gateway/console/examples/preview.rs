//! Writes every sample page with its assets into a folder, to look at through any static server:
//! `cargo run -p bursar-gateway-console --example preview -- FOLDER`.

use std::path::Path;
use std::{env, error, fs};

use bursar_gateway_console::{ASSETS, views};

fn main() -> Result<(), Box<dyn error::Error>> {
    let folder = env::args().nth(1).ok_or("name a folder to write to")?;
    let folder = Path::new(&folder);
    for asset in [&ASSETS.style, &ASSETS.icon] {
        write(folder, &asset.path, &asset.bytes)?;
    }
    for (name, html) in views::samples() {
        write(folder, &format!("{name}.html"), html?.as_bytes())?;
    }
    Ok(())
}

fn write(folder: &Path, path: &str, bytes: &[u8]) -> std::io::Result<()> {
    let path = folder.join(path.trim_start_matches('/'));
    fs::create_dir_all(path.parent().unwrap_or(folder))?;
    fs::write(path, bytes)
}
