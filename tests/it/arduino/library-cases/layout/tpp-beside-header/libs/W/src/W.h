#include "W.tpp"
