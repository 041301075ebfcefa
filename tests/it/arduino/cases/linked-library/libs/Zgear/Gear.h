#define GEAR 3
