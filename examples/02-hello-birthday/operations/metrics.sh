# shellcheck shell=bash
# For the scripts beside: metrics that the nodes of a cluster publish.

# newest <region> <cluster> <metric> <since>: the newest value since then; None where there is none.
newest() {
  aws cloudwatch get-metric-statistics --region "$1" --namespace CdkPrivateBackend/SelfHostedPostgres --metric-name "$3" --dimensions "Name=Cluster,Value=$2" \
    --start-time "$4" --end-time "$(date --utc +%FT%TZ)" --period 60 --statistics Maximum --query 'max_by(Datapoints, &Timestamp).Maximum' --output text
}

# number <text>: whether it is one. A metric that nobody publishes is not.
number() {
  [[ "$1" =~ ^[0-9]+(\.[0-9]+)?$ ]]
}
