/** Where the next page starts, as a text that means nothing to clients. */
export const pageToken = (after: string): string => Buffer.from(`after:${after}`).toString('base64url');

/** What a page token says; '' for the first page, nothing for what is no token. */
export function afterOf(token: string): string | undefined {
  if (token === '') return '';
  const said = Buffer.from(token, 'base64url').toString();
  return said.startsWith('after:') && pageToken(said.slice(6)) === token ? said.slice(6) : undefined;
}
