#define NOTE 3
