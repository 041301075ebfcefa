#pragma once

namespace filter {

/// The middle one of three.
int median(int a, int b, int c);

}  // namespace filter
