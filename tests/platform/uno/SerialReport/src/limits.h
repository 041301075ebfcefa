/* Also read by the assembler: macros only. */
#define LARGEST_SUM 0xFFFF
