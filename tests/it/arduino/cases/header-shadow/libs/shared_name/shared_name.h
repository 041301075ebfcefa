#pragma once
#define SHARED 6
