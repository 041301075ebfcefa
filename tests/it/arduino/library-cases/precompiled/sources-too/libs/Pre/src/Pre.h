#pragma once
extern "C" int precompiled(void);
extern "C" int more(void);
