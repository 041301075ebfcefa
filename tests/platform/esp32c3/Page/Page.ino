// Files that firmware holds: as they are, and as texts with their end.

extern const char page_begin[] asm("_binary_index_html_start");
extern const char page_end[] asm("_binary_index_html_end");
extern const uint8_t logo_begin[] asm("_binary_logo_raw_start");
extern const uint8_t logo_end[] asm("_binary_logo_raw_end");
extern const uint8_t logo_size[] asm("_binary_logo_raw_size");

void setup() {
  Serial.begin(115200);
  Serial.println(page_begin);
  Serial.println(static_cast<int>(page_end - page_begin));
  Serial.println(static_cast<int>(logo_end - logo_begin));
  Serial.println(static_cast<int>(reinterpret_cast<uintptr_t>(logo_size)));
}

void loop() {}
