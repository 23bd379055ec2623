"""Starts ministack with what CloudFormation refuses on AWS and ministack 1.5.33 does not.

Deletion protection of servers and balancers holds, also in rollbacks, and buckets must be empty. What a resource needs that could not be deleted is not
touched. A stack whose creation could not be rolled back keeps what is left of it, so that it can be deleted later.
"""

from contextlib import contextmanager
from functools import wraps

from ministack.services import alb, rds, s3
from ministack.services.cloudformation import handlers, provisioners, stacks


class Refusal(Exception):
    """What AWS answers instead of deleting."""


class Needed(Exception):
    """CloudFormation does not begin to delete what an undeleted resource needs."""


# By stack name, while a stack is deleted or rolled back: its template, what could not be deleted, and what that needs.
_running = {}

RDS_MESSAGES = {
    "instance": "Cannot delete protected DB Instance, please disable deletion protection and try again.",
    "cluster": "Cannot delete protected Cluster, please disable deletion protection and try again.",
}
RDS_OWN_MESSAGES = {
    "Cannot delete a DB instance when DeletionProtection is enabled.": RDS_MESSAGES["instance"],
    "Cannot delete a DB cluster when DeletionProtection is enabled.": RDS_MESSAGES["cluster"],
}


def balancer_message(arn):
    return f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled"


def protected_balancer(arn):
    return any(a["Key"] == "deletion_protection.enabled" and a["Value"].lower() == "true" for a in alb._lb_attrs.get(arn, []))


def refuse_instance(physical_id):
    if (rds._instances.get(physical_id) or {}).get("DeletionProtection"):
        raise Refusal(f"{RDS_MESSAGES['instance']} (Service: Rds, Status Code: 400)")


def refuse_cluster(physical_id):
    if (rds._clusters.get(physical_id) or {}).get("DeletionProtection"):
        raise Refusal(f"{RDS_MESSAGES['cluster']} (Service: Rds, Status Code: 400)")


def refuse_balancer(physical_id):
    if protected_balancer(physical_id):
        raise Refusal(f"{balancer_message(physical_id)} (Service: ElasticLoadBalancingV2, Status Code: 400)")


def refuse_bucket(physical_id):
    if (s3._buckets.get(physical_id) or {}).get("objects") or s3._bucket_has_versions(physical_id):
        raise Refusal("The bucket you tried to delete is not empty (Service: S3, Status Code: 409)")


REFUSALS = {
    "AWS::RDS::DBInstance": refuse_instance,
    "AWS::RDS::DBCluster": refuse_cluster,
    "AWS::ElasticLoadBalancingV2::LoadBalancer": refuse_balancer,
    "AWS::S3::Bucket": refuse_bucket,
}


def guard_resources():
    """In the table of resource types, so that it holds however CloudFormation comes to delete one."""
    for resource_type, refuse in REFUSALS.items():
        handler = provisioners._RESOURCE_HANDLERS[resource_type]

        def guarded(physical_id, props, refuse=refuse, delete=handler["delete"]):
            refuse(physical_id)
            delete(physical_id, props)

        handler["delete"] = guarded


def guard_apis():
    """The same for whoever calls the APIs: with AWS's words."""
    rds_error, delete_balancer = rds._error, alb._ACTION_MAP["DeleteLoadBalancer"]
    rds._error = lambda code, message, status: rds_error(code, RDS_OWN_MESSAGES.get(message, message), status)

    def guarded(params):
        arn = alb._p(params, "LoadBalancerArn")
        return alb._error("OperationNotPermitted", balancer_message(arn)) if protected_balancer(arn) else delete_balancer(params)

    alb._ACTION_MAP["DeleteLoadBalancer"] = guarded


def keep_what_is_needed():
    """One deletion after the other, as ministack makes them, less those that would pull the ground away under what is left."""
    delete, add_event = stacks._delete_resource, stacks._add_event

    @wraps(delete)
    def guarded(resource_type, physical_id, props, stack_name=None, logical_id=None):
        operation = _running.get(stack_name)
        if operation is not None and logical_id in operation["needed"]:
            raise Needed(f"needed by {', '.join(sorted(operation['failed']))}")
        try:
            delete(resource_type, physical_id, props, stack_name, logical_id)
        except Exception:
            if operation is not None:
                operation["failed"].add(logical_id)
                definitions = operation["template"].get("Resources", {})
                operation["needed"] |= stacks._with_dependencies([logical_id], definitions, set(definitions)) - operation["failed"]
            raise

    @wraps(add_event)
    def quiet(stack_id, stack_name, logical_id, resource_type, status, reason="", *rest, **more):
        operation = _running.get(stack_name)
        if operation is not None and status.startswith("DELETE_") and logical_id in operation["needed"]:
            return
        if operation is not None and resource_type == "AWS::CloudFormation::Stack" and status.endswith("FAILED"):
            reason = failed_to_delete(operation) or reason
        add_event(stack_id, stack_name, logical_id, resource_type, status, reason, *rest, **more)

    stacks._delete_resource, stacks._add_event = guarded, quiet


def failed_to_delete(operation):
    failed = operation["failed"]
    return f"The following resource(s) failed to delete: [{', '.join(sorted(failed))}]. " if failed else ""


@contextmanager
def deleting(stack_name, template):
    _running[stack_name] = {"template": template, "failed": set(), "needed": set()}
    try:
        yield _running[stack_name]
    finally:
        del _running[stack_name]


def keep_what_is_left():
    """What could not be deleted stays in its stack; ministack forgets it where a creation was rolled back."""
    delete_stack, roll_back = stacks._delete_stack_async, stacks._roll_back_operation

    @wraps(delete_stack)
    async def deleted(stack_name, *args, **options):
        from ministack.services.cloudformation import _stacks
        stack = _stacks.get(stack_name) or {}
        with deleting(stack_name, stack.get("_template") or {}) as operation:
            await delete_stack(stack_name, *args, **options)
        correct_reason(stack, operation)

    @wraps(roll_back)
    async def rolled_back(stack_name, stack_id, stack, operation, *args, **options):
        before = dict(stack.get("_resources") or {})
        with deleting(stack_name, operation.get("template") or {}) as deletion:
            await roll_back(stack_name, stack_id, stack, operation, *args, **options)
        if stack["StackStatus"] == "ROLLBACK_FAILED":
            left = deletion["failed"] | deletion["needed"]
            stack["_resources"] = {logical_id: record for logical_id, record in before.items() if logical_id in left}
            stack["_template"] = operation.get("template") or {}
            stack.pop("_rollback_failed", None)
            correct_reason(stack, deletion)

    for module in (stacks, handlers):
        module._delete_stack_async, module._roll_back_operation = deleted, rolled_back


def correct_reason(stack, operation):
    if stack.get("StackStatus", "").endswith("FAILED") and operation["failed"]:
        stack["StackStatusReason"] = failed_to_delete(operation)


guard_resources()
guard_apis()
keep_what_is_needed()
keep_what_is_left()

if __name__ == "__main__":
    from ministack.app import main

    main()
