#define USER 702
