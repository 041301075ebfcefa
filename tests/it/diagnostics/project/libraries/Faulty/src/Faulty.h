#pragma once
int faulty();
