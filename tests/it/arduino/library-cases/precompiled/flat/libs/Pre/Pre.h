#pragma once
extern "C" int precompiled(void);
