void setup() { tick(); }
void loop() {}
void tick()
{
}  ;
void tock() { tick(); } ;;
