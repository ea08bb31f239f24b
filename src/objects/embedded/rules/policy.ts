import { failure } from '../failure.ts';

interface Statement {
  Effect?: string;
  Principal?: unknown;
  Action?: string | string[];
  Resource?: string | string[];
  Condition?: unknown;
}

const listOf = (value: string | string[] | undefined): string[] => (value === undefined ? [] : [value].flat());

/** `*` is any text and `?` any character, as in all policies. Takes pattern times text steps, however many `*` there are. */
function like(pattern: string, text: string): boolean {
  let star = -1;
  let retry = 0;
  let at = 0;
  let i = 0;
  while (i < text.length) {
    if (pattern[at] === '*') {
      star = at++;
      retry = i;
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === text[i])) {
      at++;
      i++;
    } else if (star < 0) return false;
    else {
      at = star + 1;
      i = ++retry;
    }
  }
  return /^\**$/.test(pattern.slice(at));
}

function isForAnyone(principal: unknown): boolean {
  if (principal === '*') return true;
  const named = (principal as { AWS?: string | string[] } | undefined)?.AWS;
  return listOf(named).includes('*');
}

/** Throws unless the text is a bucket policy that can be kept. */
export function checkBucketPolicy(text: string): void {
  let policy: { Statement?: unknown } | null;
  try {
    policy = JSON.parse(text) as typeof policy;
  } catch (error) {
    throw failure('MalformedPolicy', undefined, error);
  }
  if (!Array.isArray(policy?.Statement) || !policy.Statement.every(isStatement)) throw failure('MalformedPolicy');
}

const isText = (value: unknown): boolean => [value ?? ''].flat().every((one) => typeof one === 'string');

const isStatement = (given: unknown): boolean => {
  const statement = given as Partial<Record<keyof Statement, unknown>> | null;
  return statement !== null && typeof statement === 'object' && isText(statement.Action) && isText(statement.Resource);
};

/** May somebody without credentials do this, by the bucket's policy? A condition is never taken as met. */
export function isPublic(policy: string | undefined, action: string, resource: string): boolean {
  if (policy === undefined) return false;
  const statements = (JSON.parse(policy) as { Statement: Statement[] }).Statement;
  const about = statements.filter(
    (s) =>
      isForAnyone(s.Principal) &&
      listOf(s.Action).some((pattern) => like(pattern, action)) &&
      listOf(s.Resource).some((pattern) => like(pattern, resource)),
  );
  if (about.some((s) => s.Effect === 'Deny')) return false;
  return about.some((s) => s.Effect === 'Allow' && s.Condition === undefined);
}
