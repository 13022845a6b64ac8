#!/bin/sh
# A private PostgreSQL cluster in a temporary directory, for the tests in Node.js and Python.
# Prints the URL of an empty database when it takes connections. Ends, and removes everything, when standard input does.
set -eu
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -t/ -k5 -n | tail -n 1)
directory=$(mktemp -d "${TMPDIR:-/tmp}/sekisho-postgres-XXXXXX")
# The server refuses to run as root: it gets the user that the package has made for it.
run=
if [ "$(id -u)" = 0 ]; then
  chown postgres:postgres "$directory"
  run="setpriv --reuid=postgres --regid=postgres --clear-groups"
fi
cd "$directory"
postmaster=
end() {
  trap '' EXIT INT TERM HUP
  if [ -n "$postmaster" ]; then kill -QUIT "$postmaster" 2>/dev/null || true; wait "$postmaster" || true; fi
  cd /
  rm -rf "$directory"
}
trap end EXIT
trap 'exit 1' INT TERM HUP

$run "$bin/initdb" -U postgres -A trust -E UTF8 --no-locale --no-sync -D "$directory/data" >log 2>&1 || { cat log >&2; exit 1; }
for attempt in 1 2 3; do
  # Below the ports of outgoing connections. Taken already: the server ends, and the next one is tried.
  port=$((20000 + ($$ * 61 + attempt) % 12000))
  $run "$bin/postgres" -D "$directory/data" -p "$port" -k "$directory" -c listen_addresses=127.0.0.1 </dev/null >>log 2>&1 &
  postmaster=$!
  while kill -0 "$postmaster" 2>/dev/null; do
    if "$bin/psql" -h "$directory" -p "$port" -U postgres -c 'CREATE DATABASE sekisho' >/dev/null 2>&1; then
      echo "postgres://postgres@127.0.0.1:$port/sekisho"
      while read -r _; do :; done
      exit 0
    fi
    sleep 0.1
  done
done
cat log >&2
exit 1
