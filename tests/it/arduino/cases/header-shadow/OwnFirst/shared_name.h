#pragma once
#define SHARED 3
