#pragma once
int lib();
