#include "Arduino.h"

#include <esp32c3.h>
#include <sdkconfig.h>

#ifndef ARDUINO_CORE_BUILD
#error "the flags of the core's hook were not read"
#endif

void board_init(void) { SYSTIMER(0x00) |= 1u << 30; }

// It counts 16 MHz; 52 bits in two registers.
unsigned long millis(void) {
  SYSTIMER(0x04) = 1u << 30;
  const uint64_t ticks = (uint64_t)SYSTIMER(0x40) << 32 | SYSTIMER(0x44);
  return (unsigned long)(ticks / 16000u);
}

void delay(unsigned long milliseconds) {
  const unsigned long start = millis();
  while (millis() - start < milliseconds) {
  }
}

void pinMode(uint8_t pin, uint8_t mode) { GPIO(mode == OUTPUT ? 0x24 : 0x28) = 1u << pin; }
void digitalWrite(uint8_t pin, uint8_t value) { GPIO(value != LOW ? 0x08 : 0x0C) = 1u << pin; }
int digitalRead(uint8_t pin) { return (GPIO(0x3C) >> pin) & 1 ? HIGH : LOW; }

void uart_begin(unsigned long baud) { UART0(0x14) = 80000000u / baud; }

void uart_put(uint8_t byte) {
  while (((UART0(0x1C) >> 16) & 0x3FF) >= 127) {
  }
  UART0(0x00) = byte;
}

// The application's description (ESP-IDF's documentation, "App Image Format"): esptool writes the ELF's hash into it.
struct app_description {
  uint32_t magic_word, secure_version, reserved[2];
  char version[32], project_name[32], time[16], date[16], idf_ver[32];
  uint8_t app_elf_sha256[32];
  uint32_t others[20];
};
_Static_assert(sizeof(struct app_description) == 256, "its size is fixed");

__attribute__((used, section(".rodata_desc"))) const struct app_description esp_app_desc = {
    .magic_word = 0xABCD5432, .version = "1", .project_name = ARDUINO_BOARD, .idf_ver = CONFIG_ESPTOOLPY_FLASHMODE};
