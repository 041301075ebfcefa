//! arduino-mk: a makefile for each sketch.

use std::path::PathBuf;

use super::each::Each;
use super::{Peer, Result, Work};
use crate::firmware::Firmware;
use crate::set::BOARDS;
use crate::table::Table;
use crate::tools::empty;

pub(super) struct ArduinoMk {
    out: PathBuf,
    each: Each,
}

impl ArduinoMk {
    pub(super) fn new(work: Work<'_>) -> Result<Self> {
        // Its dependencies on Python and Perl are only for uploads.
        let package = work.tools.packages(&["arduino-mk"], false)?;
        let makefiles = package.root.join("usr/share/arduino");
        let directory = work.directory.join("arduino-mk");
        empty(&directory)?;
        let out = directory.join("out");
        let core = &work.tools.core.platform_dir;
        // ARDUINO_DIR/hardware/arduino/avr
        let arduino = core.ancestors().nth(3).ok_or("the core is in no directory of Arduino's")?;
        let compilers = work.tools.compilers();
        let mut commands = Vec::new();
        for (board, fqbn) in BOARDS {
            for sketch in &work.set.sketches {
                let place = out.join(board).join(&sketch.name);
                let mut words: Vec<String> =
                    [work.tools.make().get_program().to_string_lossy().as_ref(), "-C"]
                        .map(str::to_owned)
                        .into();
                words.push(sketch.directory.display().to_string());
                words.extend(["-f".to_owned(), makefiles.join("Arduino.mk").display().to_string()]);
                for (name, value) in [
                    ("ARDUINO_DIR", arduino.display().to_string()),
                    ("ARDMK_DIR", makefiles.display().to_string()),
                    ("AVR_TOOLS_DIR", compilers.parent().unwrap_or(&compilers).display().to_string()),
                    ("USER_LIB_PATH", work.set.matrix.with_file_name("libraries").display().to_string()),
                    ("OBJDIR", place.display().to_string()),
                    ("ARCHITECTURE", "avr".to_owned()),
                    ("ARDUINO_VERSION", "10607".to_owned()),
                    ("BOARD_TAG", board.to_owned()),
                ] {
                    words.push(format!("{name}={value}"));
                }
                if let Some((_, cpu)) = fqbn.split_once(":cpu=") {
                    words.push(format!("BOARD_SUB={cpu}"));
                }
                commands.push(words);
            }
        }
        Ok(Self { each: Each::new(&directory, work.jobs, &commands)?, out })
    }
}

impl Peer for ArduinoMk {
    fn round(&self, work: Work<'_>, _: &Firmware, table: &mut Table) -> Result<()> {
        empty(&self.out)?;
        for way in ["cold", "nothing changed"] {
            let mut command = self.each.command(work.tools);
            // As a make variable on the command line, it would replace all other flags.
            command.env("CXXFLAGS", "-DDECIMAL_DIG=__DECIMAL_DIG__ -fpermissive");
            let way = format!("arduino-mk, {} jobs for all, {way}", work.jobs);
            self.each.measure(&way, &mut command, &self.out, work, table)?;
        }
        Ok(())
    }
}
