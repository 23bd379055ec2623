import { HOLDS, wrong, type HardeningRule } from './hardening-rule';

export const LOG_RULES: readonly HardeningRule[] = [
  {
    id: 'hardening-log-retention',
    title: 'Log groups say how long they keep',
    why: 'What is kept for ever is paid for ever, and personal data in logs has to go some day.',
    fix: 'Set retention, such as RetentionDays.THREE_MONTHS.',
    severity: 'error',
    see: 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html#SettingLogRetention',
    from: 'production',
    types: ['AWS::Logs::LogGroup'],
    judge: (group) => (group.value('RetentionInDays') === undefined ? wrong('It keeps its events for ever: RetentionInDays is not set.', 'RetentionInDays') : HOLDS),
  },
];
