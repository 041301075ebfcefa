//! The properties that arduino-cli adds to platforms from before pluggable discovery, so that `--show-properties`
//! prints the same ones. No recipe of a build needs them. Knows nothing of FQBNs or files.
//!
//! Source: `internal/arduino/cores/packagemanager/loader.go` of arduino-cli.

use indexmap::{IndexMap, IndexSet};

use super::menu::MENU;
use super::properties::Properties;

/// Adds all of them, unless the platform supports pluggable discovery; the settings of the serial monitor in any case.
pub(super) fn convert(platform: &mut Properties, boards: &mut IndexMap<String, Properties>) {
    let knows = |key: &str| key.starts_with("pluggable_discovery.") || key.starts_with("pluggable_monitor.");
    let is_legacy = !platform.iter().any(|(key, _)| knows(key));
    if is_legacy {
        platform.set("pluggable_discovery.required.0", "builtin:serial-discovery");
        platform.set("pluggable_discovery.required.1", "builtin:mdns-discovery");
        platform.set("pluggable_monitor.required.serial", "builtin:serial-monitor");
    }
    for board in boards.values_mut() {
        if is_legacy {
            add_upload_ports(board);
            add_default_tools(board);
        }
        add_monitor_settings(board);
    }
    if is_legacy {
        add_network_tools(platform, boards);
    }
}

/// Adds `vid.N` and `pid.N` as `upload_port.M.vid` and `.pid`.
fn add_upload_ports(board: &mut Properties) {
    let pair = |board: &Properties, behind: &str| {
        let part = |name: &str| board.get(&format!("{name}{behind}")).map(str::to_owned);
        part("vid").zip(part("pid"))
    };
    let mut pairs: Vec<(String, String)> = pair(board, "").into_iter().collect();
    let numbers = board.iter().filter_map(|(key, _)| key.strip_prefix("vid.")?.parse::<u64>().ok());
    pairs.extend(numbers.filter_map(|number| pair(board, &format!(".{number}"))));
    for (index, (vid, pid)) in pairs.into_iter().enumerate() {
        board.set(format!("upload_port.{index}.vid"), vid);
        board.set(format!("upload_port.{index}.pid"), pid);
    }
}

/// Adds `upload.tool` as `upload.tool.default`, and likewise other tools, of the board and of its menu options.
fn add_default_tools(board: &mut Properties) {
    let mut added = Vec::new();
    for action in ["upload.tool", "bootloader.tool", "program.tool"] {
        let default = format!("{action}.default");
        if board.contains(&default) {
            continue;
        }
        // menu.MENU.OPTION.upload.tool
        let of_option = |key: &str| {
            let option = key.strip_suffix(action)?.strip_suffix('.')?;
            (option.starts_with(MENU) && option.matches('.').count() == 2)
                .then(|| format!("{option}.{default}"))
        };
        added.extend(board.iter().filter_map(|(key, tool)| Some((of_option(key)?, tool.to_owned()))));
        added.extend(board.get(action).map(|tool| (default.clone(), tool.to_owned())));
    }
    board.extend(added);
}

/// Adds `serial.disableRTS` and `serial.disableDTR` as `monitor_port.serial.rts` and `.dtr`, for the board and at any
/// level below it.
fn add_monitor_settings(board: &mut Properties) {
    let mut added = Vec::new();
    for (signal, setting) in [("DTR", "dtr"), ("RTS", "rts")] {
        let legacy = format!("serial.disable{signal}");
        for (key, value) in board.iter() {
            let Some(owner) = key.strip_suffix(&legacy).filter(|it| it.is_empty() || it.ends_with('.'))
            else {
                continue;
            };
            let state = if value.trim() == "true" { "off" } else { "on" };
            added.push((format!("{owner}monitor_port.serial.{setting}"), state));
        }
    }
    board.extend(added);
}

/// Adds a tool with `upload.network_pattern` as a separate tool, `NAME__pluggable_network`, which its boards use.
fn add_network_tools(platform: &mut Properties, boards: &mut IndexMap<String, Properties>) {
    let tools = platform.subtree("tools.");
    let names: IndexSet<&str> =
        tools.iter().filter_map(|(key, _)| key.split_once('.').map(|(name, _)| name)).collect();
    for name in names {
        let mut tool = tools.subtree(&format!("{name}."));
        let Some(pattern) = tool.remove("upload.network_pattern") else { continue };
        let mut pattern = pattern
            .replace("{serial.port}", "{upload.port.address}")
            .replace("{network.port}", "{upload.port.properties.port}");
        if pattern.contains("{network.password}") {
            tool.set("upload.field.password", "Password");
            tool.set("upload.field.password.secret", "true");
            pattern = pattern.replace("{network.password}", "{upload.field.password}");
        }
        tool.set("upload.pattern", pattern.replace("{upload.network.", "{upload.port.properties."));
        let converted = format!("{name}__pluggable_network");
        let prefix = format!("tools.{converted}.");
        platform.extend(tool.iter().map(|(key, value)| (format!("{prefix}{key}"), value)));
        for (id, board) in &mut *boards {
            if board.get("upload.tool") == Some(name) && !board.contains("upload.tool.network") {
                board.set("upload.tool.network", converted.as_str());
                let is_free = |index: &usize| !board.contains(&format!("upload_port.{index}.vid"));
                let index = (0..=board.len()).find(is_free).unwrap_or_default();
                board.set(format!("upload_port.{index}.board"), id.as_str());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(platform: &[(&str, &str)], board: &[(&str, &str)]) -> (Properties, Properties) {
        let mut platform: Properties = platform.iter().copied().collect();
        let mut boards = IndexMap::from([("b".to_owned(), board.iter().copied().collect::<Properties>())]);
        convert(&mut platform, &mut boards);
        (platform, boards.swap_remove("b").unwrap_or_default())
    }

    fn lines(properties: &Properties) -> Vec<String> {
        properties.iter().map(|(key, value)| format!("{key}={value}")).collect()
    }

    #[test]
    fn a_legacy_board_gets_ports_tools_and_monitor_settings() {
        let board = [
            ("vid.0", "0x1"),
            ("pid.0", "0x2"),
            ("vid.2", "0x3"),
            ("pid.2", "0x4"),
            ("vid.x", "0x5"),
            ("upload.tool", "dude"),
            ("menu.cpu.a.upload.tool", "other"),
            ("menu.cpu.a.serial.disableDTR", "true"),
            ("serial.disableRTS", "false"),
        ];
        let (_, converted) = converted(&[], &board);
        assert_eq!(
            lines(&converted)[board.len()..],
            [
                "upload_port.0.vid=0x1",
                "upload_port.0.pid=0x2",
                "upload_port.1.vid=0x3",
                "upload_port.1.pid=0x4",
                "menu.cpu.a.upload.tool.default=other",
                "upload.tool.default=dude",
                "menu.cpu.a.monitor_port.serial.dtr=off",
                "monitor_port.serial.rts=on",
            ]
        );
    }

    #[test]
    fn a_network_pattern_becomes_a_tool() {
        let pattern = "{cmd} {serial.port} {network.password} {upload.network.endpoint}";
        let platform = [("tools.ota.cmd", "c"), ("tools.ota.upload.network_pattern", pattern)];
        let (platform, board) = converted(&platform, &[("upload.tool", "ota")]);
        assert_eq!(
            lines(&platform)[5..],
            [
                "tools.ota__pluggable_network.cmd=c",
                "tools.ota__pluggable_network.upload.field.password=Password",
                "tools.ota__pluggable_network.upload.field.password.secret=true",
                "tools.ota__pluggable_network.upload.pattern={cmd} {upload.port.address} {upload.field.password} \
                 {upload.port.properties.endpoint}",
            ]
        );
        assert_eq!(
            lines(&board)[1..],
            [
                "upload.tool.default=ota",
                "upload.tool.network=ota__pluggable_network",
                "upload_port.0.board=b"
            ]
        );
    }

    #[test]
    fn a_platform_that_knows_pluggable_discovery_is_left_alone() {
        let (platform, board) = converted(
            &[("pluggable_discovery.required", "x"), ("tools.ota.upload.network_pattern", "x")],
            &[("vid.0", "1"), ("pid.0", "2"), ("upload.tool", "ota"), ("serial.disableDTR", "true")],
        );
        assert_eq!(
            (platform.len(), lines(&board)[3..].to_vec()),
            (2, vec!["serial.disableDTR=true".to_owned(), "monitor_port.serial.dtr=off".to_owned()])
        );
    }
}
