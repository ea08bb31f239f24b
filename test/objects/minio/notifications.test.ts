import { describe, expect, it } from 'vitest';
import { notificationsFor } from '../../../src/objects/minio/notifications.ts';

const created = ['s3:ObjectCreated:*'];
const told = (...given: Parameters<typeof notificationsFor>) =>
  notificationsFor(...given).map(({ QueueArn, Events, Filter }) => {
    const prefix = Filter?.Key?.FilterRules?.map(({ Value }) => Value).join() ?? '';
    return `${QueueArn} ${Events?.join()} ${prefix}`.trim();
  });

describe('the notifications of a bucket', () => {
  it.each([
    ['are none without a subscription', [], []],
    [
      'tell both webhooks of a folder, once for however many services',
      [
        { events: created, prefix: 'in/' },
        { events: ['s3:ObjectCreated:Put'], prefix: 'in/' },
      ],
      ['arn:minio:sqs::NOW:webhook s3:ObjectCreated:* in/', 'arn:minio:sqs::QUEUE:webhook s3:ObjectCreated:* in/'],
    ],
    [
      'tell of removals where somebody asks for them',
      [{ events: ['s3:ObjectRemoved:Delete'], prefix: '' }],
      ['arn:minio:sqs::NOW:webhook s3:ObjectRemoved:*', 'arn:minio:sqs::QUEUE:webhook s3:ObjectRemoved:*'],
    ],
    [
      'are for the whole bucket where MinIO would take the folder for a pattern',
      [{ events: created, prefix: 'a*/' }],
      ['arn:minio:sqs::NOW:webhook s3:ObjectCreated:*', 'arn:minio:sqs::QUEUE:webhook s3:ObjectCreated:*'],
    ],
  ])('%s', (_, subscriptions, expected) => {
    expect(told(subscriptions, [])).toEqual(expected);
  });

  it('keep the rules of others, and none of ours that nobody needs', () => {
    const foreign = { Id: 'mine', QueueArn: 'arn:minio:sqs::KAFKA:kafka', Events: [] };
    const ours = { Id: '', QueueArn: 'arn:minio:sqs:eu-west-1:NOW:webhook', Events: [] };
    expect(notificationsFor([], [ours, foreign])).toEqual([foreign]);
  });
});
