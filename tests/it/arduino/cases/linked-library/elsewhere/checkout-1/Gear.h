#define GEAR 1
