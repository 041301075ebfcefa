int next_one() {
#ifdef SEEN
  return 21;
#else
  return 22;
#endif
}
