#define PIN 3
