#pragma once

// Many overloads, each of which a compiler names that finds none to fit.
struct Kind0 { int value; };
inline void write(const Kind0 &kind) { (void)kind; }
struct Kind1 { int value; };
inline void write(const Kind1 &kind) { (void)kind; }
struct Kind2 { int value; };
inline void write(const Kind2 &kind) { (void)kind; }
struct Kind3 { int value; };
inline void write(const Kind3 &kind) { (void)kind; }
struct Kind4 { int value; };
inline void write(const Kind4 &kind) { (void)kind; }
struct Kind5 { int value; };
inline void write(const Kind5 &kind) { (void)kind; }
struct Kind6 { int value; };
inline void write(const Kind6 &kind) { (void)kind; }
struct Kind7 { int value; };
inline void write(const Kind7 &kind) { (void)kind; }
struct Kind8 { int value; };
inline void write(const Kind8 &kind) { (void)kind; }
struct Kind9 { int value; };
inline void write(const Kind9 &kind) { (void)kind; }
struct Kind10 { int value; };
inline void write(const Kind10 &kind) { (void)kind; }
struct Kind11 { int value; };
inline void write(const Kind11 &kind) { (void)kind; }
struct Kind12 { int value; };
inline void write(const Kind12 &kind) { (void)kind; }
struct Kind13 { int value; };
inline void write(const Kind13 &kind) { (void)kind; }
struct Kind14 { int value; };
inline void write(const Kind14 &kind) { (void)kind; }
struct Kind15 { int value; };
inline void write(const Kind15 &kind) { (void)kind; }
struct Kind16 { int value; };
inline void write(const Kind16 &kind) { (void)kind; }
struct Kind17 { int value; };
inline void write(const Kind17 &kind) { (void)kind; }
struct Kind18 { int value; };
inline void write(const Kind18 &kind) { (void)kind; }
struct Kind19 { int value; };
inline void write(const Kind19 &kind) { (void)kind; }
struct Kind20 { int value; };
inline void write(const Kind20 &kind) { (void)kind; }
struct Kind21 { int value; };
inline void write(const Kind21 &kind) { (void)kind; }
struct Kind22 { int value; };
inline void write(const Kind22 &kind) { (void)kind; }
struct Kind23 { int value; };
inline void write(const Kind23 &kind) { (void)kind; }
struct Kind24 { int value; };
inline void write(const Kind24 &kind) { (void)kind; }
struct Kind25 { int value; };
inline void write(const Kind25 &kind) { (void)kind; }
struct Kind26 { int value; };
inline void write(const Kind26 &kind) { (void)kind; }
struct Kind27 { int value; };
inline void write(const Kind27 &kind) { (void)kind; }
struct Kind28 { int value; };
inline void write(const Kind28 &kind) { (void)kind; }
struct Kind29 { int value; };
inline void write(const Kind29 &kind) { (void)kind; }
struct Kind30 { int value; };
inline void write(const Kind30 &kind) { (void)kind; }
struct Kind31 { int value; };
inline void write(const Kind31 &kind) { (void)kind; }
struct Kind32 { int value; };
inline void write(const Kind32 &kind) { (void)kind; }
struct Kind33 { int value; };
inline void write(const Kind33 &kind) { (void)kind; }
struct Kind34 { int value; };
inline void write(const Kind34 &kind) { (void)kind; }
struct Kind35 { int value; };
inline void write(const Kind35 &kind) { (void)kind; }
struct Kind36 { int value; };
inline void write(const Kind36 &kind) { (void)kind; }
struct Kind37 { int value; };
inline void write(const Kind37 &kind) { (void)kind; }
struct Kind38 { int value; };
inline void write(const Kind38 &kind) { (void)kind; }
struct Kind39 { int value; };
inline void write(const Kind39 &kind) { (void)kind; }
struct Kind40 { int value; };
inline void write(const Kind40 &kind) { (void)kind; }
struct Kind41 { int value; };
inline void write(const Kind41 &kind) { (void)kind; }
struct Kind42 { int value; };
inline void write(const Kind42 &kind) { (void)kind; }
struct Kind43 { int value; };
inline void write(const Kind43 &kind) { (void)kind; }

template <typename T> void writeEach(const T *values, int count) {
  for (int at = 0; at < count; at++) write(values[at]);
}

template <typename T> void writeAll(const T *values, int count) {
  writeEach(values, count);
}
