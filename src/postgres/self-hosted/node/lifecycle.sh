#!/usr/bin/env bash
# Watches what the Auto Scaling group wants of this instance, and drains it before it is terminated.
# lifecycle.sh watch | complete HOOK RESULT | heartbeat HOOK
. "$(dirname "$0")/lib.sh"

group() {
  aws autoscaling describe-auto-scaling-instances --instance-ids "$(imds instance-id)" --query 'AutoScalingInstances[0].AutoScalingGroupName' --output text
}

# complete HOOK RESULT: nothing to complete is no fault, as after a reboot.
complete() {
  local instance name
  instance=$(imds instance-id)
  name=$(group)
  [ -n "$name" ] && [ "$name" != None ] || return 0
  aws autoscaling complete-lifecycle-action --auto-scaling-group-name "$name" --lifecycle-hook-name "$1" --instance-id "$instance" --lifecycle-action-result "$2" \
    || log "The hook '$1' is not waiting."
}

# ask_for_time: for as long as the drain takes. EC2 would not wait for longer than the hook says.
ask_for_time() {
  while sleep 600; do
    heartbeat terminating || log 'The hook gives no more time.'
  done
}

# heartbeat HOOK: the hook waits for half an hour again.
heartbeat() {
  aws autoscaling record-lifecycle-action-heartbeat --auto-scaling-group-name "$(group)" --lifecycle-hook-name "$1" --instance-id "$(imds instance-id)"
}

watch() {
  while sleep 5; do
    [ "$(imds autoscaling/target-lifecycle-state 2> /dev/null)" = Terminated ] || continue
    ask_for_time &
    until "$HERE/drain.sh"; do
      log 'The drain failed and is tried again. EC2 terminates this instance when the hook ends.'
      sleep 10
    done
    kill %1
    complete terminating CONTINUE
    return
  done
}

"$@"
