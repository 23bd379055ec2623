import { includesAction } from './statements';
import { UNSCOPED_ACTIONS } from './unscoped-actions';

/**
 * Actions with a resource type that nobody can name when the policy is written: an instance that does not exist yet, and
 * metrics, which have no ARN (only the newer data sets have).
 */
const UNNAMEABLE = ['ssm:UpdateInstanceInformation', 'cloudwatch:ListMetrics', 'cloudwatch:GetMetricData'];

/** Services of which no action can be limited to a resource, so that `service:*` loses nothing there. */
const UNSCOPED_SERVICES = ['ssmmessages', 'ec2messages'];

/** Whether an action of a policy can be limited to resources; undefined for a service that the table does not know. */
export function canBeScoped(action: string): boolean | undefined {
  const [service, name = ''] = action.toLowerCase().split(':');
  if (UNSCOPED_SERVICES.includes(service)) {
    return false;
  }
  const unscoped = service in UNSCOPED_ACTIONS ? UNSCOPED_ACTIONS[service] : undefined;
  if (unscoped === undefined) {
    return undefined;
  }
  if (/[*?]/.test(name)) {
    // Lists and descriptions of what exists; `Get*` reads contents as well.
    return !(/^(describe|list)/.test(name) && unscoped.some((each) => includesAction(name, each)));
  }
  return !unscoped.some((each) => each.toLowerCase() === name) && !UNNAMEABLE.some((each) => each.toLowerCase() === action.toLowerCase());
}

/** Whether an action names everything that a service can do. */
export function isWholeService(action: string): boolean {
  const [service, name] = action.split(':');
  return service === '*' || (name !== undefined && /^\*+$/.test(name) && !UNSCOPED_SERVICES.includes(service.toLowerCase()));
}
