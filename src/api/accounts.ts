import { isReserved, type Person } from '../model/person.ts';
import type { People, Recognised } from '../oidc/people.ts';
import type { ApiParts } from './parts.ts';

/** The users, each with an account at the store of objects from their first call on. */
export function withAccounts({ people, store, buckets }: Pick<ApiParts, 'people' | 'store' | 'buckets'>): People {
  return {
    get issuers() {
      return people.issuers;
    },
    get groups() {
      return people.groups;
    },
    get admins() {
      return people.admins;
    },
    recognise: async (token): Promise<Recognised> => {
      const recognised = await people.recognise(token);
      if (recognised.kind !== 'person') return recognised;
      const { uid } = recognised.person;
      // Whoever came under such a name would own what is the administrator's.
      if (isReserved(uid) || uid === buckets.endpoint().accessKey) {
        return { kind: 'refused', why: `“${uid}” is the administrator's own name.` };
      }
      if (store.accounts.secretOf(uid) === undefined) {
        await store.accounts.ensure(uid);
        await buckets.usersChanged();
      }
      return recognised;
    },
  };
}

/** A user's own keys at the store; none for the administrator, nor where the store knows nobody else. */
export async function keysOf(
  { store, buckets }: Pick<ApiParts, 'store' | 'buckets'>,
  { kind, uid }: Person,
): Promise<{ accessKey: string; secretKey: string } | undefined> {
  if (kind === 'admin' || !buckets.knowsUsers()) return undefined;
  const { secret } = await store.accounts.ensure(uid);
  return { accessKey: uid, secretKey: secret };
}
