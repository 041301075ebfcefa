# Makes what every build begins with: prebuild.sh BUILD_PATH SOURCE_PATH
set -e
mkdir -p "$1/sketch"
# The sketch's own flags, or none.
if [ -f "$2/build_opt.h" ]; then
  cp "$2/build_opt.h" "$1/sketch/build.opt"
else
  : > "$1/sketch/build.opt"
fi
# Nothing in a sketch would lead to the library that is most of the core.
echo '#include <SrcWrapper.h>' > "$1/sketch/requiredLibraries.cpp"
