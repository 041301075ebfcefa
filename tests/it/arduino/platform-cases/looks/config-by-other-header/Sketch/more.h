#define USER 701
