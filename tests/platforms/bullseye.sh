#!/usr/bin/env bash
# Runs tests/ffi, tests/py and the flagship's backends on Debian 11, glibc 2.31: about 2 minutes
# on 2 cores. Needs root, mmdebstrap and npm; debian.sh says what else can be set.
#
#   tests/platforms/bullseye.sh [FILE...]
exec "$(dirname "$0")/debian.sh" bullseye amd64 "$@"
