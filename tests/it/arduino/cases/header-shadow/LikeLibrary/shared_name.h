#pragma once
#define SHARED 2
