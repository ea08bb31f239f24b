import type { Subscription } from '../../../model/event.ts';
import { failure } from '../failure.ts';
import type { Element } from '../http/xml.ts';

/** One rule of a bucket's notification configuration. */
export interface NotificationRule {
  id: string;
  arn: string;
  events: string[];
  prefix: string;
  suffix: string;
}

/** MinIO's name for the webhook of a service. */
const arnOf = (service: string, region: string): string => `arn:minio:sqs:${region}:${service}:webhook`;

/** The service behind a webhook's ARN, whatever region it names. */
const serviceOf = (arn: string): string | undefined => /^arn:minio:sqs:[^:]*:([^:]+):webhook$/.exec(arn)?.[1];

const eventNames =
  /^s3:(?:ObjectCreated|ObjectRemoved|ObjectAccessed|Replication|ObjectRestore|ObjectTransition|Scanner|LifecycleExpiration):(?:\*|\w+)$/;

/** The rules of a configuration; MinIO's failures for what cannot be done. */
export function rulesOf(configuration: Element, isService: (name: string) => boolean): NotificationRule[] {
  const others = ['TopicConfiguration', 'CloudFunctionConfiguration', 'LambdaFunctionConfiguration'];
  if (others.some((name) => configuration.all(name).length > 0)) throw failure('InvalidArgument', unknownArn);
  return configuration.all('QueueConfiguration').map((queue) => {
    const arn = queue.text('Queue') ?? '';
    if (!isService(serviceOf(arn) ?? '')) throw failure('InvalidArgument', unknownArn);
    const events = queue.all('Event').map((event) => event.text() ?? '');
    if (events.length === 0) throw failure('MalformedXML');
    if (!events.every((name) => eventNames.test(name))) {
      throw failure('InvalidArgument', 'A specified event is not supported for notifications.');
    }
    return { id: queue.text('Id') ?? '', arn, events, ...filterOf(queue) };
  });
}

const unknownArn = 'A specified destination ARN does not exist or is not well-formed. Verify the destination ARN.';

function filterOf(queue: Element): { prefix: string; suffix: string } {
  const filter: Record<string, string> = {};
  for (const rule of queue.at('Filter').at('S3Key').all('FilterRule')) {
    const name = (rule.text('Name') ?? '').toLowerCase();
    if (name !== 'prefix' && name !== 'suffix') {
      throw failure('InvalidArgument', 'filter rule name must be either prefix or suffix');
    }
    if (filter[name] !== undefined) {
      throw failure('InvalidArgument', `Cannot specify more than one ${name} rule in a filter.`);
    }
    filter[name] = rule.text('Value') ?? '';
  }
  return { prefix: filter.prefix ?? '', suffix: filter.suffix ?? '' };
}

/** A rule as a document carries it. */
export function toElement({ id, arn, events, prefix, suffix }: NotificationRule): Record<string, unknown> {
  const rules = [
    ...(prefix ? [{ Name: 'prefix', Value: prefix }] : []),
    ...(suffix ? [{ Name: 'suffix', Value: suffix }] : []),
  ];
  return {
    ...(id ? { Id: id } : {}),
    Filter: { S3Key: rules.length > 0 ? { FilterRule: rules } : '' },
    Event: events,
    Queue: arn,
  };
}

/** The rule that a declared input makes. */
export const toRule = ({ service, events, prefix, suffix }: Subscription, region: string): NotificationRule => ({
  id: service,
  arn: arnOf(service, region),
  events,
  prefix,
  suffix,
});

/** What a rule has a service listen to. */
export const toSubscription = (bucket: string, { arn, events, prefix, suffix }: NotificationRule): Subscription => ({
  bucket,
  service: serviceOf(arn) ?? '',
  events,
  prefix,
  suffix,
});

/** Do both tell the same service of the same things? */
export const sameRule = (one: NotificationRule, other: NotificationRule): boolean =>
  serviceOf(one.arn) === serviceOf(other.arn) &&
  one.prefix === other.prefix &&
  one.suffix === other.suffix &&
  one.events.toSorted().join() === other.events.toSorted().join();
