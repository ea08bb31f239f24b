import type { Subscription } from '../../model/event.ts';
import type { QueueConfiguration } from './sdk.ts';

/** The two webhooks of the store: one that sends at once, and one that keeps what it could not send. */
export const webhooks = ['NOW', 'QUEUE'] as const;

const ours = 'oscar-sandbox-';
const arnOf = (webhook: string): string => `arn:minio:sqs::${webhook}:webhook`;

/**
 * What a bucket's notification configuration should hold: both webhooks for everything that somebody subscribed to, and
 * what is there that is not ours.
 */
export function notificationsFor(
  subscriptions: Pick<Subscription, 'events' | 'prefix'>[],
  present: QueueConfiguration[],
): QueueConfiguration[] {
  const foreign = present.filter(({ Id, QueueArn }) => !isOurs(Id, QueueArn));
  return [
    ...foreign,
    ...rules(subscriptions).flatMap(({ prefix, event }) => webhooks.map((webhook) => toRule(webhook, prefix, event))),
  ];
}

const isOurs = (id: string | undefined, arn: string | undefined): boolean =>
  Boolean(id?.startsWith(ours)) || webhooks.some((webhook) => arnOf(webhook) === withoutRegion(arn ?? ''));

const withoutRegion = (arn: string): string => arn.replace(/^(arn:minio:sqs:)[^:]*/, '$1');

interface Rule {
  prefix: string;
  event: string;
}

/** Each folder and kind of event once. */
function rules(subscriptions: Pick<Subscription, 'events' | 'prefix'>[]): Rule[] {
  const all = subscriptions.flatMap(({ events, prefix }) =>
    events.map((event) => ({ event: kindOf(event), prefix: filterable(prefix) })),
  );
  const sorted = [...new Map(all.map((rule) => [`${rule.prefix}\n${rule.event}`, rule])).values()];
  return sorted.sort((one, other) => (one.prefix + one.event < other.prefix + other.event ? -1 : 1));
}

// Which of the kind is wanted, and by whom, is decided here when it arrives.
const kindOf = (event: string): string =>
  event.startsWith('s3:ObjectRemoved:') ? 's3:ObjectRemoved:*' : 's3:ObjectCreated:*';

/** A prefix that MinIO takes for a filter; else the whole bucket. */
const filterable = (prefix: string): string =>
  /[\\*?]/.test(prefix) || prefix.split('/').some((segment) => segment === '.' || segment === '..') ? '' : prefix;

const toRule = (webhook: string, prefix: string, event: string): QueueConfiguration => ({
  Id: `${ours}${webhook.toLowerCase()}-${event.slice(3, -2)}-${Buffer.from(prefix).toString('hex').slice(0, 120)}`,
  QueueArn: arnOf(webhook),
  Events: [event as NonNullable<QueueConfiguration['Events']>[number]],
  ...(prefix ? { Filter: { Key: { FilterRules: [{ Name: 'prefix', Value: prefix }] } } } : {}),
});
