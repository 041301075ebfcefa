// Brings the chip's part into every sketch.
#pragma once
