#define VERB(type, name) type verb_##name()
#define CALL(name) verb_##name
