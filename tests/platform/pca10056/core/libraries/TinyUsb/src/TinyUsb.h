#pragma once

unsigned long flash_identity();
