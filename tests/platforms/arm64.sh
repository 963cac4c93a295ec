#!/usr/bin/env bash
# Runs tests/ffi, tests/py and the flagship's backends on arm64, under qemu-user 10: about 15
# minutes on 2 cores. Needs root, mmdebstrap and npm; debian.sh says what else can be set.
#
#   tests/platforms/arm64.sh [FILE...]
exec "$(dirname "$0")/debian.sh" trixie arm64 "$@"
