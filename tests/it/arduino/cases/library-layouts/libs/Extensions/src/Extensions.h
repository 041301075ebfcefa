#include "t.tpp"
#include "i.ipp"
int e1(); int e2(); int e3();
extern "C" int e4();
extern "C" int e5();
