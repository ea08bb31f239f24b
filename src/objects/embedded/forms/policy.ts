import { failure } from '../failure.ts';

/** Bytes, both ends included. */
export interface Range {
  least: number;
  most: number;
}

type Condition =
  | { rule: 'eq' | 'starts-with'; field: string; value: string }
  | { rule: 'content-length-range'; range: Range };

/** Fields that a policy need not name. */
const free = new Set(['policy', 'signature', 'x-amz-signature', 'awsaccesskeyid', 'file', 'bucket']);

/** Checks a form against its own policy (base64 JSON); answers how long the file may be. */
export function checkFormPolicy(fields: Record<string, string>, bucket: string, now: number): Range {
  const { expiration, conditions } = parsePolicy(fields.policy ?? '');
  if (!(now < expiration)) throw failure('AccessDenied', 'Invalid according to Policy: Policy expired.');
  const range: Range = { least: 0, most: Number.POSITIVE_INFINITY };
  const named = new Set<string>();
  for (const condition of conditions) {
    if (condition.rule === 'content-length-range') {
      range.least = Math.max(range.least, condition.range.least);
      range.most = Math.min(range.most, condition.range.most);
      continue;
    }
    named.add(condition.field);
    // The address says which bucket, whatever the form says.
    const value = condition.field === 'bucket' ? bucket : (fields[condition.field] ?? '');
    if (!holds(condition.rule, value, condition.value)) throw refused(`Policy Condition failed: ${condition.field}`);
  }
  const extra = Object.keys(fields).find(
    (name) => !named.has(name) && !free.has(name) && !name.startsWith('x-ignore-'),
  );
  if (extra !== undefined) throw refused(`Extra input fields: ${extra}`);
  return range;
}

const refused = (why: string) => failure('AccessDenied', `Invalid according to Policy: ${why}`);

const holds = (rule: 'eq' | 'starts-with', value: string, expected: string): boolean =>
  rule === 'eq' ? value === expected : value.startsWith(expected);

function parsePolicy(encoded: string): { expiration: number; conditions: Condition[] } {
  try {
    const policy = JSON.parse(Buffer.from(encoded, 'base64').toString('utf8')) as {
      expiration: string;
      conditions: unknown[];
    };
    return { expiration: Date.parse(policy.expiration), conditions: policy.conditions.flatMap(toConditions) };
  } catch (error) {
    throw failure(
      'InvalidArgument',
      'The policy is not valid: base64 of JSON with `expiration` and `conditions`.',
      error,
    );
  }
}

function toConditions(given: unknown): Condition[] {
  if (!Array.isArray(given)) {
    return Object.entries(given as Record<string, unknown>).map(([field, value]) => equal(field, String(value)));
  }
  const [rule, first, second] = given as [string, unknown, unknown];
  const name = rule.toLowerCase();
  if (name === 'content-length-range') return [{ rule: name, range: { least: bytesOf(first), most: bytesOf(second) } }];
  const field = String(first).replace(/^\$/, '').toLowerCase();
  if (name === 'eq') return [equal(field, String(second))];
  if (name === 'starts-with') return [{ rule: name, field, value: String(second) }];
  throw new Error(`unknown condition ${rule}`);
}

const equal = (field: string, value: string): Condition => ({ rule: 'eq', field: field.toLowerCase(), value });

function bytesOf(given: unknown): number {
  const bytes = Number(given);
  if (given === '' || !Number.isInteger(bytes) || bytes < 0) throw new Error('a length is a whole number');
  return bytes;
}
