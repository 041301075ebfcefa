#ifdef __cplusplus
#error C only
#endif
int c_only = 1;
