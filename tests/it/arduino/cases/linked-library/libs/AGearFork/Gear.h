#define GEAR 2
