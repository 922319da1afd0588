//! Puts the console's assets into the binary: whatever `scripts/console.sh` left in the target directory's `console/`.
//!
//! Without them (a bare `cargo check`, `cargo leptos watch`) the list is empty and the server reads the files that
//! cargo-leptos writes. The folder is made here if it is missing, so that cargo has something to watch.

#![expect(clippy::disallowed_methods, reason = "cargo speaks to build scripts by the environment")]

use std::{env, error::Error, fmt::Write, fs, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=LEPTOS_WATCH");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    // OUT_DIR is TARGET/PROFILE/build/server-HASH/out.
    let target = out.ancestors().nth(4).ok_or("OUT_DIR is not inside a target directory")?;
    let folder = target.join("console");
    fs::create_dir_all(&folder)?;
    println!("cargo:rerun-if-changed={}", folder.display());

    let listing = fs::read_to_string(folder.join("assets.txt")).unwrap_or_default();
    let mut code = String::from("&[\n");
    let watched = env::var_os("LEPTOS_WATCH").is_some();
    for line in listing.lines().filter(|_| !watched && env::var_os("CARGO_FEATURE_CONSOLE").is_some()) {
        let [name, file, media_type] = line.split('\t').collect::<Vec<_>>()[..] else {
            return Err(format!("assets.txt: {line}").into());
        };
        let bytes = |suffix: &str| {
            let path = folder.join(format!("{file}{suffix}"));
            if path.exists() { format!("Some(include_bytes!({path:?}))") } else { "None".to_owned() }
        };
        writeln!(
            code,
            "Asset {{ name: {name:?}, file: {file:?}, media_type: {media_type:?}, plain: include_bytes!({:?}), brotli: {}, gzip: {} }},",
            folder.join(file),
            bytes(".br"),
            bytes(".gz"),
        )?;
    }
    code.push(']');
    fs::write(out.join("console_assets.rs"), code)?;
    Ok(())
}
