#define ESP_THING 1
