void setup(){}
void loop(){}
