import { createHash } from 'node:crypto';
import type { Log } from '../../log.ts';
import { type BucketRight, rightOf, ruleOf } from '../../model/bucketrule.ts';
import type { Account } from '../../store/accounts.ts';
import type { Store } from '../../store/store.ts';
import type { Admin } from './admin.ts';

/** The users of a MinIO: accounts of its own, and a policy for each, which says what the rules of the buckets say. */
export interface Users {
  /** Finds out whether there can be any, and brings them up to date. */
  open(): Promise<void>;
  known(): boolean;
  /** Brings the accounts and their policies up to date; what MinIO refuses is told in the log. */
  update(): Promise<void>;
}

export interface UsersParts {
  admin: Admin;
  store: Pick<Store, 'accounts' | 'bucketRules' | 'services'>;
  /** Every bucket with its tags. */
  buckets(): Promise<[name: string, tags: Record<string, string>][]>;
  log: Log;
}

export function createUsers({ admin, store, buckets, log }: UsersParts): Users {
  let known = false;
  let turn: Promise<void> = Promise.resolve();
  /** What MinIO was told already, by uid. */
  const told = new Map<string, string>();

  const tell = async ({ uid, secret }: Account, policy: object) => {
    const text = JSON.stringify(policy);
    if (told.get(uid) === text) return;
    const name = policyName(uid);
    if (!told.has(uid)) await admin.addUser(uid, secret);
    await admin.putPolicy(name, policy);
    if (!told.has(uid)) await admin.usePolicy(name, uid);
    told.set(uid, text);
  };
  const failed = (error: unknown, uid?: string) =>
    log.error('MinIO does not know yet what a user may do', { user: uid, error: String(error) });
  // In a cluster the services of a user work with the keys of that user, also on what they keep for others.
  const ofService = (bucket: string, tags: Record<string, string>, { uid }: Account): BucketRight | undefined => {
    const service = store.services.get(tags.from_service ?? '');
    return service?.definition.owner === uid && service.buckets.includes(bucket) ? 'use' : undefined;
  };
  const update = async () => {
    const accounts = store.accounts.all();
    if (!known || accounts.length === 0) return;
    const all = await buckets();
    for (const account of accounts) {
      const rights = all.map(([name, tags]) => ({
        name,
        right: rightOf(ruleOf(tags, store.bucketRules.get(name)), account.uid) ?? ofService(name, tags, account),
      }));
      await tell(account, policyOf(rights)).catch((error: unknown) => failed(error, account.uid));
    }
  };
  const inTurn = () => {
    turn = turn.then(update).catch(failed);
    return turn;
  };
  return {
    open: async () => {
      // Other stores than MinIO have no such thing.
      known = await admin.isThere().catch(() => false);
      await inTurn();
    },
    known: () => known,
    update: inTurn,
  };
}

const policyName = (uid: string): string =>
  `oscar-sandbox-${createHash('sha256').update(uid).digest('hex').slice(0, 20)}`;

const using = [
  's3:ListBucket',
  's3:ListBucketVersions',
  's3:ListBucketMultipartUploads',
  's3:GetBucket*',
  's3:GetObject*',
  's3:PutObject*',
  's3:DeleteObject*',
  's3:AbortMultipartUpload',
  's3:ListMultipartUploadParts',
  's3:ListenBucketNotification',
];

/** A policy of MinIO: it has one statement at least, and here that one holds for everybody. */
function policyOf(buckets: { name: string; right: BucketRight | undefined }[]): object {
  const allow = (Action: string[], right: BucketRight) => {
    const names = buckets.filter((bucket) => bucket.right === right).map(({ name }) => `arn:aws:s3:::${name}`);
    return names.length > 0
      ? [{ Effect: 'Allow', Action, Resource: names.flatMap((name) => [name, `${name}/*`]) }]
      : [];
  };
  // Whose a bucket is, and whom it starts, only the daemon and the administrator say.
  const Action = ['s3:PutBucketTagging', 's3:PutBucketNotification'];
  const never = { Effect: 'Deny', Action, Resource: ['arn:aws:s3:::*'] };
  return { Version: '2012-10-17', Statement: [...allow(['s3:*'], 'own'), ...allow(using, 'use'), never] };
}
