#!/usr/bin/env bash
# Runs tests/ffi, tests/py and the flagship's backends in another Debian: another glibc, or another
# processor under qemu-user. Needs root, mmdebstrap and npm, and changes nothing outside the root
# folder that it makes.
#
#   tests/platforms/debian.sh SUITE ARCH [FILE...]
#
#   tests/platforms/debian.sh bullseye amd64     glibc 2.31; 2 minutes on 2 cores
#   tests/platforms/debian.sh trixie arm64       qemu 10; 15 minutes on 2 cores
#
# FILE: run these test files only.
# IOMUX_ROOTS: the folder that keeps the roots for the next run (default: /var/tmp/iomux-roots).
# IOMUX_MIRROR: a Debian mirror, if the machine's own apt has none (on Ubuntu).
# DENO_VERSION: the version of Deno to run (default: the README's).
set -euo pipefail
cd "$(dirname "$0")/../.."
suite=${1:?usage: debian.sh SUITE ARCH [FILE...]}
arch=${2:?usage: debian.sh SUITE ARCH [FILE...]}
shift 2

die() { echo "$0: $*" >&2; exit 1; }
[ "$(id -u)" -eq 0 ] || die "needs root, for chroot"
for command in mmdebstrap npm; do
  command -v "$command" >/dev/null || die "$command is not installed"
done

case $arch in
  amd64) build=x64 ;;
  arm64) build=arm64 ;;
  *) die "Deno has no build for $arch" ;;
esac
deno_version=${DENO_VERSION:-$(sed -nE 's/^npx -y deno@([0-9.]+) task test$/\1/p' README.md | head -1)}
roots=${IOMUX_ROOTS:-/var/tmp/iomux-roots}
root=$roots/$suite-$arch
mkdir -p "$roots"
mirror=${IOMUX_MIRROR:-$(apt-get indextargets --format '$(SITE)' 'Origin: Debian' 'Label: Debian' | head -1)}
[ -n "$mirror" ] || die "apt knows no Debian mirror: set IOMUX_MIRROR"

# The mounts live in a mount namespace of their own. The handler of foreign programs is registered
# with the kernel, so the script removes it at the end.
if [ "${IOMUX_NAMESPACE:-}" != own ]; then
  IOMUX_NAMESPACE=own exec unshare --mount --propagation private -- "$0" "$suite" "$arch" "$@"
fi

handlers=/proc/sys/fs/binfmt_misc
if [ "$arch" != "$(dpkg --print-architecture)" ]; then
  # Debian trixie's qemu 10: V8 crashes in qemu 7.2 of bookworm.
  emulator=$roots/qemu/usr/bin/qemu-aarch64
  if [ ! -x "$emulator" ]; then
    rm -rf "$roots/qemu"
    mmdebstrap --quiet --variant=extract --include=qemu-user trixie "$roots/qemu" "$mirror"
  fi
  [ -e "$handlers/register" ] || mount -t binfmt_misc binfmt_misc "$handlers"
  if [ ! -e "$handlers/iomux-aarch64" ]; then
    # The ELF header of an aarch64 program. P keeps argv[0]; F opens the emulator now, so it need
    # not be inside the root.
    magic='\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00'
    mask='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'
    printf '%s' ":iomux-aarch64:M::$magic:$mask:$emulator:PF" >"$handlers/register"
    trap 'echo -1 >"$handlers/iomux-aarch64"' EXIT
  fi
fi

if [ ! -e "$root/made" ]; then
  rm -rf "$root"
  # The tests need a C compiler and Python, for structs and constants.
  mmdebstrap --quiet --variant=minbase --skip=check/qemu --architectures="$arch" \
    --include=gcc,libc6-dev,netbase,procps,python3 "$suite" "$root" "$mirror"
  touch "$root/made"
fi
if [ ! -x "$root/opt/deno-$deno_version" ]; then
  package=$(cd "$roots" && npm pack --loglevel=error "@deno/linux-$build-glibc@$deno_version") ||
    die "npm has no Deno $deno_version for $build: set DENO_VERSION to another"
  tar -xzf "$roots/$package" -C "$root/opt" --strip-components=1 package/deno
  mv "$root/opt/deno" "$root/opt/deno-$deno_version"
  rm "$roots/$package"
fi
ln -sf "/opt/deno-$deno_version" "$root/usr/local/bin/deno"

# The working tree, with uncommitted changes.
rm -rf "$root/checkout"
mkdir "$root/checkout"
git ls-files -z --cached --others --exclude-standard |
  tar -c --null --files-from=- --ignore-failed-read 2>/dev/null | tar -x -C "$root/checkout"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --rbind /sys "$root/sys"
mount -t tmpfs tmpfs "$root/tmp"
echo "127.0.0.1 localhost $(hostname)" >"$root/etc/hosts"
echo "::1 localhost" >>"$root/etc/hosts"

inside() {
  chroot "$root" /usr/bin/env -i --chdir=/checkout PATH=/usr/local/bin:/usr/sbin:/usr/bin:/bin \
    HOME=/root LC_ALL=C.UTF-8 NO_COLOR=1 DENO_NO_UPDATE_CHECK=1 "$@"
}

files=("$@")
[ $# -gt 0 ] || mapfile -t files < <(git ls-files 'tests/ffi/*_test.ts' 'tests/py/*_test.ts')

inside uname -srm
inside ldd --version | sed -n 1p
inside deno --version | sed -n 1p

# Tests that fail in the emulator; some crash the whole process.
cannot=tests/platforms/$suite-$arch.txt
leave_out=()
[ ! -e "$cannot" ] || leave_out=(--preload tests/platforms/leave_out.ts)

log=$(mktemp)
passed=0 failed=0 ignored=0
for file in "${files[@]}"; do
  # One file at a time, so that a crash of the emulator costs one file.
  inside timeout 900 env IOMUX_LEAVE_OUT="$cannot" \
    deno test --quiet --allow-all --no-check "${leave_out[@]}" "$file" >"$log" 2>&1 || true
  if ! read -r p f < <(sed -nE 's/.*\| ([0-9]+) passed.* \| ([0-9]+) failed.*/\1 \2/p' "$log"); then
    p=0 f=1
  fi
  i=$(sed -nE 's/.*\| ([0-9]+) failed \| ([0-9]+) ignored.*/\2/p' "$log")
  [ "$f" -eq 0 ] || tail -n 60 "$log"
  echo "$file: $p passed, $f failed, ${i:-0} ignored"
  passed=$((passed + p)) failed=$((failed + f)) ignored=$((ignored + ${i:-0}))
done
rm "$log"

# The flagship gives clients/parts.ts six answers on each backend.
echo_server() {
  mkfifo /tmp/first
  deno run --allow-ffi servers/echo.ts --backend "$1" --port 0 >/tmp/first &
  exec 3</tmp/first
  read -r first <&3
  deno run --allow-ffi clients/parts.ts --port "${first##* }" | grep -c received
  kill %1
  wait %1
  exec 3<&-
  rm /tmp/first
}
if [ $# -eq 0 ]; then
  for backend in select poll epoll; do
    answers=$(inside bash -c "$(declare -f echo_server); echo_server $backend") || true
    echo "servers/echo.ts --backend $backend: ${answers:-0} answers of 6"
    if [ "$answers" = 6 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
  done
fi
echo "$suite on $arch, Deno $deno_version: $passed passed, $failed failed, $ignored ignored"
[ "$failed" -eq 0 ]
