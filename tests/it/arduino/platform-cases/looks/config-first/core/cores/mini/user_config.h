#define USER 2
