#pragma once
int next_one();
