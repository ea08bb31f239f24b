import type { Scenario } from './oscarpython.ts';

/** What the other user gets of a bucket that is closed to them, and of one that is not. */
const closed = [[], 403, 403, 'AccessDenied', '403', 'AccessDenied'];
const open = {
  listed: true,
  objects: ['deep/coin.txt'],
  content: 'gold',
  presigned: 200,
  delete: 403,
  // OSCAR answers 204 where nothing is changed.
  change: 204,
};

/** What users see of each other, told by scripts that have options of `alice`, `bob` and the administrator. */
export const users: Scenario[] = [
  {
    title: 'reads the quota of its user, and no other',
    script: 'oscar_platform',
    scenario: 'quotas',
    newer: true,
    sees: { own: 'alice@sandbox', buckets: true, disk: '7Gi', 'of another': 403, changed: 403 },
  },
  { title: 'does not read who called', script: 'oscar_platform', scenario: 'system_logs', newer: true, sees: 403 },
  { title: 'takes its token from oidc-agent', script: 'oscar_platform', scenario: 'agent', sees: ['upper'] },
  {
    title: 'refreshes its token by itself',
    script: 'oscar_users',
    scenario: 'refreshing',
    sees: {
      'at first': true,
      'when it is over': true,
      'with scopes of its own': true,
      'over, and not refreshed': 401,
      // It asks with "None" for a token then.
      'a wrong one': 400,
    },
  },
  {
    title: 'shows nobody what is private: services, logs and objects',
    script: 'oscar_users',
    scenario: 'isolated',
    sees: {
      own: { created: 201, job: 'Succeeded', output: 'HERS ALONE', logged: true },
      services: { listed: [], get: 403, create: 400, update: 'ValueError', remove: 403, run: true, job: true },
      logs: { list: 403, get: 403, remove: 403, 'remove all': 403 },
      objects: { client: 403, list: 'AccessDenied', download: '403', upload: 'AccessDenied' },
      'still hers': [1, 204],
    },
  },
  {
    title: 'shows nobody buckets, deployments, figures, members and volumes that are private',
    script: 'oscar_users',
    scenario: 'closed',
    newer: true,
    sees: {
      buckets: {
        listed: [],
        get: 403,
        presign: 403,
        delete: 403,
        update: 204,
        'as it was': 'private',
        'still closed': 403,
      },
      service: {
        deployment: 403,
        'its logs': 403,
        metrics: 403,
        members: 403,
        add: 403,
        change: 403,
        'take away': 403,
        counted: [true, false],
      },
      volumes: { listed: [], get: 404, quota: 403, delete: [204, 'disk'] },
      gone: [204, 204],
    },
  },
  {
    title: 'shows a user what is shared, for as long as it is',
    script: 'oscar_users',
    scenario: 'shared',
    sees: {
      listed: true,
      run: 'BY BOB',
      job: 'Succeeded',
      "alice's list": 0,
      output: 'FILE OF BOB',
      change: 403,
      remove: 403,
      afterwards: [403, 'AccessDenied'],
      gone: 204,
    },
  },
  {
    title: 'shows everybody what is public, until it is for another or for nobody',
    script: 'oscar_shares',
    scenario: 'public',
    sees: {
      listed: true,
      get: 'alice@sandbox',
      run: 'BY BOB',
      job: 'Succeeded',
      output: 'OF BOB',
      log: 'OF BOB',
      'jobs apart': [true, false],
      change: 403,
      remove: 403,
      'remove her job': 403,
      'still there': 200,
      'for another': [false, 403, 403, 'AccessDenied'],
      'for nobody': [false, 403, 403, 'AccessDenied'],
      gone: 204,
    },
  },
  {
    title: 'shows a bucket to whom it is opened, for as long as it is',
    script: 'oscar_shares',
    scenario: 'buckets',
    newer: true,
    sees: {
      'at first': closed,
      public: { ...open, visibility: 'public' },
      'for bob': { ...open, visibility: 'restricted' },
      'for another': closed,
      'private again': closed,
      written: 'from bob',
      gone: 204,
    },
  },
  {
    title: 'shows the administrator what users have',
    script: 'oscar_shares',
    scenario: 'administrator',
    sees: {
      listed: true,
      owner: 'alice@sandbox',
      job: true,
      log: 'OF ALICE',
      output: 'OF ALICE',
      removed: [204, {}, 204],
      gone: 404,
    },
  },
  {
    title: 'reads the quota of a user as the administrator',
    script: 'oscar_shares',
    scenario: 'quota',
    newer: true,
    sees: { same: true, of: 'alice@sandbox' },
  },
];
