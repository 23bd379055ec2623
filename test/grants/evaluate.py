"""Answers IAM requests with the policy evaluator of the emulator: a JSON list of requests on stdin, a JSON list of answers on stdout.

The evaluator is that of `ministack`. What it does not do is done here or refused, so that no request is answered by accident:
policy variables are filled in; an operator that it does not know and a wildcard that it would match too widely are errors.
"""

import json
import re
import sys

from ministack.core import iam_evaluator as iam

VARIABLE = re.compile(r"\$\{([^}]*)\}")
SETS = ("forallvalues:", "foranyvalue:")


class Missing(Exception):
    """A variable has no value in the request."""


def fill(text, context):
    def value_of(match):
        name = match.group(1)
        if name in ("*", "?", "$"):
            raise ValueError(f"the literal ${{{name}}} is not supported")
        value = context.get(name.lower())
        if value is None:
            raise Missing(name)
        if not isinstance(value, str) or "*" in value or "?" in value:
            raise ValueError(f"the value of {name} must be one text without wildcards, got {value!r}")
        return value

    return VARIABLE.sub(value_of, text)


def as_list(value):
    return value if isinstance(value, list) else [value]


def check_pattern(pattern):
    """AWS compares each of the six parts of an ARN by itself; the evaluator lets a wildcard run over colons."""
    if pattern.startswith("arn:") and any("*" in part or "?" in part for part in pattern.split(":", 5)[:5]):
        raise ValueError(f"'{pattern}' has a wildcard before its last part, which the evaluator matches more widely than AWS")


def fill_all(values, context):
    """A value whose variable the request lacks matches nothing."""
    filled = []
    for value in as_list(values):
        try:
            filled.append(fill(value, context) if isinstance(value, str) else value)
        except Missing:
            continue
    return filled


def fill_conditions(conditions, context):
    result = {}
    for operator, keys in conditions.items():
        plain = operator.lower()
        plain = plain[:-8] if plain.endswith("ifexists") else plain
        for prefix in SETS:
            plain = plain[len(prefix):] if plain.startswith(prefix) else plain
        if plain != "null" and plain not in iam._CONDITION_OPS:
            raise ValueError(f"the evaluator does not know the operator {operator}")
        if plain.startswith("arn"):
            [check_pattern(value) for values in keys.values() for value in as_list(values)]
        result[operator] = {key: fill_all(values, context) for key, values in keys.items()}
    return result


def prepare(document, context):
    """The statements of a document with the values of a request in the place of variables."""
    statements = []
    for statement in as_list(document["Statement"]):
        ready = {**statement, "Condition": fill_conditions(statement.get("Condition", {}), context)}
        empty = False
        for element in ("Resource", "NotResource"):
            if element in statement:
                ready[element] = fill_all(statement[element], context)
                [check_pattern(pattern) for pattern in ready[element]]
                empty = empty or not ready[element]
        if not empty:
            statements.append(ready)
    return {"Statement": statements}


def value_of_key(key, ctx):
    """What the request says, and nothing of the emulator's own: neither its address nor its clock nor its account."""
    key = key.lower()
    if key == "aws:resourceaccount" and key not in ctx.service_context:
        return iam._account_from_arn(ctx.resource_arn)
    return ctx.service_context.get(key)


iam._resolve_condition_key = value_of_key


def decide(request, resource):
    context = {key.lower(): value for key, value in request["context"].items()}
    documents = [prepare(document, context) for document in request["policies"]]
    ctx = iam.EvalContext(
        principal_arn=context.get("aws:principalarn", ""),
        principal_type="AssumedRole",
        principal_account=context.get("aws:principalaccount", ""),
        action=request["action"],
        resource_arn=resource,
        region=context.get("aws:requestedregion", ""),
        service_context=context,
    )
    if request.get("service") is None and not request.get("resourcePolicy"):
        return iam.evaluate(ctx, [iam.parse_policy_document(document) for document in documents]).decision
    merged = {"Statement": [statement for document in documents for statement in document["Statement"]]}
    return iam.evaluate_resource_policy(merged, ctx, service=request.get("service")).decision


def answer(request):
    """Each resource of a request needs a permission of its own."""
    decisions = [decide(request, resource) for resource in request["resources"]]
    return "allowed" if all(decision == "Allow" for decision in decisions) else "denied"


json.dump([answer(request) for request in json.load(sys.stdin)], sys.stdout)
