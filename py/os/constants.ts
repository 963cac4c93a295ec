/**
 * The constants of Python's `os` module that descriptors are made with, with Linux's
 * values; and the clocks, which Python has in `time`.
 *
 * @module
 */

// Of open(2)'s flags arm64 has four of its own.
const arm64 = Deno.build.arch === "aarch64";

/** To be read: flag of {@linkcode open}. */
export const O_RDONLY = 0;
/** To be written: flag of {@linkcode open}. */
export const O_WRONLY = 1;
/** To be read and written: flag of {@linkcode open}. */
export const O_RDWR = 2;
/** The bits of O_RDONLY, O_WRONLY and O_RDWR. */
export const O_ACCMODE = 3;
/** Make the file if it is missing: flag of {@linkcode open}. */
export const O_CREAT = 64;
/** Fail if the file is there, with O_CREAT: flag of {@linkcode open}. */
export const O_EXCL = 128;
/** Do not make it the terminal that Ctrl-C comes from: flag of {@linkcode open}. */
export const O_NOCTTY = 256;
/** Cut the file to 0 bytes: flag of {@linkcode open}. */
export const O_TRUNC = 512;
/** Each write goes to the end: flag of {@linkcode open}. */
export const O_APPEND = 1024;
/** Fail with `BlockingIOError` where a call would wait: flag of {@linkcode open} and {@linkcode pipe2}. */
export const O_NONBLOCK = 2048;
/** As O_NONBLOCK. */
export const O_NDELAY = 2048;
/** Each write waits until its data are on the disk: flag of {@linkcode open}. */
export const O_DSYNC = 4096;
/** Signal readiness by SIGIO: flag of {@linkcode open}. */
export const O_ASYNC = 8192;
/**
 * Of a file: go round the page cache, flag of {@linkcode open}. Of a pipe: each write is a
 * packet that is read for itself, flag of {@linkcode pipe2}.
 */
export const O_DIRECT: number = arm64 ? 65536 : 16384;
/** Large files, as always: flag of {@linkcode open}. */
export const O_LARGEFILE = 0;
/** Fail if it is not a folder: flag of {@linkcode open}. */
export const O_DIRECTORY: number = arm64 ? 16384 : 65536;
/** Fail if it is a symbolic link: flag of {@linkcode open}. */
export const O_NOFOLLOW: number = arm64 ? 32768 : 131072;
/** Leave the time of the last read as it is: flag of {@linkcode open}. */
export const O_NOATIME = 262144;
/** Close the descriptor on exec, always so of {@linkcode open}: flag of {@linkcode pipe2}. */
export const O_CLOEXEC = 524288;
/** As O_DSYNC, and for times and the like: flag of {@linkcode open}. */
export const O_SYNC = 1052672;
/** As O_SYNC. */
export const O_FSYNC = 1052672;
/** As O_SYNC. */
export const O_RSYNC = 1052672;
/** Only a place, neither read nor written: flag of {@linkcode open}, for `dir_fd`. */
export const O_PATH = 2097152;
/** Make a file without a name in this folder: flag of {@linkcode open}. */
export const O_TMPFILE: number = 4194304 | O_DIRECTORY;

/** Count from the start: whence of {@linkcode lseek}. */
export const SEEK_SET = 0;
/** Count from the current position: whence of {@linkcode lseek}. */
export const SEEK_CUR = 1;
/** Count from the end: whence of {@linkcode lseek}. */
export const SEEK_END = 2;
/** Go to the next data: whence of {@linkcode lseek}. */
export const SEEK_DATA = 3;
/** Go to the next hole: whence of {@linkcode lseek}. */
export const SEEK_HOLE = 4;

/** Close the descriptor on exec: flag of {@linkcode eventfd}. */
export const EFD_CLOEXEC = 524288;
/** Fail with `BlockingIOError` where a call would wait: flag of {@linkcode eventfd}. */
export const EFD_NONBLOCK = 2048;
/** Each read takes 1 from the counter, not all: flag of {@linkcode eventfd}. */
export const EFD_SEMAPHORE = 1;

/** Close the descriptor on exec, always so here: flag of {@linkcode timerfd_create}. */
export const TFD_CLOEXEC = 524288;
/** Fail with `BlockingIOError` where a read would wait: flag of {@linkcode timerfd_create}. */
export const TFD_NONBLOCK = 2048;
/** `initial` is a time on the timer's clock: flag of {@linkcode timerfd_settime}. */
export const TFD_TIMER_ABSTIME = 1;
/** Reads fail with ECANCELED once the clock is set: flag of {@linkcode timerfd_settime}. */
export const TFD_TIMER_CANCEL_ON_SET = 2;

/** The system's time, which can be set: clock of {@linkcode timerfd_create}, Python's `time`. */
export const CLOCK_REALTIME = 0;
/** Never set, never back: clock of {@linkcode timerfd_create}, Python's `time`. */
export const CLOCK_MONOTONIC = 1;
/** As CLOCK_MONOTONIC, and runs on while the system sleeps: Python's `time`. */
export const CLOCK_BOOTTIME = 7;

/** Waiting for it fails with `BlockingIOError`: flag of {@linkcode pidfd_open}. */
export const PIDFD_NONBLOCK = 2048;

/** Close the descriptor on exec: flag of {@linkcode memfd_create}. */
export const MFD_CLOEXEC = 1;
/** Let seals be set: flag of {@linkcode memfd_create}. */
export const MFD_ALLOW_SEALING = 2;
/** Use huge pages: flag of {@linkcode memfd_create}. */
export const MFD_HUGETLB = 4;
/** Where the size of a huge page stands in the flags, as a power of 2. */
export const MFD_HUGE_SHIFT = 26;
/** The bits of that power. */
export const MFD_HUGE_MASK = 63;
/** Pages of 64 KiB, with MFD_HUGETLB. */
export const MFD_HUGE_64KB = 1073741824;
/** Pages of 512 KiB, with MFD_HUGETLB. */
export const MFD_HUGE_512KB = 1275068416;
/** Pages of 1 MiB, with MFD_HUGETLB. */
export const MFD_HUGE_1MB = 1342177280;
/** Pages of 2 MiB, with MFD_HUGETLB. */
export const MFD_HUGE_2MB = 1409286144;
/** Pages of 8 MiB, with MFD_HUGETLB. */
export const MFD_HUGE_8MB = 1543503872;
/** Pages of 16 MiB, with MFD_HUGETLB. */
export const MFD_HUGE_16MB = 1610612736;
/** Pages of 32 MiB, with MFD_HUGETLB. */
export const MFD_HUGE_32MB = 1677721600;
/** Pages of 256 MiB, with MFD_HUGETLB. */
export const MFD_HUGE_256MB = 1879048192;
/** Pages of 512 MiB, with MFD_HUGETLB. */
export const MFD_HUGE_512MB = 1946157056;
/** Pages of 1 GiB, with MFD_HUGETLB. */
export const MFD_HUGE_1GB = 2013265920;
/** Pages of 2 GiB, with MFD_HUGETLB. */
export const MFD_HUGE_2GB = 2080374784;
/** Pages of 16 GiB, with MFD_HUGETLB. */
export const MFD_HUGE_16GB = 2281701376;
