#define USER 706
