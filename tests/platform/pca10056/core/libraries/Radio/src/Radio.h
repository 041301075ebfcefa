#pragma once

// Where it is tells the version: it is nothing but a name of the archive's.
extern "C" const char radio_version;
