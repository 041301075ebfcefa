#pragma once

#include <stdint.h>

/// What the host gets.
struct PanelReport {
  uint8_t buttons;
  uint8_t knob;
};

/// Announces the device. Before USB is attached: from `setup`.
void panelBegin();

/// Sends a report.
void panelSend(const PanelReport &report);
