#pragma once

const int LED = thirteen;
