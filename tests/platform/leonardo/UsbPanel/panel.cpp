#include "panel.h"

#include <HID.h>

#if !defined(USBCON)
#error "this board has no USB of its own"
#endif

static const uint8_t REPORT_ID = 4;

// A vendor-defined collection with one report of two bytes.
static const uint8_t DESCRIPTOR[] PROGMEM = {
    0x06, 0x42, 0xFF,       // usage page: vendor 0xFF42
    0x09, 0x01,             // usage 1
    0xA1, 0x01,             // collection: application
    0x85, REPORT_ID,        //   report id
    0x09, 0x02,             //   usage 2
    0x15, 0x00,             //   logical minimum 0
    0x26, 0xFF, 0x00,       //   logical maximum 255
    0x75, 0x08,             //   size: 8 bits
    0x95, sizeof(PanelReport),
    0x81, 0x02,             //   input: data, variable, absolute
    0xC0,                   // end collection
};

void panelBegin() {
  static HIDSubDescriptor node(DESCRIPTOR, sizeof DESCRIPTOR);
  HID().AppendDescriptor(&node);
}

void panelSend(const PanelReport &report) { HID().SendReport(REPORT_ID, &report, sizeof report); }
