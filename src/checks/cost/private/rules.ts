import type { CheckRule } from '../../private/rule';

/** Rules of the cost report. */
export const COST_RULES = {
  overBudget: {
    id: 'cost-over-budget',
    title: 'The app stays within its budget',
    why: 'A change that doubles the bill is seen when it is made, and not when the bill comes.',
    fix: 'Take what costs most away or make it smaller, or raise the budget.',
    severity: 'error',
  },
  unknownType: {
    id: 'cost-unknown-type',
    title: 'Every type of resource has a known price',
    why: 'A total that leaves a resource out in silence is too low.',
    fix: 'Look its price up, add it to the total by hand, and acknowledge the finding with the amount as the reason.',
    severity: 'warning',
    see: 'https://calculator.aws',
  },
  undecided: {
    id: 'cost-undecided',
    title: 'The templates decide what every priced resource costs',
    why: 'A number or a size that only the deployment decides can make the total wrong.',
    fix: 'Give a literal value, or give the price as `prices`, or acknowledge the finding with the amount as the reason.',
    severity: 'warning',
  },
} as const satisfies Record<string, CheckRule>;
