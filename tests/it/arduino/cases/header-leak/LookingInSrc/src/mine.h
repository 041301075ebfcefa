#define MINE 8
