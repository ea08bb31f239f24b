import type { Asked } from '../../store/usage.ts';
import { countOf, type Figures, usersOf } from './figures.ts';

interface Countries {
  countries: { country: string; request_count: number }[];
}

interface OfService extends Countries {
  key: string;
  requests_count_total: number;
  requests_count_sync: number;
  requests_count_async: number;
  requests_count_exposed: number;
  unique_users_count: number;
  users?: string[];
}
interface OfUser extends Countries {
  key: string;
  membership: string;
  executions_count: number;
}
interface OfCountry extends Countries {
  key: string;
  executions_count: number;
  unique_users_count: number;
}

/** Requests by service, by key. */
export function byService({ calls, exposed }: Figures, includeUsers: boolean): OfService[] {
  const visits = grouped(exposed, ({ service }) => service);
  const called = grouped(calls, ({ service }) => service);
  return [...new Set([...called.keys(), ...visits.keys()])].sort().map((key) => {
    const mine = called.get(key) ?? [];
    const users = usersOf(mine);
    return {
      key,
      requests_count_total: countOf(mine),
      requests_count_sync: countOf(mine, 'sync'),
      requests_count_async: countOf(mine, 'async'),
      requests_count_exposed: countOf(visits.get(key) ?? []),
      unique_users_count: users.length,
      ...(includeUsers && users.length > 0 ? { users } : {}),
      countries: [],
    };
  });
}

/** Calls by user. OSCAR: there is no list of its members, so of none is known whether they are one. */
export const byUser = ({ calls }: Figures): OfUser[] =>
  [...grouped(calls, ({ user }) => user)].sort(byKey).map(([key, mine]) => ({
    key,
    membership: 'unknown',
    executions_count: countOf(mine),
    countries: [],
  }));

/** Calls by country: all of them are from somewhere. */
export function byCountry({ calls }: Figures): OfCountry[] {
  const count = countOf(calls);
  if (count === 0) return [];
  const key = 'unknown';
  return [
    {
      key,
      executions_count: count,
      unique_users_count: usersOf(calls).length,
      countries: [{ country: key, request_count: count }],
    },
  ];
}

const columns = {
  service: [
    'key',
    'membership',
    'requests_count_total',
    'requests_count_sync',
    'requests_count_async',
    'requests_count_exposed',
    'unique_users_count',
    'countries',
  ],
  user: ['key', 'membership', 'executions_count', 'countries'],
  country: ['key', 'membership', 'executions_count', 'unique_users_count', 'countries'],
};

/** What can be asked for. */
export type Group = keyof typeof columns;

/** Is it one of the groups? */
export const isGroup = (text: string): text is Group => Object.hasOwn(columns, text);

/** A table of it, as spreadsheets read it. */
export function csvOf(group: Group, items: Countries[]): string {
  const names = columns[group];
  const line = (item: Countries) => {
    const cells: Record<string, unknown> = {
      ...item,
      countries: item.countries.map(({ country, request_count }) => `${country}:${request_count}`).join('|'),
    };
    return names.map((name) => quoted(String(cells[name] ?? ''))).join(',');
  };
  return [names.join(','), ...items.map(line)].map((row) => `${row}\n`).join('');
}

/** As Go writes a cell. */
const quoted = (cell: string): string =>
  /[",\r\n]|^[\s]|^\\\.$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;

function grouped(asked: Asked[], keyOf: (one: Asked) => string): Map<string, Asked[]> {
  const groups = new Map<string, Asked[]>();
  for (const one of asked) {
    const group = groups.get(keyOf(one));
    if (group) group.push(one);
    else groups.set(keyOf(one), [one]);
  }
  return groups;
}

const byKey = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : 1);
