#!/bin/sh
# Starts and stops an echo server in the background, for examples/deploy/rolling.ts. With
# systemd, use systemctl instead.
#
#   examples/deploy/server.sh start|stop|restart NAME HOST:PORT
#
# RUNTIME_DIRECTORY: the folder for process ids and logs (default /run/iomux).
# SERVER_USER: the servers' user if root starts them; never root (default nobody).
# DENO: the deno binary itself, not a script that starts it (default deno).
set -eu

fail() {
  echo "examples/deploy/server.sh: $*" >&2
  exit 1
}

[ $# -eq 3 ] || fail "wants start|stop|restart NAME HOST:PORT"
action=$1 name=$2 address=$3
cd "$(dirname "$0")/../.."
folder=${RUNTIME_DIRECTORY:-/run/iomux}
mkdir -p "$folder"
pid_file=$folder/$name.pid log=$folder/$name.log

# Whether a process runs; a zombie does not.
runs() {
  grep -qs '^State:[[:space:]]*[^ZX[:space:]]' "/proc/$1/status"
}

# Prints the server's process id, unless another process has that id by now.
server_pid() {
  pid=$(cat "$pid_file" 2>/dev/null) &&
    grep -aqs servers/echo.ts "/proc/$pid/cmdline" && echo "$pid"
}

stop() {
  pid=$(server_pid) || return 0
  kill -TERM "$pid"
  # It needs 5 s at most to answer its clients.
  tries=0
  while runs "$pid"; do
    [ $((tries += 1)) -le 600 ] || fail "$name does not stop"
    sleep 0.05
  done
  echo "$name: $(tail -n 1 "$log")"
}

start() {
  ! server_pid >/dev/null || fail "$name runs already"
  set -- "${DENO:-deno}" run --no-prompt --allow-ffi servers/echo.ts --backend epoll \
    --quiet --host "${address%:*}" --port "${address##*:}"
  if [ "$(id -u)" -eq 0 ]; then
    user=${SERVER_USER:-nobody}
    uid=$(id -u "$user") gid=$(id -g "$user")
    [ "$uid" -ne 0 ] || fail "a server does not run as root: SERVER_USER is $user"
    cache=$folder/cache-$user
    mkdir -p "$cache"
    chown "$uid:$gid" "$cache"
    set -- env DENO_DIR="$cache" DENO_NO_UPDATE_CHECK=1 setpriv --reuid="$uid" \
      --regid="$gid" --clear-groups --no-new-privs --bounding-set=-all "$@"
  fi
  # Or grep complains before the background process has made the file.
  : >"$log"
  # In a session of its own, so that Ctrl-C at this terminal does not reach it.
  setsid "$@" </dev/null >"$log" 2>&1 &
  pid=$!
  echo "$pid" >"$pid_file"
  tries=0
  until grep -q '^starting up on' "$log"; do
    if ! runs "$pid" || [ $((tries += 1)) -gt 600 ]; then
      fail "$name does not start: $(cat "$log")"
    fi
    sleep 0.05
  done
  echo "$name: $(head -n 1 "$log")"
}

case $action in
  start) start ;;
  stop) stop ;;
  restart) stop && start ;;
  *) fail "$action is neither start, stop nor restart" ;;
esac
