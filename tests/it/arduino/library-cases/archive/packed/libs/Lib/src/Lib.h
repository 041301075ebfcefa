#pragma once
int first();
int second();
