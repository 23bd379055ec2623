#!/bin/sh
# Runs a command in a file system of its own, as the first process of a mount and a process namespace that were made for it:
# container.sh <scratch folder> <init|direct> <user> <group> <capabilities> <folder> <memory group or -> <mount …> -- <command …>
# A mount is one of overlay:<lower folders, with + between>:<upper+work folder, or ->:<path>, bind:<from>:<path>:<ro|rw>,
# tmpfs:<options>:<path>, and readonly, after which the overlays before it take no writes.
set -eu
path="$PATH"
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
scratch="$1" first="$2" user="$3" group="$4" capabilities="$5" folder="$6" memory="$7"
shift 7

root="$scratch/root"
overlays=''
count=0
[ "$memory" = - ] || echo $$ >"$memory/cgroup.procs"
mount --make-rprivate /
mount -t tmpfs -o mode=0755 tmpfs "$scratch"
mkdir "$root"

while [ "$1" != -- ]; do
  kind="${1%%:*}"
  rest="${1#*:}"
  what="${rest%%:*}"
  rest="${rest#*:}"
  case "$kind" in
    overlay)
      upper="${rest%%:*}"
      where="${rest#*:}"
      count=$((count + 1))
      [ "$upper" != - ] || upper="$scratch/upper$count+$scratch/work$count"
      mkdir -p "${upper%+*}" "${upper#*+}" "$root$where"
      mount -t overlay -o "lowerdir=$(echo "$what" | tr + :),upperdir=${upper%+*},workdir=${upper#*+}" overlay "$root$where"
      overlays="$overlays $root$where"
      ;;
    bind)
      where="${rest%%:*}"
      if [ -d "$what" ]; then mkdir -p "$root$where"; else mkdir -p "$(dirname "$root$where")" && touch "$root$where"; fi
      mount --rbind "$what" "$root$where"
      [ "${rest#*:}" = rw ] || mount -o remount,bind,ro "$root$where"
      ;;
    tmpfs)
      mkdir -p "$root$rest"
      mount -t tmpfs -o "$what" tmpfs "$root$rest"
      ;;
    readonly)
      for overlay in $overlays; do mount -o remount,ro "$overlay"; done
      ;;
  esac
  shift
done
shift
mount -t proc proc "$root/proc"

set -- "$(command -v setpriv)" --no-new-privs --inh-caps=-all "--bounding-set=-all,$capabilities" \
  "$(command -v nsenter)" "--root=$root" "--wd=$root$folder" --setuid "$user" --setgid "$group" "$@"
PATH="$path"
# Whoever waits at descriptor 3 knows now that signals reach the command.
# The first process of a container ignores signals that it does not handle. An init process forwards them to one that does not.
ready() { { echo >&3; } 2>/dev/null || true; }
if [ "$first" = direct ]; then
  ready
  exec "$@" 3>&-
fi
child=''
trap '[ -z "$child" ] || kill -TERM $child' TERM
"$@" 3>&- &
child=$!
# Until it is another program, it would take a signal for one of this shell's and forget it.
# shellcheck disable=SC3013 # every sh of Linux distributions knows -ef
while [ "$root/proc/$child/exe" -ef "$root/proc/1/exe" ]; do :; done
ready
# The shell says of children how they ended, which is no output of the container.
exec 2>/dev/null 3>&-
code=0
wait $child || code=$?
while kill -0 $child 2>/dev/null; do
  code=0
  wait $child || code=$?
done
exit $code
