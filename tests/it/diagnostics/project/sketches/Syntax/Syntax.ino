// Forty warnings, then the error.
void step1() { int unused1; }
void step2() { int unused2; }
void step3() { int unused3; }
void step4() { int unused4; }
void step5() { int unused5; }
void step6() { int unused6; }
void step7() { int unused7; }
void step8() { int unused8; }
void step9() { int unused9; }
void step10() { int unused10; }
void step11() { int unused11; }
void step12() { int unused12; }
void step13() { int unused13; }
void step14() { int unused14; }
void step15() { int unused15; }
void step16() { int unused16; }
void step17() { int unused17; }
void step18() { int unused18; }
void step19() { int unused19; }
void step20() { int unused20; }
void step21() { int unused21; }
void step22() { int unused22; }
void step23() { int unused23; }
void step24() { int unused24; }
void step25() { int unused25; }
void step26() { int unused26; }
void step27() { int unused27; }
void step28() { int unused28; }
void step29() { int unused29; }
void step30() { int unused30; }
void step31() { int unused31; }
void step32() { int unused32; }
void step33() { int unused33; }
void step34() { int unused34; }
void step35() { int unused35; }
void step36() { int unused36; }
void step37() { int unused37; }
void step38() { int unused38; }
void step39() { int unused39; }
void step40() { int unused40; }

void setup() {
  int level = 3
  analogWrite(9, level);
}

void loop() {}
