template <class T> T tpp(T a) { return a + 1; }
