#!/bin/sh
# Starts a Tailscale sidecar of an ECS task. The key goes into a file in memory: containerboot gives TS_AUTHKEY to `tailscale up` as an
# argument, and arguments can be read by every process of the container.
set -eu
umask 077
printf '%s' "$TS_AUTHKEY" > "${KEY_FILE:=/dev/shm/auth-key}"
export TS_AUTHKEY="file:$KEY_FILE"
task=$(wget -qO- "$ECS_CONTAINER_METADATA_URI_V4/task" | sed -n 's|.*"TaskARN": *"[^"]*/\([0-9a-f]\{32\}\)".*|\1|p')
[ -n "$task" ] || { echo "no task id in the metadata of this task" >&2; exit 1; }
export TS_HOSTNAME="agent-$task"
exec containerboot
