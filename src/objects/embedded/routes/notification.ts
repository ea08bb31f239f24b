import type { Subscription } from '../../../model/event.ts';
import { textOf } from '../content/receive.ts';
import { sendEmpty, sendXml } from '../http/answer.ts';
import type { Call } from '../http/call.ts';
import { parseXml } from '../http/xml.ts';
import { type NotificationRule, rulesOf, sameRule, toElement, toRule, toSubscription } from '../rules/notifications.ts';
import { bucketOf } from '../writes.ts';

const put = ({ core, bucket }: Call): NotificationRule[] =>
  JSON.parse(bucketOf(core, bucket).conf.notification ?? '[]') as NotificationRule[];

const declared = ({ core, bucket }: Call): NotificationRule[] =>
  core.events
    .subscriptions(bucket)
    .filter((subscription) => subscription.origin === 'service')
    .map((subscription: Subscription) => toRule(subscription, core.region));

/** `GET /bucket?notification`: what was put, and what the declared services' inputs make. */
export function getNotification(call: Call): void {
  const rules = [...put(call), ...declared(call)];
  sendXml(call, 'NotificationConfiguration', rules.length > 0 ? { QueueConfiguration: rules.map(toElement) } : '');
}

/** `PUT /bucket?notification`: replaces what was put before; declared services listen on. */
export async function putNotification(call: Call): Promise<void> {
  const { core, bucket } = call;
  const rules = rulesOf(parseXml(await textOf(call), 'NotificationConfiguration'), core.isService);
  await core.db.write(() => {
    bucketOf(core, bucket);
    // Clients read, add and put back: what they read of a declared service must not outlive it.
    const own = rules.filter((rule) => !declared(call).some((other) => sameRule(rule, other)));
    core.buckets.configure(bucket, 'notification', own.length > 0 ? JSON.stringify(own) : undefined);
    core.events.subscribeBucket(
      bucket,
      own.map((rule) => toSubscription(bucket, rule)),
    );
  });
  sendEmpty(call, 200);
}
