#define USER 700
