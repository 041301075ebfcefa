#define USER 703
