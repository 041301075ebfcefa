struct Pt { int x; };
