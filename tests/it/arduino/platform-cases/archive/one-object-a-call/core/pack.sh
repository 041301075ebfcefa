#!/bin/sh
# Takes one object.
exec "$1" rcs "$2" "${3#--object=}"
