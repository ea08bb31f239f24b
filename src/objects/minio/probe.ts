import { setTimeout as pause } from 'node:timers/promises';
import { SandboxError } from '../../model/errors.ts';
import type { Connection } from './connection.ts';
import { emptyBucket } from './emptying.ts';
import { orUndefined } from './failures.ts';
import type { Intake } from './intake.ts';
import { notificationsFor } from './notifications.ts';

/** A bucket that is there for a moment, at the start alone. */
const Bucket = 'oscar-sandbox-check';

/** Finds out whether what MinIO tells arrives: a firewall in between would have every job wait for ever. */
export interface Probe {
  /** Keeps the probe's own events from everyone else. */
  past(intake: Intake): Intake;
  /** Throws when an event does not arrive. */
  check(connection: Connection, receiver: string): Promise<void>;
}

const patience = 10_000;

export function createProbe(patienceMs = patience): Probe {
  const arrived = Promise.withResolvers<boolean>();
  return {
    past: ({ take }) => ({
      take: (told, options) => {
        const others = told.filter(({ event }) => event.bucket !== Bucket);
        if (others.length < told.length) arrived.resolve(true);
        return others.length > 0 || told.length === 0 ? take(others, options) : Promise.resolve();
      },
    }),
    check: async (connection, receiver) => {
      const { client } = connection;
      // One that ended in the middle of this has left it.
      await client.createBucket({ Bucket }).catch(() => undefined);
      const QueueConfigurations = notificationsFor([{ events: ['s3:ObjectCreated:*'], prefix: '' }], []);
      const configured = { Bucket, NotificationConfiguration: { QueueConfigurations } };
      await connection.ask({ bucket: Bucket }, () => client.putBucketNotificationConfiguration(configured));
      // It may be answered late, or fail, when its event cannot be sent: that is what is asked here.
      const sent = client.putObject({ Bucket, Key: 'check', Body: 'check' }).catch(() => undefined);
      const heard = await Promise.race([arrived.promise, pause(patienceMs, false, { ref: false })]);
      if (!heard) throw unheard(receiver);
      await sent;
      await orUndefined(emptyBucket(connection, Bucket));
      await orUndefined(connection.ask({ bucket: Bucket }, () => client.deleteBucket({ Bucket })));
    },
  };
}

const unheard = (receiver: string) =>
  new SandboxError('unavailable', `MinIO cannot send its events to ${receiver}.`, {
    hint: 'Let your firewall admit connections from the container engine to that address, or use --objects embedded.',
  });
