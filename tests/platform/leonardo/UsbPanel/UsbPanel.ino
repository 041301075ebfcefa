// Two buttons and a knob as a USB device of their own kind, with a log on the USB serial port and the
// state on the hardware's.

#include <Blinker.h>

#include "panel.h"

const uint8_t BUTTONS[] = {2, 3};
const uint8_t KNOB = A0;

Blinker blinker(LED_BUILTIN);
PanelReport last;

void setup() {
  for (uint8_t pin : BUTTONS) {
    pinMode(pin, INPUT_PULLUP);
  }
  blinker.begin();
  Serial.begin(9600);
  Serial1.begin(31250);
  panelBegin();
}

void loop() {
  blinker.tick();
  PanelReport now = readPanel();
  if (memcmp(&now, &last, sizeof now) != 0) {
    last = now;
    show(now);
  }
}

void show(PanelReport report) {
  panelSend(report);
  blinker.show(report.buttons);
  Serial1.write(blinkerSegments(report.buttons));
  if (Serial) {
    Serial.println("knob " + String(report.knob) + ", buttons " + String(report.buttons, BIN));
  }
}

PanelReport readPanel() {
  PanelReport report = {0, static_cast<uint8_t>(analogRead(KNOB) >> 2)};
  for (uint8_t index = 0; index < sizeof BUTTONS; index++) {
    bitWrite(report.buttons, index, digitalRead(BUTTONS[index]) == LOW);
  }
  return report;
}
