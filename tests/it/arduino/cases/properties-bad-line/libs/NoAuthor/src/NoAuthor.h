#define NOAUTHOR 6
