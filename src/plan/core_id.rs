//! The id of a core job: cells whose boards agree in all inputs of a core share one.

use std::path::Path;

use crate::event::CoreId;
use crate::platform::{BoardConfig, Properties};

/// Returns the prefixes of properties that matter only for upload or debugging. They are no input of a core, unless
/// another property references them (`{tools.xtensa-esp32-elf-gcc.path}`, `{upload.maximum_size}`).
fn idle_prefixes(properties: &Properties) -> Vec<&'static str> {
    let mut idle = vec!["tools.", "upload.", "debug.", "bootloader.", "menu."];
    loop {
        let active = properties.iter().filter(|(key, _)| !idle.iter().any(|it| key.starts_with(it)));
        let values: Vec<&str> = active.map(|(_, value)| value).collect();
        let named = |prefix: &&str| values.iter().any(|value| value.contains(&format!("{{{prefix}")));
        let before = idle.len();
        idle.retain(|prefix| !named(prefix));
        if idle.len() == before {
            return idle;
        }
    }
}

/// Returns a core's id and its key, a hash of every property that may be an input of the core. The id is the name of
/// its first board and the key.
pub(super) fn core_id(board: &str, config: &BoardConfig, library_path: Option<&Path>) -> (CoreId, String) {
    let mut hasher = blake3::Hasher::new();
    let idle = idle_prefixes(&config.properties);
    for (key, value) in config.properties.iter() {
        if idle.iter().any(|prefix| key.starts_with(prefix)) {
            continue;
        }
        hasher.update(key.as_bytes()).update(b"=").update(value.as_bytes()).update(b"\n");
    }
    hasher.update(config.warning_flags().as_bytes()).update(b"\n");
    hasher.update(config.platform_dir.as_os_str().as_encoded_bytes());
    if let Some(path) = library_path {
        hasher.update(path.as_os_str().as_encoded_bytes());
    }
    let key = hasher.finalize().to_hex()[..12].to_owned();
    (CoreId(format!("{board}-{key}").into()), key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_uploads_enters_no_core_unless_something_else_names_it() {
        let idle = |more: &[(&str, &str)]| {
            let plain = [("recipe.c.o.pattern", "gcc {flags}"), ("tools.dude.cmd", "dude {upload.speed}")];
            idle_prefixes(&plain.iter().chain(more).copied().collect())
        };
        assert_eq!(idle(&[]), ["tools.", "upload.", "debug.", "bootloader.", "menu."]);
        assert_eq!(
            idle(&[("flags", "-DSIZE={upload.maximum_size}")]),
            ["tools.", "debug.", "bootloader.", "menu."]
        );
        // The property references a tool's path, so the properties of tools are inputs as well.
        let named = idle(&[("flags", "-B{tools.{build.arch}-gcc.path}")]);
        assert_eq!(named, ["debug.", "bootloader.", "menu."]);
    }
}
