import { failure } from '../failure.ts';

export type Tags = Record<string, string>;

/** How many tags an object and a bucket may have. */
export const mostTags = { object: 10, bucket: 50 };

/** The tags of an `x-amz-tagging` header. */
export const tagsOfHeader = (header: string): Tags => tagsOf([...new URLSearchParams(header)], mostTags.object);

/** Tags from pairs of name and value, or the failure that S3 has for them. */
export function tagsOf(pairs: [string, string][], most: number): Tags {
  if (pairs.length > most) throw failure('BadRequest', `There may be at most ${most} tags.`);
  for (const [name, value] of pairs) {
    if (name === '' || name.length > 128) throw failure('InvalidTag', 'The TagKey you have provided is invalid');
    if (value.length > 256) throw failure('InvalidTag', 'The TagValue you have provided is invalid');
  }
  const tags = Object.fromEntries(pairs);
  if (Object.keys(tags).length < pairs.length) {
    throw failure('InvalidTag', 'Cannot provide multiple Tags with the same key');
  }
  return tags;
}

/** The tags as they stand in a document. */
export const tagSet = (tags: Tags): { Tag: { Key: string; Value: string }[] } => ({
  Tag: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
});
