#!/usr/bin/env bash
# Runs test files on arm64 under a kernel of its own, in qemu-system: slower than
# `debian.sh trixie arm64`, and with all that qemu-user lacks, such as Linux AIO. Needs the root
# that debian.sh makes: run that first, as root, if only with one file.
#
#   tests/platforms/arm64_kernel.sh [FILE...]
#
# FILE: test files in place of tests/ffi and tests/py. IOMUX_ROOTS, IOMUX_MIRROR: as in debian.sh.
set -euo pipefail
cd "$(dirname "$0")/../.."
roots=${IOMUX_ROOTS:-/var/tmp/iomux-roots}
root=$roots/trixie-arm64
[ -e "$root/made" ] || { echo "$0: run tests/platforms/debian.sh trixie arm64 first" >&2; exit 1; }
mirror=${IOMUX_MIRROR:-$(apt-get indextargets --format '$(SITE)' 'Origin: Debian' 'Label: Debian' | head -1)}

# Extracted only: nothing of the two is installed.
extracted() {
  [ ! -e "$roots/$1/made" ] || return 0
  rm -rf "${roots:?}/$1"
  mmdebstrap --quiet --variant=extract --skip=check/qemu --architectures="$2" --include="$3" \
    trixie "$roots/$1" "$mirror"
  touch "$roots/$1/made"
}
extracted qemu-system amd64 qemu-system-arm,cpio
extracted kernel-arm64 arm64 linux-image-arm64
machine=$roots/qemu-system
for folder in bin lib lib64; do
  [ -e "$machine/$folder" ] || ln -s "usr/$folder" "$machine/$folder"
done

# The whole system is in memory, so that the kernel needs no driver of a disk.
image=$machine/image
rm -rf "$image"
mkdir -p "$image"/{proc,sys,dev,tmp,checkout,root}
tar -c -C "$root" --exclude=./usr/share --exclude=./var --exclude=./proc --exclude=./sys \
  --exclude=./dev --exclude=./tmp --exclude=./checkout --exclude=./root --exclude=lto1 \
  --exclude='*lto-dump*' . | tar -x -C "$image"
git ls-files -z --cached --others --exclude-standard |
  tar -c --null --files-from=- --ignore-failed-read 2>/dev/null | tar -x -C "$image/checkout"
files=("$@")
[ $# -gt 0 ] || mapfile -t files < <(git ls-files 'tests/ffi/*_test.ts' 'tests/py/*_test.ts')
printf '%s\n' "${files[@]}" >"$image/files"
cat >"$image/init" <<'INIT'
#!/bin/bash
export PATH=/usr/local/bin:/usr/sbin:/usr/bin:/bin HOME=/root LC_ALL=C.UTF-8 NO_COLOR=1
export DENO_NO_UPDATE_CHECK=1
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir /dev/pts
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /tmp
# SIOCSIFFLAGS with IFF_UP: minbase has no ip(8).
python3 -c 'import fcntl, socket, struct
fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sh14x", b"lo", 1))'
echo 127.0.0.1 localhost >/etc/hosts
echo ::1 localhost >>/etc/hosts
ulimit -n 65536
cd /checkout
uname -srm
while read -r file; do
  timeout 1800 deno test --quiet --allow-all --no-check "$file" </dev/null >/tmp/log 2>&1 ||
    tail -n 60 /tmp/log
  echo "$file: $(grep -oE '[0-9]+ passed.*' /tmp/log | tail -n 1)"
done </files
echo "the end"
echo o >/proc/sysrq-trigger
sleep 60
INIT
chmod +x "$image/init"

(cd "$image" && find .) |
  chroot "$machine" cpio --quiet -o -H newc -D /image >"$machine/initrd"
cp "$roots"/kernel-arm64/boot/vmlinuz-* "$machine/kernel"
chroot "$machine" qemu-system-aarch64 -M virt -cpu cortex-a72 -smp 2 -m 4G -nographic \
  -no-reboot -net none -kernel /kernel -initrd /initrd \
  -append "rdinit=/init console=ttyAMA0 panic=-1 quiet" </dev/null
