#!/usr/bin/env bash
# Ends with 0 when this node votes in etcd and is the primary, or streams from it.
. "$(dirname "$0")/lib.sh"

votes
is_primary && exit 0
takes_part "$ADDRESS"
cluster | jq -e --arg name "$NAME" '
  (.members | map(select(.role == "leader"))) as $leader
  | ($leader | length == 1) and any(.members[]; .name == $name and .state == "streaming" and .timeline == $leader[0].timeline)' > /dev/null
