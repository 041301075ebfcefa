#!/bin/sh
# Takes one object.
exec "$1" rcs "$3" "$2"
