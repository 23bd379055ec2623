#!/usr/bin/env bash
# Ends with 0 when this node votes in etcd and is the primary, or streams from it.
. "$(dirname "$0")/lib.sh"

etcd_here endpoint status -w json 2> /dev/null | jq -e '.[0].Status.isLearner | not' > /dev/null
is_primary && exit 0
takes_part "$ADDRESS"
cluster | jq -e --arg name "$NAME" '
  (.members | map(select(.role == "leader"))) as $leader
  | ($leader | length == 1) and any(.members[]; .name == $name and .state == "streaming" and .timeline == $leader[0].timeline)' > /dev/null
