#define H 41
