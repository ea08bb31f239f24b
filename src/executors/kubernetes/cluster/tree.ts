/** Something read from YAML, not yet known to be of a shape. */
export type Tree = Record<string, unknown>;

/** A mapping as it is; anything else is an empty one. */
export const mapOf = (value: unknown): Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Tree) : {};

/** The mappings of a list; anything else is an empty one. */
export const mapsOf = (value: unknown): Tree[] => (Array.isArray(value) ? value.map(mapOf) : []);

/** The text itself; anything else is none. */
export const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** Two trees in one: mappings are joined, lists appended, and of anything else the second counts. */
export function joined(first: Tree, second: Tree): Tree {
  const all = { ...first };
  for (const [key, value] of Object.entries(second)) {
    const before = all[key];
    if (Array.isArray(before) && Array.isArray(value)) all[key] = [...before, ...value];
    else if (isMap(before) && isMap(value)) all[key] = joined(before, value);
    else all[key] = value;
  }
  return all;
}

const isMap = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);
