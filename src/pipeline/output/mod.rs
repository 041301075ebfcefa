//! Outputs after the compiles: archives, images, sizes, and the directories that contain them.

pub(super) mod advanced_size;
pub(super) mod archive;
pub(super) mod artifacts;
pub(super) mod bootloader;
pub(super) mod directory;
pub(super) mod embed;
pub(super) mod inputs;
pub(super) mod long_link;
pub(super) mod size;
